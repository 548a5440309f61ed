//! The HTTP client for calls between our own services.

use reqwest::{Certificate, Client};
use std::path::Path;
use std::time::Duration;

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The file of authorities cannot be read.
    #[error("{path} cannot be read")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The library refuses; for example because the file holds no certificates.
    #[error("no HTTP client can be made")]
    Refused(#[from] reqwest::Error),
}

/// A client with this limit for each call. `authorities`: a file with the certificates in PEM of those that are trusted
/// instead of the system's, for `https` URLs; certificate and host name are always checked.
///
/// # Errors
/// [`ClientError`].
pub fn client(timeout: Duration, authorities: Option<&Path>) -> Result<Client, ClientError> {
    // One for the process, whoever is first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder().timeout(timeout).no_proxy();
    if let Some(path) = authorities {
        let unreadable = |cause| ClientError::Unreadable { path: path.display().to_string(), cause };
        let pem = std::fs::read(path).map_err(unreadable)?;
        builder = builder.tls_certs_only(Certificate::from_pem_bundle(&pem)?);
    }
    Ok(builder.build()?)
}
