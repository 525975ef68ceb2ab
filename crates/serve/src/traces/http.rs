//! Sending batches of spans. They are made on a thread of the SDK's own, and sent in the service's runtime.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use tokio::runtime::Handle;

/// How long a collector may take for a batch.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Http {
    client: reqwest::Client,
    runtime: Handle,
    tell: fn(&str),
    /// Whether the last batch failed: a collector that is away is said once, not with every batch.
    is_failing: Arc<AtomicBool>,
}

impl Http {
    pub(super) fn new(tell: fn(&str)) -> Result<Self, String> {
        let client =
            reqwest::Client::builder().timeout(PATIENCE).build().map_err(|error| error.to_string())?;
        let runtime = Handle::try_current().map_err(|error| error.to_string())?;
        Ok(Self { client, runtime, tell, is_failing: Arc::default() })
    }

    fn note<T, E: std::fmt::Display>(&self, sent: &Result<T, E>) {
        let failed = sent.as_ref().err();
        let was_failing = self.is_failing.swap(failed.is_some(), Ordering::Relaxed);
        if let Some(error) = failed.filter(|_| !was_failing) {
            (self.tell)(&format!("traces are lost: {error}"));
        }
    }
}

impl HttpClient for Http {
    fn send_bytes<'life0, 'async_trait>(
        &'life0 self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        let sending = self.runtime.spawn(send(self.client.clone(), request));
        Box::pin(async move {
            let sent = sending.await.map_err(HttpError::from).flatten();
            self.note(&sent);
            sent
        })
    }
}

async fn send(client: reqwest::Client, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    // The address may hold a password, so an error goes without it.
    let answer = client
        .execute(request.try_into()?)
        .await
        .and_then(reqwest::Response::error_for_status)
        .map_err(reqwest::Error::without_url)?;
    let response = Response::builder().status(answer.status());
    Ok(response.body(answer.bytes().await.map_err(reqwest::Error::without_url)?)?)
}
