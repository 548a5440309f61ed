//! The HTTP interface of drand. Answers need no trusted server and no TLS: the hash of the chain binds its description, and
//! the signature of a round proves it.

use super::beacon::{BeaconError, ChainInfo, Rounds, verified};
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::error::Error;
use std::time::Duration;

/// Longest wait for one answer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Longest accepted answer in bytes: those of drand have less than a thousand.
const ANSWER_BYTES_MAX: usize = 65_536;

/// Why no value was read.
#[derive(Debug, thiserror::Error)]
pub enum DrandError {
    /// No server of drand is configured.
    #[error("no server of drand is configured: set draw.drand_url")]
    NotConfigured,
    /// The server did not answer as drand does.
    #[error("the server of drand did not answer: {0}")]
    Unavailable(String, #[source] Option<Box<dyn Error + Send + Sync>>),
    /// What was answered is not what was asked for.
    #[error("the server of drand answered wrongly: {0}")]
    Wrong(#[from] BeaconError),
}

impl From<reqwest::Error> for DrandError {
    fn from(error: reqwest::Error) -> Self {
        Self::Unavailable(error.to_string(), Some(error.into()))
    }
}

#[derive(Deserialize)]
struct Round {
    round: u64,
    signature: String,
}

/// A server of drand, and the chain that draws use. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Drand {
    client: Client,
    /// Without a slash at the end; empty for none.
    url: String,
    /// The hash of the chain that new draws use, in hexadecimal digits.
    pub chain: String,
    /// Its public key, in hexadecimal digits.
    pub public_key: String,
}

impl Drand {
    /// The server at `url`, such as `http://127.0.0.1:8899`; empty for none.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(url: &str, chain: &str, public_key: &str) -> Result<Self, reqwest::Error> {
        // One for the process, whoever is first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client =
            Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none()).no_proxy().build()?;
        let url = url.trim().trim_end_matches('/').to_owned();
        Ok(Self { client, url, chain: chain.to_ascii_lowercase(), public_key: public_key.to_ascii_lowercase() })
    }

    /// The rounds of the configured chain.
    ///
    /// # Errors
    /// [`DrandError`].
    pub async fn rounds(&self) -> Result<Rounds, DrandError> {
        let info: ChainInfo = self.get(&format!("{}/info", self.chain)).await?.ok_or(BeaconError::Chain)?;
        Ok(info.rounds(&self.chain, &self.public_key)?)
    }

    /// The signature of a round of any chain; `None` while the round does not exist.
    ///
    /// # Errors
    /// [`DrandError`]: also for another round, or a signature that is not valid under the key.
    pub async fn value(&self, chain: &str, public_key: &str, round: u64) -> Result<Option<Vec<u8>>, DrandError> {
        let Some(answer) = self.get::<Round>(&format!("{chain}/public/{round}")).await? else { return Ok(None) };
        if answer.round != round {
            return Err(BeaconError::Signature.into());
        }
        let signature = hex::decode(answer.signature).map_err(|_| BeaconError::Signature)?;
        Ok(Some(verified(public_key, round, &signature)?))
    }

    /// `None` for 404 and 425: not there yet.
    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, DrandError> {
        if self.url.is_empty() {
            return Err(DrandError::NotConfigured);
        }
        let mut response = self.client.get(format!("{}/{path}", self.url)).send().await?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND | StatusCode::TOO_EARLY => return Ok(None),
            status => return Err(DrandError::Unavailable(status.to_string(), None)),
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > ANSWER_BYTES_MAX {
                return Err(DrandError::Unavailable("the answer is too long".to_owned(), None));
            }
        }
        let unreadable = |error: serde_json::Error| DrandError::Unavailable(error.to_string(), Some(error.into()));
        serde_json::from_slice(&body).map(Some).map_err(unreadable)
    }
}
