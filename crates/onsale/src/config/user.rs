//! The section `user`.

use serde::Deserialize;
use std::path::PathBuf;

/// Services around accounts.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// reCAPTCHA.
    pub recaptcha: Recaptcha,
}

/// reCAPTCHA, or what speaks its protocol.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recaptcha {
    /// The server that judges answers; empty for none.
    pub base_url: String,
    /// The script that pages load; empty for none.
    pub script_url: String,
    /// Public key of the site.
    pub site_key: String,
    /// Secret of the site; empty: from the file.
    pub secret: String,
    /// File that contains it; empty for none.
    pub secret_file: PathBuf,
}
