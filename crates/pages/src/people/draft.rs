//! Answers between the steps of a sign-up, thirty minutes long.
//!
//! They stand in a cookie that only this server can read and write: sealed with AES-256-GCM, so that neither a neighbouring
//! site nor a borrowed browser learns or changes anything. A store on the server would be the other way; strangers could fill it, and
//! each server of a site would need it. A password is in no draft.

use crate::Settings;
use crate::visitor::Visitor;
use access::session_cookies::is_secure;
use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, KeyInit, Nonce, Payload};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use http::header::SET_COOKIE;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// How long a draft lives after the last step, in milliseconds.
const LIFE_MS: i64 = 1_800_000;
/// Bytes of a nonce of AES-GCM. Random ones are safe for 2^32 values of one key.
const NONCE_BYTES: usize = 12;
/// Longest cookie that is read or written: browsers keep 4,096 bytes with its name.
const COOKIE_BYTES_MAX: usize = 3_900;

/// What a draft is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    SignUp,
    Reactivate,
    Reset,
}

impl Purpose {
    fn cookie(self, settings: &Settings) -> String {
        let name = match self {
            Self::SignUp => "signup",
            Self::Reactivate => "reactivate",
            Self::Reset => "reset",
        };
        // A neighbouring site cannot set a cookie of such a name (RFC 6265bis, 4.1.3.2).
        let prefix = if is_secure(&settings.public_url) { "__Host-" } else { "" };
        format!("{prefix}{name}")
    }
}

/// What a person says to one version of terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Consent {
    pub code: String,
    pub version: String,
    pub agreed: bool,
}

/// The answers so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Draft {
    /// Comes back from the window of the identity verification: nobody slips another person's verification in.
    pub state: String,
    /// None before the first step.
    pub consents: Option<Vec<Consent>>,
    /// The id of the identity verification.
    pub identity: Option<String>,
    pub email: Option<String>,
    /// Whether a code was sent to the address.
    pub is_code_sent: bool,
    /// The token that proves the address.
    pub proof: Option<String>,
    /// Whether the address is taken without a proof.
    pub is_unproven: bool,
    /// Where the person wants to go in the end.
    pub return_url: Option<String>,
    /// The end of its life, in Unix milliseconds.
    pub until_ms: i64,
}

impl Draft {
    /// A new one.
    pub fn begin(return_url: Option<String>) -> Self {
        let mut random = [0; 16];
        // Without randomness the identity cannot come back, and the page says so.
        let _ = getrandom::fill(&mut random);
        Self { state: URL_SAFE_NO_PAD.encode(random), return_url, ..Self::default() }
    }

    /// The visitor's draft, unless its time is over.
    pub fn of(visitor: &Visitor, settings: &Settings, purpose: Purpose) -> Option<Self> {
        let name = purpose.cookie(settings);
        let draft = open(settings, &name, &visitor.cookie(&name)?)?;
        (draft.until_ms > clock::now().millis()).then_some(draft)
    }

    /// Whether what came back from a window is of this draft.
    pub fn is_state(&self, given: &str) -> bool {
        !self.state.is_empty() && bool::from(self.state.as_bytes().ct_eq(given.as_bytes()))
    }

    /// Whether the e-mail step is done.
    pub fn has_email(&self) -> bool {
        self.email.is_some() && (self.proof.is_some() || self.is_unproven)
    }

    /// Keeps it, for another half an hour.
    pub fn keep(mut self, settings: &Settings, purpose: Purpose, response: &mut Response) {
        self.until_ms = clock::now().millis() + LIFE_MS;
        let name = purpose.cookie(settings);
        if let Some(value) = seal(settings, &name, &self) {
            set(response, settings, &name, &value, LIFE_MS / 1_000);
        }
    }

    /// Forgets it.
    pub fn forget(settings: &Settings, purpose: Purpose, response: &mut Response) {
        set(response, settings, &purpose.cookie(settings), "", 0);
    }
}

fn set(response: &mut Response, settings: &Settings, name: &str, value: &str, seconds: i64) {
    let secure = if is_secure(&settings.public_url) { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly{secure}; SameSite=Lax");
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

fn seal(settings: &Settings, name: &str, draft: &Draft) -> Option<String> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).ok()?;
    let text = serde_json::to_vec(draft).ok()?;
    let payload = Payload { msg: &text, aad: name.as_bytes() };
    let sealed = cipher(settings).encrypt(&Nonce::<Aes256Gcm>::from(nonce), payload).ok()?;
    let value = URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat());
    (value.len() <= COOKIE_BYTES_MAX).then_some(value)
}

fn open(settings: &Settings, name: &str, value: &str) -> Option<Draft> {
    let bytes = URL_SAFE_NO_PAD.decode(Some(value).filter(|value| value.len() <= COOKIE_BYTES_MAX)?).ok()?;
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
    let payload = Payload { msg: sealed, aad: name.as_bytes() };
    let text = cipher(settings).decrypt(&Nonce::<Aes256Gcm>::from(*nonce), payload).ok()?;
    serde_json::from_slice(&text).ok()
}

fn cipher(settings: &Settings) -> Aes256Gcm {
    Aes256Gcm::new(&settings.draft_key.0.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_read_by_this_server_alone_and_under_its_own_name() {
        let draft = Draft { email: Some("kim@example.com".into()), ..Draft::begin(Some("/seats/1".into())) };
        let (here, elsewhere) = (Settings::default(), Settings::default());
        let value = seal(&here, "signup", &draft).expect("sealed");
        assert!(super::open(&elsewhere, "signup", &value).is_none(), "another server's key");
        let open = |name: &str, value: &str| super::open(&here, name, value);
        assert_eq!(open("signup", &value).as_ref(), Some(&draft));
        assert!(open("reset", &value).is_none(), "a cookie of another purpose");
        for at in [0, value.len() / 2, value.len() - 1] {
            let mut changed = value.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert!(open("signup", std::str::from_utf8(&changed).expect("text")).is_none(), "byte {at}");
        }
        assert!(!String::from_utf8_lossy(&URL_SAFE_NO_PAD.decode(&value).expect("Base64")).contains("kim"));
        assert!(draft.is_state(&draft.state.clone()) && !draft.is_state("") && !Draft::default().is_state(""));
    }
}
