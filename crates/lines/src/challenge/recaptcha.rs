//! reCAPTCHA, or whatever speaks its `siteverify`.

use domain::Network;
use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;
use std::time::Duration;

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Longest accepted answer in bytes.
const ANSWER_BYTES_MAX: usize = 16_384;
/// Longest token in bytes.
const TOKEN_BYTES_MAX: usize = 4_096;

/// The service did not judge the token.
#[derive(Debug, thiserror::Error)]
pub enum RecaptchaError {
    /// No answer, or one that was cut off.
    #[error("reCAPTCHA did not answer")]
    Http(#[from] reqwest::Error),
    /// An answer that is not its own.
    #[error("reCAPTCHA answered something else")]
    Answer,
}

/// The service at one address. Cheap to clone.
#[derive(Clone)]
pub struct Recaptcha {
    client: Client,
    verify_url: String,
    script_url: String,
    site_key: String,
    secret: String,
}

#[derive(Deserialize)]
struct Verdict {
    success: bool,
}

/// The text as the value of a form's field.
fn escaped(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    let written = |byte: u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(written).collect()
}

impl Recaptcha {
    /// The service at `base_url`, such as `https://www.google.com`, for the site of this key.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(base_url: &str, script_url: &str, site_key: &str, secret: &str) -> Result<Self, reqwest::Error> {
        // One for the process, whoever is first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client =
            Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none()).no_proxy().build()?;
        Ok(Self {
            client,
            verify_url: format!("{}/recaptcha/api/siteverify", base_url.trim().trim_end_matches('/')),
            script_url: script_url.to_owned(),
            site_key: site_key.to_owned(),
            secret: secret.to_owned(),
        })
    }

    /// The public key of the site.
    pub fn site_key(&self) -> &str {
        &self.site_key
    }

    /// The address of the script that pages load.
    pub fn script_url(&self) -> &str {
        &self.script_url
    }

    /// Whether the service accepts a token. Of the caller it hears an address only where that is the whole network.
    ///
    /// # Errors
    /// [`RecaptchaError`].
    pub async fn accepts(&self, token: &str, network: Option<Network>) -> Result<bool, RecaptchaError> {
        if token.is_empty() || token.len() > TOKEN_BYTES_MAX {
            return Ok(false);
        }
        let address = network.map(|network| network.to_string()).filter(|text| !text.contains('/'));
        let address = address.map_or_else(String::new, |address| format!("&remoteip={}", escaped(&address)));
        let form = format!("secret={}&response={}{address}", escaped(&self.secret), escaped(token));
        let request = self.client.post(&self.verify_url).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let mut response = request.body(form).send().await?.error_for_status()?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > ANSWER_BYTES_MAX {
                return Err(RecaptchaError::Answer);
            }
        }
        let verdict: Verdict = serde_json::from_slice(&body).map_err(|_| RecaptchaError::Answer)?;
        Ok(verdict.success)
    }
}
