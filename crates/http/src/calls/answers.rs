//! Where a role keeps its answers: in the ledger with the effect, without their bodies where those are personal, or, for a role
//! without a database, in hot state.

use crate::error::ApiError;
use async_trait::async_trait;
use call::Keyed;
use hot::CallPort;
use ledger::Ledger;
use ledger::calls::kept::{self, Answer, Found, KEPT_SECONDS};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Answers by key.
#[async_trait]
pub trait Answers: Send + Sync {
    /// What is kept under this key.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    async fn find(&self, keyed: &Keyed) -> Result<Found, ApiError>;

    /// Keeps the answer. Returns the one that counts: the first; [`Found::Done`] where its body is kept nowhere.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`: nothing may be kept; the answer is true all the same.
    async fn keep(&self, keyed: &Keyed, answer: &Answer) -> Result<Found, ApiError>;
}

#[async_trait]
impl Answers for Ledger {
    async fn find(&self, keyed: &Keyed) -> Result<Found, ApiError> {
        Ok(kept::find(self, keyed).await?)
    }

    async fn keep(&self, keyed: &Keyed, answer: &Answer) -> Result<Found, ApiError> {
        Ok(kept::keep(self, keyed, answer).await?)
    }
}

/// Answers of a role that may say who somebody is (AUTH-021): one with a body is not kept, whatever its route. The effect has stored
/// the key, so a repeated call changes nothing and is answered from what stands.
pub struct PersonalAnswers(pub Ledger);

#[async_trait]
impl Answers for PersonalAnswers {
    async fn find(&self, keyed: &Keyed) -> Result<Found, ApiError> {
        Answers::find(&self.0, keyed).await
    }

    async fn keep(&self, keyed: &Keyed, answer: &Answer) -> Result<Found, ApiError> {
        if answer.body.is_empty() { Answers::keep(&self.0, keyed, answer).await } else { Ok(Found::Done) }
    }
}

/// Answers of a role whose changes are settings: made twice they change nothing, so its answers are kept after the effect.
pub struct HotAnswers(pub Arc<dyn CallPort>);

/// An answer in hot state.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    fingerprint: String,
    status: u16,
    body: String,
    location: Option<String>,
}

impl Stored {
    fn found(bytes: &[u8], keyed: &Keyed) -> Found {
        match serde_json::from_slice::<Self>(bytes) {
            Ok(stored) if stored.fingerprint != keyed.fingerprint => Found::Other,
            Ok(Self { status, body, location, .. }) => {
                Found::Answer(Answer { status, body: hex::decode(body).unwrap_or_default(), location })
            }
            Err(_) => Found::Nothing,
        }
    }
}

/// A name of one length, with nothing in it that a caller chose.
fn name(keyed: &Keyed) -> String {
    hex::encode(Sha256::digest(format!("{}\n{}", keyed.scope, keyed.key)))
}

#[async_trait]
impl Answers for HotAnswers {
    async fn find(&self, keyed: &Keyed) -> Result<Found, ApiError> {
        let stored = self.0.answer(&name(keyed), clock::now()).await?;
        Ok(stored.map_or(Found::Nothing, |bytes| Stored::found(&bytes, keyed)))
    }

    async fn keep(&self, keyed: &Keyed, answer: &Answer) -> Result<Found, ApiError> {
        let Answer { status, body, location } = answer.clone();
        let stored = Stored { fingerprint: keyed.fingerprint.clone(), status, body: hex::encode(body), location };
        let bytes = serde_json::to_vec(&stored).map_err(ApiError::internal)?;
        let ttl_ms = KEPT_SECONDS.unsigned_abs() * 1_000;
        let stands = self.0.keep_answer(&name(keyed), bytes, ttl_ms, clock::now()).await?;
        Ok(Stored::found(&stands, keyed))
    }
}
