//! TLS towards clients (contract: `tls.cert`, `tls.key`). The certificate can be exchanged while the server runs:
//! connections that are open keep theirs.

use super::wire::Wire;
use arc_swap::ArcSwap;
use metrics::counter;
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// The only protocol that is spoken.
const PROTOCOL: &[u8] = b"http/1.1";

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file of certificates.
    #[error("tls.cert: {0}")]
    Certificate(String),
    /// The file of the private key.
    #[error("tls.key: {0}")]
    Key(String),
    /// Both together.
    #[error("tls.cert and tls.key do not belong together: {0}")]
    Pair(rustls::Error),
}

/// The certificate of a server. Cheap to clone; all clones share what is exchanged.
#[derive(Clone, Debug)]
pub struct Tls(Arc<ArcSwap<ServerConfig>>);

impl Tls {
    /// Reads the certificate, with those that signed it, and its key, in PEM.
    ///
    /// # Errors
    /// When a file cannot be read, or they do not belong together.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        Ok(Self(Arc::new(ArcSwap::new(config(certificate, key)?))))
    }

    /// Reads them again, for connections from now on.
    ///
    /// # Errors
    /// As [`Tls::read`]; the certificate in use stays.
    pub fn reload(&self, certificate: &Path, key: &Path) -> Result<(), TlsError> {
        self.0.store(config(certificate, key)?);
        Ok(())
    }

    /// The handshake. None when it fails or takes too long; then nothing was asked, and there is nobody to answer.
    pub(super) async fn accept(&self, stream: TcpStream, limit: Duration) -> Option<Wire> {
        let handshake = TlsAcceptor::from(self.0.load_full()).accept(stream);
        match tokio::time::timeout(limit, handshake).await {
            Ok(Ok(stream)) => Some(Wire::Secure(Box::new(stream))),
            _ => {
                counter!("onsale_http_failed_handshakes_total").increment(1);
                None
            }
        }
    }
}

fn config(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let of_certificate = |why: String| TlsError::Certificate(format!("{} {why}", certificate.display()));
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|error| of_certificate(format!("cannot be read: {error}")))?;
    if chain.is_empty() {
        return Err(of_certificate("has no certificate in PEM".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| TlsError::Key(format!("{} cannot be read: {error}", key.display())))?;
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let versions = builder.with_safe_default_protocol_versions().map_err(TlsError::Pair)?;
    let mut config = versions.with_no_client_auth().with_single_cert(chain, key).map_err(TlsError::Pair)?;
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    Ok(Arc::new(config))
}
