//! An authority that makes certificates for 127.0.0.1.

use std::fs;
use std::path::PathBuf;

use genesis_launch::{Person, io_error};
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use tempfile::TempDir;

use crate::ServerError;

/// An authority whose files lie in a folder that goes with it.
pub struct Authority {
    folder: TempDir,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, as files.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The certificate.
    pub certificate: PathBuf,
    /// The key.
    pub key: PathBuf,
}

impl Authority {
    /// Makes one that nobody else believes.
    ///
    /// # Errors
    /// When it cannot be made or written.
    pub fn new() -> Result<Self, ServerError> {
        let folder = TempDir::new().map_err(io_error("make a folder"))?;
        // A server that runs as somebody else reads its certificate here.
        Person::unprivileged().give(folder.path())?;
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate().map_err(failed)?;
        let own = params.self_signed(&key).map_err(failed)?;
        fs::write(folder.path().join("ca.pem"), own.pem()).map_err(io_error("write a certificate"))?;
        Ok(Self { folder, issuer: Issuer::new(params, key) })
    }

    /// The file of its own certificate.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Makes a certificate for 127.0.0.1 and localhost, for servers and for clients.
    ///
    /// # Errors
    /// When it cannot be made or written.
    pub fn issue(&self, name: &str) -> Result<Certificate, ServerError> {
        let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
        let mut params = CertificateParams::new(names).map_err(failed)?;
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let own_key = KeyPair::generate().map_err(failed)?;
        let own = params.signed_by(&own_key, &self.issuer).map_err(failed)?;
        let [certificate, key] = ["pem", "key"].map(|end| self.folder.path().join(format!("{name}.{end}")));
        fs::write(&certificate, own.pem()).map_err(io_error("write a certificate"))?;
        fs::write(&key, own_key.serialize_pem()).map_err(io_error("write a key"))?;
        Ok(Certificate { certificate, key })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn failed(error: rcgen::Error) -> ServerError {
    ServerError::Failed { what: "making a certificate", message: error.to_string() }
}
