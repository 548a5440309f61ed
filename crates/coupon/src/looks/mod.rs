//! One's own look (WEB-010): the name, logo, colours and words of a tenant's or a line's pages. Never a script, never a style of
//! somebody's own: a style sheet is written from colours that were read, a logo is cleaned, words are text.
//!
//! Files have the hash of their bytes as their name: an address has no other content, ever.

mod body;
mod logo;
mod svg;

pub use body::{LookBody, LookView, PreviewView, Words};

use crate::rows::looks::{self, File, StoredLook};
use crate::views::campaign::Change;
use access::Callers;
use axum::extract::FromRef;
use body::{Said, check_name, check_words, none_if_usual};
use bytes::Bytes;
use call::{Entry, Facts};
use domain::line::LineId;
use domain::look::{LookColors, css, too_low};
use domain::{ErrorCode, TenantName};
use ledger::Ledger;
use onsale_http::ApiError;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Files in memory. Each has at most 64 KiB.
const FILES_MAX: usize = 128;

/// Looks. Cheap to clone.
#[derive(Clone)]
pub struct LookService {
    ledger: Ledger,
    callers: Callers,
    files: Arc<Mutex<HashMap<String, Bytes>>>,
}

impl FromRef<LookService> for Callers {
    fn from_ref(service: &LookService) -> Self {
        service.callers.clone()
    }
}

/// Whose look: a tenant's, or a line's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookOf {
    /// Of all pages of a tenant without a look of their own.
    Tenant(TenantName),
    /// Of one line.
    Line(LineId),
}

impl LookOf {
    /// Reads the name in an address.
    ///
    /// # Errors
    /// `INVALID_INPUT`.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        if text.starts_with("gate:") || text.starts_with("queue:") {
            let line = LineId::from_address(text).map_err(|error| ApiError::invalid(format!("line {error}")))?;
            return Ok(Self::Line(line));
        }
        TenantName::new(text).map(Self::Tenant).map_err(|error| ApiError::invalid(format!("tenant {error}")))
    }

    /// Under which it is kept.
    fn key(&self) -> String {
        match self {
            Self::Tenant(tenant) => tenant.to_string(),
            Self::Line(line) => line.to_string(),
        }
    }

    /// As it stands in an address.
    fn address(&self) -> String {
        self.key().replacen('/', "~", 1)
    }

    /// The tenant whose pages these are.
    fn tenant(&self) -> TenantName {
        match self {
            Self::Tenant(tenant) => tenant.clone(),
            Self::Line(LineId::Gate(campaign)) => campaign.tenant.clone(),
            Self::Line(LineId::Queue(_)) => TenantName::default_tenant(),
        }
    }
}

/// A look that may be shown: read, cleaned, judged.
struct Judged {
    said: Said,
    css: String,
    logo: Change<logo::Logo>,
}

impl LookService {
    /// Over the tables of the coupon schema.
    pub fn new(ledger: Ledger, callers: Callers) -> Self {
        Self { ledger, callers, files: Arc::default() }
    }

