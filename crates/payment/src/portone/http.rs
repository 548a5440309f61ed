//! One call: a limit for the whole of it and for the answer's size, and failures that repeat nothing of the request.

use bytes::Bytes;
use domain::payment::Away;
use reqwest::header::DATE;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Longest accepted body of an answer in bytes. A payment has some KiB; a page of the list has a hundred of them.
const ANSWER_BYTES_MAX: usize = 4 << 20;
/// Longest wait for a connection: a host that does not exist must not take the time of the answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Why a call has no answer that can be used. It repeats neither address nor content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoAnswer {
    /// The service does not listen, or its certificate is not its own.
    #[error("no connection")]
    NoConnection,
    /// The time is over.
    #[error("no answer in time")]
    TimedOut,
    /// The connection ended in the middle, or what came is no HTTP.
    #[error("the answer was cut off or is no HTTP")]
    Broken,
    /// The body is longer than any real one.
    #[error("the answer is too long")]
    TooLong,
    /// An error of its own.
    #[error("an error of its own")]
    ServerError,
    /// The answer is complete and not what PortOne says of itself.
    #[error("the answer is not PortOne's own")]
    Nonsense,
    /// It refuses our secret or our store.
    #[error("it refuses our secret or our store")]
    Refused,
    /// It refuses the call for another reason that says nothing of the payment.
    #[error("it refuses the call")]
    Declined,
}

impl NoAnswer {
    /// Whether the breaker counts it (contract: time-out, connection, 5xx, nonsense; no 4xx).
    pub fn is_failure(self) -> bool {
        !matches!(self, Self::Refused | Self::Declined)
    }
}

impl From<NoAnswer> for Away {
    fn from(why: NoAnswer) -> Self {
        match why {
            NoAnswer::TimedOut => Self::TimedOut,
            NoAnswer::Refused => Self::Refused,
            _ => Self::Broken,
        }
    }
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
    pub body: Bytes,
    /// PortOne's clock, as it says.
    pub date: Option<String>,
}

impl Answer {
    /// The body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, NoAnswer> {
        serde_json::from_slice(&self.body).map_err(|_| NoAnswer::Nonsense)
    }
}

/// A client with this limit for each whole call. It follows no redirection (which could carry a secret elsewhere) and uses
/// no proxy of the environment.
pub(super) fn client(timeout: Duration) -> Result<Client, reqwest::Error> {
    // One for the process, whoever is first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder().timeout(timeout).connect_timeout(CONNECT_TIMEOUT.min(timeout));
    let builder = builder.redirect(reqwest::redirect::Policy::none()).no_proxy();
    builder.user_agent(concat!("onsale/", env!("CARGO_PKG_VERSION"))).build()
}

/// Sends a request and reads the whole answer.
pub(super) async fn answer(request: RequestBuilder) -> Result<Answer, NoAnswer> {
    let mut response = request.send().await?;
    let status = response.status();
    let date = response.headers().get(DATE).and_then(|date| std::str::from_utf8(date.as_bytes()).ok());
    let date = date.map(str::to_owned);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(NoAnswer::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, body: body.into(), date })
}
