//! Asking other programs over HTTP how they are.

use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Most characters of an answer that are looked at.
const MOST_CHARACTERS: usize = 1000;

/// TLS for everything in this process: one implementation, chosen before anybody needs one.
pub(crate) fn install_tls() {
    // There is none yet: this is called once, at the start.
    let _installed = rustls::crypto::ring::default_provider().install_default();
}

/// The status of an answer, and how its body begins; or why there is none. No error holds the address, which may hold a
/// password.
pub(crate) async fn get(url: &str) -> Result<(u16, String), String> {
    let failed = |error: reqwest::Error| crate::exit::chain(&error.without_url());
    let client = reqwest::Client::builder().timeout(PATIENCE).build().map_err(failed)?;
    let mut answer = client.get(url).send().await.map_err(failed)?;
    let status = answer.status().as_u16();
    let mut body = Vec::new();
    while body.len() < MOST_CHARACTERS
        && let Some(more) = answer.chunk().await.map_err(failed)?
    {
        body.extend_from_slice(&more);
    }
    Ok((status, String::from_utf8_lossy(&body).chars().take(MOST_CHARACTERS).collect()))
}
