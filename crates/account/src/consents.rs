//! What people say to terms: at sign-up, and later (AUTH-002).

use crate::rows::consents::{self, KeptConsent};
use crate::rows::terms;
use domain::account::{Consent, check_consents, missing_consents, refused_consents};
use domain::{AccountId, ErrorCode, Timestamp};
use ledger::{Ledger, LedgerError, Transaction, calls};
use onsale_http::ApiError;

/// Most changes of mind of one account in a day: rows are kept for ever.
const ROWS_PER_DAY_MAX: u64 = 200;
const DAY_SECONDS: i64 = 86_400;

/// The codes of required terms that a new account would be without. With `is_required` (`user.consents_required`) these are
/// all required terms in force without a yes; without it only those that are refused by name.
///
/// # Errors
/// `INVALID_INPUT` for a version that does not exist or is named twice.
pub async fn missing(
    ledger: &Ledger,
    given: &[Consent],
    is_required: bool,
    now: Timestamp,
) -> Result<Vec<String>, ApiError> {
    if given.is_empty() && !is_required {
        return Ok(Vec::new());
    }
    let all = terms::versions(ledger).await?;
    check_consents(&all, given).map_err(|fault| ApiError::invalid(fault.to_string()))?;
    Ok(if is_required { missing_consents(&all, given, now) } else { refused_consents(&all, given) })
}

/// Demands that nothing is missing: see [`missing`].
///
/// # Errors
/// `CONSENT_REQUIRED`, with the codes as `missing`; those of [`missing`].
pub async fn demand(ledger: &Ledger, given: &[Consent], is_required: bool, now: Timestamp) -> Result<(), ApiError> {
    refuse(missing(ledger, given, is_required, now).await?)
}

fn refuse(missing: Vec<String>) -> Result<(), ApiError> {
    if missing.is_empty() {
        return Ok(());
    }
    Err(ApiError::new(ErrorCode::ConsentRequired).with_json("missing", &missing))
}

/// Keeps what a new account says, in the transaction that makes the account.
///
/// # Errors
/// [`LedgerError`].
pub async fn keep(
    change: &Transaction,
    account: AccountId,
    given: &[Consent],
    now: Timestamp,
) -> Result<(), LedgerError> {
    consents::add(change, account, given, now).await
}

/// What an account has said, in the order of codes and versions.
///
/// # Errors
/// `SERVICE_UNAVAILABLE`.
pub async fn of(ledger: &Ledger, account: AccountId) -> Result<Vec<KeptConsent>, ApiError> {
    Ok(consents::latest(ledger, account).await?)
}

/// Keeps what an account says now; what it does not name stays. Returns all that it has said.
///
/// # Errors
/// `INVALID_INPUT` for a version that does not exist or is named twice; `CONSENT_REQUIRED` for a no to required terms;
/// `RATE_LIMIT_EXCEEDED` for somebody who changes their mind all day long.
pub async fn change(
    ledger: &Ledger,
    account: AccountId,
    given: &[Consent],
    now: Timestamp,
) -> Result<Vec<KeptConsent>, ApiError> {
    let all = terms::versions(ledger).await?;
    check_consents(&all, given).map_err(|fault| ApiError::invalid(fault.to_string()))?;
    refuse(refused_consents(&all, given))?;
    // An earlier run of the same call has kept it.
    if call::is_done() {
        return of(ledger, account).await;
    }
    let keep = async |change: Transaction| {
        let stands = consents::latest_in(&change, account).await?;
        let is_new = |one: &&Consent| !stands.iter().any(|kept| kept.consent == **one);
        let new: Vec<Consent> = given.iter().filter(is_new).cloned().collect();
        let today = consents::added_since(&change, account, now.plus_seconds(-DAY_SECONDS)).await?;
        if !new.is_empty() && today.saturating_add(new.len() as u64) > ROWS_PER_DAY_MAX {
            return Ok(false);
        }
        consents::add(&change, account, &new, now).await?;
        calls::settle(&change, None).await?;
        change.commit().await?;
        Ok(true)
    };
    match ledger.change(keep).await? {
        true => of(ledger, account).await,
        false => Err(ApiError::new(ErrorCode::RateLimitExceeded).retry_after(3_600)),
    }
}
