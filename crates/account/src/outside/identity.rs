//! PortOne's identity verification (V2): who a person is, as a telecommunications company or a bank has found.

use super::http::{Answer, ClientFault, NoAnswer, answer, base, client};
use reqwest::Client;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use serde::Deserialize;
use std::fmt;
use std::time::Duration;

/// Longest accepted id of a verification in bytes: ours are UUIDs, PortOne takes longer ones.
const ID_BYTES_MAX: usize = 256;
/// Longest accepted name, phone, CI and DI in bytes. A CI has 88.
const FIELD_BYTES_MAX: usize = 1_024;

/// Where verifications are looked up.
#[derive(Clone)]
pub struct IdentitySettings {
    /// `user.portone.base_url`, such as `https://api.portone.io`.
    pub base_url: String,
    /// `user.portone.api_secret`.
    pub api_secret: String,
    /// `user.portone.store_id`.
    pub store_id: String,
    /// Longest wait for an answer (10 s).
    pub timeout: Duration,
}

impl fmt::Debug for IdentitySettings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = out.debug_struct("IdentitySettings");
        shown.field("base_url", &self.base_url).field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

/// A verified person.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The name as verified.
    pub name: String,
    /// The phone number as verified; some ways of verification have none.
    pub phone: Option<String>,
    /// The value that is the same for a person at every company.
    pub ci: String,
    /// The value that is the same for a person at this company; some ways of verification have none.
    pub di: Option<String>,
}

/// It holds personal data, so it tells nothing in a log.
impl fmt::Debug for Identity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Identity").finish_non_exhaustive()
    }
}

/// Why nobody was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityFault {
    /// The person has not finished yet.
    #[error("the verification is not finished")]
    Pending,
    /// The verification failed, does not exist, or has no CI.
    #[error("the verification failed")]
    Failed,
    /// PortOne did not say: it is away, slow, refuses our secret, or answered something else.
    #[error("PortOne did not answer")]
    Unavailable,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Verification {
    status: String,
    id: Option<String>,
    verified_customer: Option<Customer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Customer {
    name: Option<String>,
    phone_number: Option<String>,
    ci: Option<String>,
    di: Option<String>,
}

/// PortOne's words for an error.
#[derive(Deserialize)]
struct Refusal {
    #[serde(rename = "type")]
    kind: String,
}

/// The service at one address. Cheap to clone.
#[derive(Clone)]
pub struct IdentityVerifier {
    client: Client,
    base_url: String,
    authorization: String,
    store_id: String,
}

impl IdentityVerifier {
    /// The service of these settings.
    ///
    /// # Errors
    /// [`ClientFault`].
    pub fn new(settings: &IdentitySettings) -> Result<Self, ClientFault> {
        Ok(Self {
            client: client(settings.timeout)?,
            base_url: base(&settings.base_url),
            authorization: format!("PortOne {}", settings.api_secret),
            store_id: settings.store_id.clone(),
        })
    }

    /// The person of a finished verification. Looking uses nothing up: that a verification counts once is ours to keep.
    ///
    /// # Errors
    /// [`IdentityFault`].
    pub async fn verified(&self, id: &str) -> Result<Identity, IdentityFault> {
        if !is_id(id) {
            return Err(IdentityFault::Failed);
        }
        self.look_up(id).await.unwrap_or_else(|why| {
            tracing::warn!(%why, "PortOne did not tell about an identity verification");
            Err(IdentityFault::Unavailable)
        })
    }

    async fn look_up(&self, id: &str) -> Result<Result<Identity, IdentityFault>, NoAnswer> {
        let url = self.url(id).ok_or(NoAnswer::Nonsense)?;
        let mut secret = HeaderValue::from_str(&self.authorization).map_err(|_| NoAnswer::Nonsense)?;
        secret.set_sensitive(true);
        let answer = answer(self.client.get(url).header(AUTHORIZATION, secret)).await?;
        if answer.status.is_success() { found(id, &answer.json()?) } else { refused(&answer) }
    }

    fn url(&self, id: &str) -> Option<url::Url> {
        let mut url = url::Url::parse(&self.base_url).ok()?;
        url.path_segments_mut().ok()?.pop_if_empty().push("identity-verifications").push(id);
        url.query_pairs_mut().append_pair("storeId", &self.store_id);
        Some(url)
    }
}

/// Whether it may be an id: nothing else is asked for, so no caller makes us ask nonsense and hear that PortOne is away.
/// A segment of dots would be taken for a step up the path.
fn is_id(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':');
    !text.is_empty()
        && text.len() <= ID_BYTES_MAX
        && text.bytes().all(is_plain)
        && !text.bytes().all(|byte| byte == b'.')
}

fn found(id: &str, verification: &Verification) -> Result<Result<Identity, IdentityFault>, NoAnswer> {
    if verification.id.as_deref().is_some_and(|told| told != id) {
        return Err(NoAnswer::Nonsense);
    }
    Ok(match verification.status.as_str() {
        "READY" => Err(IdentityFault::Pending),
        "VERIFIED" => verification.verified_customer.as_ref().and_then(identity).ok_or(IdentityFault::Failed),
        // `FAILED`, and any status that PortOne may add: whoever is not verified is not.
        _ => Err(IdentityFault::Failed),
    })
}

fn identity(customer: &Customer) -> Option<Identity> {
    let text = |field: &Option<String>| {
        let text = field.as_deref().map(str::trim).filter(|text| !text.is_empty());
        text.filter(|text| text.len() <= FIELD_BYTES_MAX && !text.contains(char::is_control)).map(str::to_owned)
    };
    Some(Identity {
        name: text(&customer.name)?,
        phone: text(&customer.phone_number),
        ci: text(&customer.ci)?,
        di: text(&customer.di),
    })
}

/// Only PortOne's own word says that there is no such verification: a bare 404 may be any proxy's.
fn refused(answer: &Answer) -> Result<Result<Identity, IdentityFault>, NoAnswer> {
    let Refusal { kind } = answer.json()?;
    if kind == "IDENTITY_VERIFICATION_NOT_FOUND" {
        return Ok(Err(IdentityFault::Failed));
    }
    if matches!(answer.status.as_u16(), 401 | 403) {
        tracing::error!(status = answer.status.as_u16(), "PortOne refuses our calls; see user.portone.api_secret");
    }
    Err(NoAnswer::Nonsense)
}
