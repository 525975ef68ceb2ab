//! An address of git with what is secret in it kept apart.

use genesis_domain::without_password;

use crate::exit::Failure;

const USER: &str = "GENESIS_MIRROR_USER";
const PASSWORD: &str = "GENESIS_MIRROR_PASSWORD";
/// A helper of credentials that git asks instead of a person. Git adds what it wants of it, which is no command's business here.
const HELPER: &str =
    r#"!printf 'username=%s\npassword=%s\n' "$GENESIS_MIRROR_USER" "$GENESIS_MIRROR_PASSWORD"; :"#;

/// Where a repository is.
pub(super) struct Address {
    /// For git.
    pub(super) url: String,
    /// For people.
    pub(super) shown: String,
    login: Option<Login>,
}

/// User and password of an address over HTTP.
struct Login {
    /// Scheme and host for which they are meant.
    scope: String,
    user: String,
    password: String,
    /// As they stood in the address.
    written: String,
}

impl Address {
    /// Reads an address or path.
    pub(super) fn parse(address: &str) -> Result<Self, Failure> {
        if address.is_empty() || address.starts_with('-') || address.contains(char::is_control) {
            return Err(Failure::usage("the mirror is neither an address nor a path of a repository"));
        }
        let shown = without_password(address);
        let plain = || Self { url: address.to_owned(), shown: shown.clone(), login: None };
        let Some((scheme, rest)) = address.split_once("://") else { return Ok(plain()) };
        if !matches!(scheme, "http" | "https") {
            return Ok(plain());
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let Some((written, host)) = authority.rsplit_once('@') else { return Ok(plain()) };
        let (user, password) = written.split_once(':').unwrap_or((written, ""));
        let login = Login {
            scope: format!("{scheme}://{host}"),
            user: decoded(user),
            password: decoded(password),
            written: written.to_owned(),
        };
        // Git speaks with its helpers in lines.
        if login.user.contains(char::is_control) || login.password.contains(char::is_control) {
            return Err(Failure::usage(
                "the mirror's address has a control character in its user or password",
            ));
        }
        Ok(Self { url: format!("{scheme}://{host}{path}"), shown, login: Some(login) })
    }

    /// What git is configured with. Helpers of others are neither asked nor told.
    pub(super) fn configuration(&self) -> Vec<(String, String)> {
        let Some(login) = &self.login else { return Vec::new() };
        vec![
            ("credential.helper".to_owned(), String::new()),
            (format!("credential.{}.helper", login.scope), HELPER.to_owned()),
        ]
    }

    /// Variables for the helper.
    pub(super) fn secrets(&self) -> Vec<(&'static str, &str)> {
        self.login
            .iter()
            .flat_map(|login| [(USER, login.user.as_str()), (PASSWORD, login.password.as_str())])
            .collect()
    }

    /// A text without what is secret.
    pub(super) fn scrubbed(&self, text: &str) -> String {
        let mut text = text.replace(&self.url, &self.shown);
        for secret in self.login.iter().flat_map(|login| [&login.written, &login.password]) {
            if !secret.is_empty() {
                text = text.replace(secret.as_str(), "***");
            }
        }
        text
    }
}

/// Percent-decoded; what is not encoded well stays as it is.
fn decoded(text: &str) -> String {
    let digit = |byte: Option<&u8>| u8::try_from(char::from(*byte?).to_digit(16)?).ok();
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let encoded = digit(bytes.get(at + 1)).zip(digit(bytes.get(at + 2)));
        match encoded {
            Some((high, low)) if bytes[at] == b'%' => {
                out.push(high * 16 + low);
                at += 3;
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_is_in_nothing_that_is_shown_or_passed_as_an_argument() {
        let address = Address::parse("https://mirror:s%3Acret@git.example:8443/all.git").unwrap();
        assert_eq!(address.url, "https://git.example:8443/all.git");
        assert!(!address.shown.contains("cret"), "{}", address.shown);
        assert_eq!(address.secrets(), [(USER, "mirror"), (PASSWORD, "s:cret")]);
        let scope = "credential.https://git.example:8443.helper";
        assert!(address.configuration().iter().any(|(key, _)| key == scope));
        let said = "fatal: https://mirror:s%3Acret@git.example:8443/all.git: s:cret";
        assert!(!address.scrubbed(said).contains("cret"), "{}", address.scrubbed(said));
    }

    #[test]
    fn a_path_and_an_address_without_a_login_stay_as_they_are() {
        for text in [
            "/srv/mirror.git",
            "git@git.example:all.git",
            "https://git.example/all.git",
            "ssh://git@h/all.git",
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!(address.url, text);
            assert!(address.configuration().is_empty() && address.secrets().is_empty());
        }
        assert!(Address::parse("--upload-pack=x").is_err());
    }
}
