//! Who is who by NATS's own means: nkeys, and an operator with accounts and users whose word is a signed token.

use std::fs;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use genesis_launch::io_error;
use nkeys::KeyPair;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::ServerError;

/// A user who is known by a key alone.
#[derive(Debug)]
pub struct Nkey {
    /// What the server is told.
    pub public: String,
    /// The secret.
    pub seed: String,
    folder: TempDir,
}

impl Nkey {
    /// A new one.
    ///
    /// # Errors
    /// When it cannot be made or written.
    pub fn new() -> Result<Self, ServerError> {
        let folder = TempDir::new().map_err(io_error("make a folder"))?;
        let key = KeyPair::new_user();
        let seed = key.seed().map_err(failed)?;
        fs::write(folder.path().join("user.nk"), format!("{seed}\n")).map_err(io_error("write a seed"))?;
        Ok(Self { public: key.public_key(), seed, folder })
    }

    /// The file that holds the secret.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("user.nk")
    }
}

/// An operator, an account with JetStream and a user of it, with the user's file of credentials.
#[derive(Debug)]
pub struct Identities {
    folder: TempDir,
    /// What a server must be told to believe the operator.
    pub configuration: String,
    /// The user's secret.
    pub seed: String,
}

impl Identities {
    /// New ones.
    ///
    /// # Errors
    /// When they cannot be made or written.
    pub fn new() -> Result<Self, ServerError> {
        let folder = TempDir::new().map_err(io_error("make a folder"))?;
        let (operator, system, account, user) =
            (KeyPair::new_operator(), KeyPair::new_account(), KeyPair::new_account(), KeyPair::new_user());
        let everything = json!({
            "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1,
            "leaf": -1, "mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1
        });
        let word_of = |issuer: &KeyPair, subject: &KeyPair, kind: &str, mut more: Value| {
            more["type"] = json!(kind);
            more["version"] = json!(2);
            token(
                issuer,
                &json!({
                    "jti": subject.public_key(), "iat": 1_700_000_000, "iss": issuer.public_key(),
                    "sub": subject.public_key(), "name": kind, "nats": more
                }),
            )
        };
        let operator_word =
            word_of(&operator, &operator, "operator", json!({ "system_account": system.public_key() }))?;
        let system_word = word_of(
            &operator,
            &system,
            "account",
            json!({ "limits": {
            "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1, "leaf": -1
        } }),
        )?;
        let account_word = word_of(&operator, &account, "account", json!({ "limits": everything }))?;
        let user_word = word_of(
            &account,
            &user,
            "user",
            json!({ "pub": {}, "sub": {}, "subs": -1, "data": -1, "payload": -1 }),
        )?;
        let seed = user.seed().map_err(failed)?;
        let credentials = format!(
            "-----BEGIN NATS USER JWT-----\n{user_word}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        );
        fs::write(folder.path().join("user.creds"), credentials).map_err(io_error("write credentials"))?;
        let configuration = format!(
            "operator: {operator_word}\nsystem_account: {}\nresolver: MEMORY\n\
             resolver_preload: {{ {}: {system_word}, {}: {account_word} }}\n",
            system.public_key(),
            system.public_key(),
            account.public_key()
        );
        Ok(Self { folder, configuration, seed })
    }

    /// The user's file of credentials.
    pub fn credentials(&self) -> PathBuf {
        self.folder.path().join("user.creds")
    }
}

/// A signed word, as NATS's servers read it.
fn token(issuer: &KeyPair, claims: &Value) -> Result<String, ServerError> {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let said = format!("{}.{}", part(&json!({ "typ": "JWT", "alg": "ed25519-nkey" })), part(claims));
    let signed = issuer.sign(said.as_bytes()).map_err(failed)?;
    Ok(format!("{said}.{}", URL_SAFE_NO_PAD.encode(signed)))
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn failed(error: nkeys::error::Error) -> ServerError {
    ServerError::Failed { what: "making an identity", message: error.to_string() }
}
