//! People who verify who they are.

use super::{demand_text, unavailable};
use crate::books::identities::{self, Identity};
use crate::service::Sandbox;
use axum::extract::State;
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::ErrorCode;
use onsale_http::{ApiError, Json, Path, RequestBody};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha512};
use uuid::Uuid;

/// Bytes of a CI before its Base64, which has 88 characters, and of a DI, which has 64.
const CI_BYTES: usize = 64;
const DI_BYTES: usize = 48;

#[derive(Deserialize)]
pub(super) struct NewIdentity {
    name: String,
    phone: String,
    /// Empty: a verification without a CI. None: a new one.
    ci: Option<String>,
    #[serde(default)]
    status: IdentityStatus,
}

impl RequestBody for NewIdentity {
    const LIMIT_BYTES: usize = 8_192;
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum IdentityStatus {
    Ready,
    #[default]
    Verified,
    Failed,
}

impl IdentityStatus {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "READY",
            Self::Verified => "VERIFIED",
            Self::Failed => "FAILED",
        }
    }
}

/// A verification of a person, to be kept.
pub(crate) fn identity(name: &str, phone: &str, ci: String, status: IdentityStatus) -> Result<Identity, ApiError> {
    demand_text("name", name, 1..=100)?;
    demand_text("phone", phone, 1..=30)?;
    demand_text("ci", &ci, 0..=200)?;
    let di = STANDARD.encode(&Sha512::digest(format!("store-sandbox {ci}"))[..DI_BYTES]);
    Ok(Identity {
        id: format!("identity-verification-{}", Uuid::new_v4()),
        status: status.as_str().to_owned(),
        name: name.to_owned(),
        phone: phone.to_owned(),
        ci,
        di,
        calls: 0,
        made_ms: clock::now().millis(),
    })
}

/// The CI of the person of this name and number, as a browser's window knows them: always the same.
pub(crate) fn ci_of(name: &str, phone: &str) -> String {
    STANDARD.encode(Sha512::digest(format!("{name} {}", phone.replace('-', ""))))
}

/// A CI that nobody has.
fn new_ci() -> Result<String, ApiError> {
    let mut bytes = [0; CI_BYTES];
    getrandom::fill(&mut bytes).map_err(ApiError::internal)?;
    Ok(STANDARD.encode(bytes))
}

pub(super) async fn make(
    State(sandbox): State<Sandbox>,
    Json(new): Json<NewIdentity>,
) -> Result<impl IntoResponse, ApiError> {
    let ci = new.ci.map_or_else(new_ci, Ok)?;
    let made = identity(&new.name, &new.phone, ci, new.status)?;
    let (id, ci) = (made.id.clone(), made.ci.clone());
    sandbox.0.books.change(move |connection| identities::insert(connection, &made)).await.map_err(unavailable)?;
    Ok(Json(json!({"identityVerificationId": id, "ci": ci})))
}

pub(super) async fn look(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, ApiError> {
    let found = sandbox.0.books.change(move |connection| identities::find(connection, &id)).await;
    let found = found.map_err(unavailable)?.ok_or(ErrorCode::NotFound)?;
    Ok(Json(json!({"status": found.status, "calls": found.calls})))
}
