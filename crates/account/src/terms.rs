//! Terms: which versions are in force, and new ones (AUTH-002).

use crate::rows::terms::{self, Both, Terms, VERSIONS_MAX};
use call::{Entry, Facts};
use domain::account::in_force;
use domain::{ErrorCode, Timestamp};
use ledger::{Ledger, LedgerError, Transaction, calls};
use onsale_http::{ApiError, Language};
use serde_json::json;

/// A page of terms.
#[derive(Debug)]
pub struct TermsPage {
    /// The latest first.
    pub list: Vec<Terms>,
    /// All that are in force.
    pub total: u64,
}

/// The terms in force, `size` of them from the page `page` on.
///
/// # Errors
/// `SERVICE_UNAVAILABLE`.
pub async fn page(ledger: &Ledger, page: u64, size: u64, now: Timestamp) -> Result<TermsPage, ApiError> {
    let all = terms::versions(ledger).await?;
    let standing = in_force(&all, now);
    let total = standing.len() as u64;
    let skipped = usize::try_from(page.saturating_mul(size)).unwrap_or(usize::MAX);
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let wanted: Vec<_> = standing.into_iter().skip(skipped).take(size).collect();
    let mut texts = terms::with_texts(ledger, &wanted).await?;
    let place = |terms: &Terms| wanted.iter().position(|wanted| **wanted == terms.version);
    texts.sort_by_key(place);
    Ok(TermsPage { list: texts, total })
}

/// Makes a new version. It is an administrator's change, and leaves an audit entry.
///
/// # Errors
/// `TERMS_VERSION_EXISTS`; `INVALID_INPUT` when there are too many versions.
pub async fn create(ledger: &Ledger, new: &Terms, now: Timestamp) -> Result<(), ApiError> {
    let create = async |change: Transaction| {
        if !terms::insert(&change, new, now).await? {
            return Ok(false);
        }
        let version = &new.version;
        let target = format!("terms:{}/{}", version.code, version.version);
        let after = json!({"required": version.required, "effectiveAt": version.effective_at.to_string(),
            "title": {"ko": new.title.ko, "en": new.title.en}});
        let entry = Entry::of(Facts { action: "terms.create", target, before: None, after: Some(after) });
        calls::settle(&change, entry.as_ref()).await?;
        change.commit().await?;
        Ok(true)
    };
    match ledger.change(create).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(ApiError::invalid(format!("there are {VERSIONS_MAX} versions of terms already"))),
        Err(LedgerError::Conflict(_)) => Err(ErrorCode::TermsVersionExists.into()),
        Err(error) => Err(error.into()),
    }
}

impl Both {
    /// The text in a language.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Ko => &self.ko,
            Language::En => &self.en,
        }
    }
}
