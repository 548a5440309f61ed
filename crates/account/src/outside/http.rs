//! What the HTTP clients have in common: a limit for the whole call, one for the answer's size, and failures that repeat
//! nothing of the request.

use reqwest::{Client, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Longest accepted body of an answer in bytes. The longest real one is a payment with all its fields, of some KiB.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Longest wait for a connection: a host that does not exist must not take the time of the answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// No HTTP client can be made, for example because the system's certificates cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("no HTTP client can be made")]
pub struct ClientFault(#[from] reqwest::Error);

/// Why a call has no answer that can be used. It repeats neither address nor content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoAnswer {
    /// The service does not listen, or its certificate is not its own.
    #[error("no connection")]
    NoConnection,
    /// The time is over.
    #[error("no answer in time")]
    TimedOut,
    /// The connection ended in the middle, or what came is no HTTP; endless headers end here.
    #[error("the answer was cut off or is no HTTP")]
    Broken,
    /// The body is longer than any real one.
    #[error("the answer is too long")]
    TooLong,
    /// The answer is complete and not what the service says of itself.
    #[error("the answer is not the service's own")]
    Nonsense,
}

impl From<reqwest::Error> for NoAnswer {
    fn from(error: reqwest::Error) -> Self {
        // In this order: a time-out while connecting is both.
        if error.is_timeout() {
            Self::TimedOut
        } else if error.is_connect() {
            Self::NoConnection
        } else {
            Self::Broken
        }
    }
}

/// An answer that arrived whole.
pub(super) struct Answer {
    pub status: StatusCode,
    body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, NoAnswer> {
        serde_json::from_slice(&self.body).map_err(|_| NoAnswer::Nonsense)
    }
}

/// A client for one service, with this limit for each whole call. It follows no redirection (which could carry a secret
/// elsewhere) and uses no proxy of the environment.
pub(super) fn client(timeout: Duration) -> Result<Client, ClientFault> {
    // One for the process, whoever is first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder().timeout(timeout).connect_timeout(CONNECT_TIMEOUT.min(timeout));
    let builder = builder.redirect(reqwest::redirect::Policy::none()).no_proxy();
    Ok(builder.user_agent(concat!("onsale/", env!("CARGO_PKG_VERSION"))).build()?)
}

/// Sends a request and reads the whole answer.
pub(super) async fn answer(request: RequestBuilder) -> Result<Answer, NoAnswer> {
    let mut response = request.send().await?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(NoAnswer::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, body })
}

/// The fields of a form, as its body.
pub(super) fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The media type of [`form`].
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// An address without the slash at its end, so that a path can follow.
pub(super) fn base(url: &str) -> String {
    url.trim().trim_end_matches('/').to_owned()
}
