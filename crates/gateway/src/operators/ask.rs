//! Asks roles for their parts.

use access::{Peer, PeerAway, PeerReply};
use domain::ErrorCode;
use http::StatusCode;
use onsale_http::ApiError;
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;
use url::form_urlencoded::Serializer;

/// Longest wait for a part that a role has at hand.
const AT_HAND: Duration = Duration::from_secs(5);

/// A role that gave no part.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Away {
    pub role: &'static str,
    pub error: &'static str,
}

/// A path of `/internal/admin/` with a query of the values that are given.
pub(super) fn path(of: &str, query: &[(&str, Option<&str>)]) -> String {
    let mut written = Serializer::new(String::new());
    query.iter().filter_map(|(name, value)| Some((name, (*value)?))).for_each(|(name, value)| {
        written.append_pair(name, value);
    });
    format!("/internal/admin/{of}?{}", written.finish())
}

/// The role's part. A refusal that names what is wrong with the question is told as it is.
///
/// # Errors
/// The refusal of a question that no role would answer.
pub(super) async fn part(peer: &Peer, path: &str) -> Result<Result<Value, Away>, ApiError> {
    read(peer, at_hand(peer, path).await)
}

async fn at_hand(peer: &Peer, path: &str) -> Result<PeerReply, PeerAway> {
    let reply = tokio::time::timeout(AT_HAND, peer.get(path)).await;
    reply.unwrap_or_else(|_| Err(PeerAway { role: peer.role(), why: "no answer within 5 s".to_owned() }))
}

/// Like [`part`], for a change.
///
/// # Errors
/// As [`part`].
pub(super) async fn change(
    peer: &Peer,
    path: &str,
    body: &(impl Serialize + Sync),
) -> Result<Result<Value, Away>, ApiError> {
    read(peer, peer.post(path, body).await)
}

fn read(peer: &Peer, reply: Result<PeerReply, PeerAway>) -> Result<Result<Value, Away>, ApiError> {
    let away = |why: String| {
        tracing::warn!(role = peer.role(), why, "a role gave no part for operators");
        Ok(Err(Away { role: peer.role(), error: ErrorCode::ServiceUnavailable.as_str() }))
    };
    let reply = match reply {
        Ok(reply) => reply,
        Err(gone) => return away(gone.to_string()),
    };
    match (reply.status, reply.read::<Value>()) {
        (status, Ok(value)) if status.is_success() => Ok(Ok(value)),
        (StatusCode::BAD_REQUEST, Ok(refusal)) => Err(refused(&refusal)),
        (StatusCode::NOT_FOUND, Ok(_)) if reply.code() == ErrorCode::CampaignNotFound.as_str() => {
            Err(ErrorCode::CampaignNotFound.into())
        }
        // A role that does not know the question is of another version.
        (status, _) => away(format!("{status} {}", reply.code())),
    }
}

/// The refusal of a role, in its words: they name the field. The text of the code is said again here.
fn refused(refusal: &Value) -> ApiError {
    let message = refusal["message"].as_str().unwrap_or_default();
    let detail = message.split_once(": ").map_or(message, |(_, detail)| detail).trim_end_matches('.');
    ApiError::invalid(detail.to_owned())
}

/// The answer of a role that says that there is no such thing: `Ok(None)`.
///
/// # Errors
/// `SERVICE_UNAVAILABLE` while the role is away.
pub(super) async fn one(peer: &Peer, path: &str) -> Result<Option<Value>, ApiError> {
    found(peer, at_hand(peer, path).await)
}

/// As [`one`], for what takes a role its time.
///
/// # Errors
/// As [`one`].
pub(super) async fn one_in_time(peer: &Peer, path: &str) -> Result<Option<Value>, ApiError> {
    found(peer, peer.get(path).await)
}

fn found(peer: &Peer, reply: Result<PeerReply, PeerAway>) -> Result<Option<Value>, ApiError> {
    let reply = reply.map_err(|away| {
        tracing::warn!(%away, "a role gave no answer for operators");
        ApiError::unavailable().with("role", peer.role())
    })?;
    match reply.status {
        StatusCode::NOT_FOUND => Ok(None),
        _ => whole(read(peer, Ok(reply))?).map(Some),
    }
}

/// A part without which there is no answer.
///
/// # Errors
/// `SERVICE_UNAVAILABLE` with the role.
pub(super) fn whole(part: Result<Value, Away>) -> Result<Value, ApiError> {
    part.map_err(|away| ApiError::unavailable().with("role", away.role))
}
