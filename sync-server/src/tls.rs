//! TLS with rustls: 1.2 and 1.3 with ring's suites, HTTP/2 and 1.1.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Why there is no TLS; says what to do.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The chain cannot be read.
    #[error("{0} is no readable PEM file of certificates, the server's first")]
    Certificates(PathBuf),
    /// The key cannot be read.
    #[error("{0} is no readable PEM file of a private key")]
    Key(PathBuf),
    /// The two do not go together.
    #[error("the key does not fit the certificate, or is of a kind that is not supported: {0}")]
    Mismatch(#[from] tokio_rustls::rustls::Error),
}

/// What makes a connection a secret one.
#[derive(Clone)]
pub struct Tls(pub(crate) TlsAcceptor);

impl Tls {
    /// Reads a chain and its key, both PEM.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn read(certificates: &Path, key: &Path) -> Result<Self, TlsError> {
        let unreadable = || TlsError::Certificates(certificates.to_owned());
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificates)
            .and_then(Iterator::collect)
            .map_err(|_| unreadable())?;
        if chain.is_empty() {
            return Err(unreadable());
        }
        let key = PrivateKeyDer::from_pem_file(key).map_err(|_| TlsError::Key(key.to_owned()))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }
}