    /// The look of a tenant or a line. `is_effective`: of a line without one, its tenant's.
    ///
    /// # Errors
    /// `NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub async fn look(&self, of: &LookOf, is_effective: bool) -> Result<LookView, ApiError> {
        if let Some(stored) = looks::get(&self.ledger, &of.key()).await? {
            return view(of, stored);
        }
        let tenant = LookOf::Tenant(of.tenant());
        match (of, is_effective) {
            (LookOf::Line(_), true) => Box::pin(self.look(&tenant, false)).await,
            _ => Err(ErrorCode::NotFound.into()),
        }
    }

    /// Sets a look.
    ///
    /// # Errors
    /// `INVALID_INPUT`, `CONTRAST_TOO_LOW`, `SERVICE_UNAVAILABLE`.
    pub async fn set(&self, of: &LookOf, body: LookBody) -> Result<LookView, ApiError> {
        let before = looks::get(&self.ledger, &of.key()).await?;
        let Judged { said, css, logo } = judge(before.as_ref(), body)?;
        let mut files = vec![file("css", css.into_bytes())];
        let style = files[0].name.clone();
        let logo = match logo {
            Change::Leave => before.as_ref().and_then(|before| before.logo.clone()),
            Change::To(None) => None,
            Change::To(Some(logo)) => {
                files.push(file(logo.ending, logo.bytes));
                files.last().map(|file| file.name.clone())
            }
        };
        let look = serde_json::to_string(&said).map_err(ApiError::internal)?;
        let stored = StoredLook { name: of.key(), look, logo, style, updated_at: clock::now() };
        let entry = Entry::of(Facts {
            action: "look.set",
            target: format!("look:{}", of.key()),
            before: before.as_ref().map(shown),
            after: Some(shown(&stored)),
        });
        looks::put(&self.ledger, &stored, &files, entry.as_ref()).await?;
        view(of, stored)
    }

    /// The style that a look would have. Nothing is kept.
    ///
    /// # Errors
    /// As [`LookService::set`].
    pub async fn preview(&self, of: &LookOf, body: LookBody) -> Result<PreviewView, ApiError> {
        let before = looks::get(&self.ledger, &of.key()).await?;
        let Judged { css, .. } = judge(before.as_ref(), body)?;
        Ok(PreviewView { css, pairs: Vec::new() })
    }

    /// A file of a look; none by this name.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn file(&self, name: &str) -> Result<Option<Bytes>, ApiError> {
        if !is_file_name(name) {
            return Ok(None);
        }
        let known = self.files.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let Some(bytes) = looks::file(&self.ledger, name).await?.map(Bytes::from) else { return Ok(None) };
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if files.len() >= FILES_MAX {
            files.clear();
        }
        files.insert(name.to_owned(), bytes.clone());
        Ok(Some(bytes))
    }
}

/// 64 hexadecimal digits and an ending: nothing else is looked up.
fn is_file_name(name: &str) -> bool {
    let Some((hash, ending)) = name.split_once('.') else { return false };
    let is_hash = hash.len() == 64 && hash.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    is_hash && ["css", "svg", "png"].contains(&ending)
}

fn file(ending: &str, bytes: Vec<u8>) -> File {
    File { name: format!("{}.{ending}", hex::encode(Sha256::digest(&bytes))), bytes }
}

fn judge(before: Option<&StoredLook>, body: LookBody) -> Result<Judged, ApiError> {
    let before = before.map(said_of).transpose()?.unwrap_or_default();
    check_name(&body.name)?;
    let words = match body.words {
        Change::Leave => before.words,
        Change::To(words) => words,
    };
    words.iter().try_for_each(check_words)?;
    let colors: LookColors = match body.colors {
        Change::Leave => before.colors.unwrap_or_default(),
        Change::To(colors) => colors.unwrap_or_default().into(),
    };
    let logo = match body.logo {
        Change::Leave => Change::Leave,
        Change::To(None) => Change::To(None),
        Change::To(Some(address)) => Change::To(Some(logo::logo(&address)?)),
    };
    let pairs = too_low(&colors);
    if !pairs.is_empty() {
        let detail = "each of `pairs` needs more contrast: make the text darker by day, lighter by night, or choose another paper";
        return Err(ApiError::new(ErrorCode::ContrastTooLow).detail(detail).with_json("pairs", &pairs));
    }
    let css = css(&colors);
    Ok(Judged { said: Said { name: body.name, colors: none_if_usual(colors), words }, css, logo })
}

fn said_of(stored: &StoredLook) -> Result<Said, ApiError> {
    serde_json::from_str(&stored.look).map_err(ApiError::internal)
}

fn view(of: &LookOf, stored: StoredLook) -> Result<LookView, ApiError> {
    let said = said_of(&stored)?;
    Ok(LookView::new(of.address(), said, stored.logo.as_deref(), &stored.style, stored.updated_at))
}

/// As the audit log shows it: files by their names.
fn shown(stored: &StoredLook) -> Value {
    let mut shown: Value = serde_json::from_str(&stored.look).unwrap_or_default();
    shown["logo"] = json!(stored.logo);
    shown
}
