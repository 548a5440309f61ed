//! The mail server: takes all mail, for anybody, and keeps it in the book. For loopback addresses.
//!
//! It speaks plain SMTP, and STARTTLS where it has a certificate. Sizes, times, commands and connections are bounded, and a
//! mail is on the disk before it is taken.

mod lines;
mod message;
mod session;

use crate::service::Sandbox;
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

/// Most connections at once. Further ones wait in the system's queue.
const CONNECTIONS_MAX: usize = 128;
/// Longest life of a connection.
const SESSION_MAX: Duration = Duration::from_secs(300);
/// Pause after the system refuses a connection, for example because all file descriptors are in use.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateFault {
    /// A file that cannot be read, or is no PEM.
    #[error("the certificate or its key cannot be read: {0}")]
    Pem(#[from] rustls::pki_types::pem::Error),
    /// They do not belong together.
    #[error("the certificate cannot be used: {0}")]
    Tls(#[from] rustls::Error),
}

/// The certificate with which STARTTLS is offered.
#[derive(Clone)]
pub struct MailTls(TlsAcceptor);

impl MailTls {
    /// Reads the certificate and its key, in PEM.
    ///
    /// # Errors
    /// [`CertificateFault`].
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, CertificateFault> {
        Self::of(
            CertificateDer::pem_file_iter(certificate)?.collect::<Result<_, _>>()?,
            PrivateKeyDer::from_pem_file(key)?,
        )
    }

    /// The same from the texts of the files.
    ///
    /// # Errors
    /// [`CertificateFault`].
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, CertificateFault> {
        let chain = CertificateDer::pem_slice_iter(certificate).collect::<Result<_, _>>()?;
        Self::of(chain, PrivateKeyDer::from_pem_slice(key)?)
    }

    fn of(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Self, CertificateFault> {
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let config =
            builder.with_safe_default_protocol_versions()?.with_no_client_auth().with_single_cert(chain, key)?;
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }
}

/// Takes mail on this listener, for ever.
pub async fn serve(sandbox: Sandbox, listener: TcpListener, tls: Option<MailTls>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        // Nobody closes the semaphore.
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "the sandbox's mail server could not accept a connection");
                tokio::time::sleep(REFUSED_PAUSE).await;
                continue;
            }
        };
        let (sandbox, tls) = (sandbox.clone(), tls.clone());
        tokio::spawn(async move {
            let _place = place;
            let session = session::run(&sandbox, stream, tls.map(|MailTls(acceptor)| acceptor));
            if let Ok(Err(error)) = tokio::time::timeout(SESSION_MAX, session).await {
                tracing::debug!(%error, "a connection of the sandbox's mail server has ended");
            }
        });
    }
}
