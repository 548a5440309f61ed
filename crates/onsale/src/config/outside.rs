//! What browsers and clients meet before the routes: pages of other origins, and TLS.

use serde::Deserialize;
use std::path::PathBuf;

/// Pages of other origins.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cors {
    /// Origins whose pages may call the API with credentials.
    pub origins: Vec<String>,
}

/// TLS towards clients, on `http.listen`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate and those that signed it, in PEM; empty: no TLS.
    pub cert: PathBuf,
    /// The private key of the certificate, in PEM; empty: no TLS.
    pub key: PathBuf,
}

impl Tls {
    /// Whether the program serves TLS itself.
    pub fn is_on(&self) -> bool {
        !self.cert.as_os_str().is_empty()
    }
}
