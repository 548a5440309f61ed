//! Passwords that are changed, and passwords that were forgotten (AUTH-015, AUTH-016).

use crate::hashing::Share;
use crate::origin::Origin;
use crate::rows::entities::user;
use crate::rows::verifications::{self, Purpose};
use crate::rows::{notices, tokens, users};
use crate::service::AccountService;
use access::Person;
use access::token::AccessClaims;
use domain::account::{AccountStatus, EmailAddress, Password};
use domain::{AccountId, ErrorCode, Timestamp};
use ledger::{LedgerError, Transaction};
use onsale_http::ApiError;
use sea_orm::ActiveValue::Set;
use uuid::Uuid;

/// A password reset, its form checked.
#[derive(Clone, Debug)]
pub struct Reset {
    /// Whose password.
    pub email: EmailAddress,
    /// The id of PortOne's identity verification.
    pub verification: String,
    /// The new password.
    pub password: Password,
    /// The token of reCAPTCHA.
    pub recaptcha_token: String,
}

impl AccountService {
    /// Changes the caller's password. All other sessions end; `access` is the token of this one, which stays. Without it all
    /// end.
    ///
    /// # Errors
    /// `INVALID_CREDENTIALS`, `INVALID_TOKEN`, `SERVICE_UNAVAILABLE`.
    pub async fn change_password(
        &self,
        person: &Person,
        access: Option<&AccessClaims>,
        passwords: (&str, &Password),
        origin: &Origin,
    ) -> Result<(), ApiError> {
        let (current, new) = passwords;
        let account = self.account(person).await?;
        let share = Share { network: origin.network.clone(), account: person.id.to_string() };
        if !self.hashing.verify(&share, current, account.password_hash.as_deref()).await? {
            return Err(ErrorCode::InvalidCredentials.into());
        }
        let hash = self.hashing.hash(&share, new).await?;
        let own = match access.filter(|access| access.sub == person.id) {
            Some(access) => tokens::beside(self.ledger.connection(), &access.jti).await?,
            None => None,
        };
        let family = own.filter(|row| row.user_id == account.id).map(|row| row.token_family.0);
        let now = clock::now();
        let store = async |change: Transaction| {
            let row = users::lock(&change, person.id).await?;
            // Another change of the password came first: what was shown is not the current one any more.
            if row.is_none_or(|row| row.password_hash != account.password_hash) {
                return Ok(false);
            }
            set_password(&change, person.id, &hash, family, now).await?;
            notices::owe(&change, person.id, notices::PASSWORD_CHANGED, &origin.trace_id, now).await?;
            change.commit().await?;
            Ok(true)
        };
        if !self.ledger.change(store).await? {
            return Err(ErrorCode::InvalidCredentials.into());
        }
        self.owed.notify_one();
        self.blacklist_ended(person.id).await;
        Ok(())
    }

    /// Sets a new password for a person who forgot theirs, after an identity verification. All sessions end, and a mail tells
    /// of it. A sleeping account still sleeps.
    ///
    /// # Errors
    /// `RECAPTCHA_FAILED`, `RECAPTCHA_UNAVAILABLE`; `PORTONE_VERIFICATION_TIMEOUT`, `PORTONE_UNAVAILABLE`;
    /// `PORTONE_VERIFICATION_FAILED` for every mismatch: nobody learns from it who has an account; `SERVICE_UNAVAILABLE`.
    pub async fn reset_password(&self, reset: &Reset, origin: &Origin) -> Result<(), ApiError> {
        self.check_human(&reset.recaptcha_token, origin).await?;
        let identity = self.identified(&reset.verification).await?;
        let ci_hash = self.personal.ci_hash(&identity.ci);
        let is_theirs = |row: &user::Model| {
            row.status != AccountStatus::Deleted.as_str() && row.ci_hash.as_deref() == Some(ci_hash.as_str())
        };
        let mismatch = || ApiError::from(ErrorCode::PortoneVerificationFailed);
        let account = self.by_email(&reset.email).await?.filter(is_theirs).ok_or_else(mismatch)?;
        let hash = self.hashing.hash(&self.share(origin, &reset.email), &reset.password).await?;
        let (id, now) = (account.account(), clock::now());
        let store = async |change: Transaction| {
            if !users::lock(&change, id).await?.as_ref().is_some_and(is_theirs) {
                return Ok(false);
            }
            verifications::use_up(&change, &reset.verification, id, Purpose::Reset, now).await?;
            set_password(&change, id, &hash, None, now).await?;
            notices::owe(&change, id, notices::PASSWORD_CHANGED, &origin.trace_id, now).await?;
            change.commit().await?;
            Ok(true)
        };
        match self.ledger.change(store).await {
            Ok(true) => {}
            Ok(false) | Err(LedgerError::Conflict(_)) => return Err(mismatch()),
            Err(error) => return Err(error.into()),
        }
        self.owed.notify_one();
        self.blacklist_ended(id).await;
        Ok(())
    }
}

async fn set_password(
    change: &Transaction,
    id: AccountId,
    hash: &str,
    but: Option<Uuid>,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let columns = user::ActiveModel { password_hash: Set(Some(hash.to_owned())), ..Default::default() };
    users::set(change, id, columns, now).await?;
    tokens::end_all(change, id, but, now).await?;
    Ok(())
}
