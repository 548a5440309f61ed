//! Accounts that sleep, and how they wake up (AUTH-018).

use crate::log_in::Credentials;
use crate::origin::Origin;
use crate::rows::entities::user;
use crate::rows::users;
use crate::rows::verifications::{self, Purpose};
use crate::service::AccountService;
use domain::ErrorCode;
use domain::account::AccountStatus;
use ledger::moment::stored;
use ledger::{LedgerError, Transaction};
use onsale_http::ApiError;
use sea_orm::ActiveValue::Set;

impl AccountService {
    /// Wakes a sleeping account up: by its password, and an identity verification of the same person. One that does not sleep
    /// stays as it is, and nothing is used up.
    ///
    /// # Errors
    /// `RECAPTCHA_FAILED`, `RECAPTCHA_UNAVAILABLE`; `INVALID_CREDENTIALS`; `PORTONE_VERIFICATION_TIMEOUT`,
    /// `PORTONE_VERIFICATION_FAILED` (another person's, too), `PORTONE_UNAVAILABLE`; `SERVICE_UNAVAILABLE`.
    pub async fn reactivate(
        &self,
        credentials: &Credentials,
        verification: &str,
        recaptcha_token: &str,
        origin: &Origin,
    ) -> Result<(), ApiError> {
        self.check_human(recaptcha_token, origin).await?;
        let account = self.proven(credentials, origin).await?;
        if self.status(&account)? != AccountStatus::Dormant {
            return Ok(());
        }
        let identity = self.identified(verification).await?;
        if account.ci_hash.as_deref() != Some(self.personal.ci_hash(&identity.ci).as_str()) {
            return Err(ErrorCode::PortoneVerificationFailed.into());
        }
        let (id, now) = (account.account(), clock::now());
        let wake = async |change: Transaction| {
            let current = users::lock(&change, id).await?;
            let is_same = |row: &user::Model| {
                row.status != AccountStatus::Deleted.as_str() && row.password_hash == account.password_hash
            };
            if !current.as_ref().is_some_and(is_same) {
                return Ok(false);
            }
            verifications::use_up(&change, verification, id, Purpose::Reactivate, now).await?;
            let columns = user::ActiveModel {
                status: Set(AccountStatus::Active.as_str().to_owned()),
                last_login_at: Set(Some(stored(now))),
                ..Default::default()
            };
            users::set(&change, id, columns, now).await?;
            change.commit().await?;
            Ok(true)
        };
        match self.ledger.change(wake).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(ErrorCode::InvalidCredentials.into()),
            Err(LedgerError::Conflict(_)) => Err(ErrorCode::PortoneVerificationFailed.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Notes which accounts sleep, at most `most`. Returns their number.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`; the next run does the rest.
    pub async fn note_dormant(&self, most: u64) -> Result<usize, ApiError> {
        let days = self.settings.dormant_after_days;
        if days == 0 {
            return Ok(0);
        }
        let until = clock::now().plus_seconds(-i64::from(days) * 86_400);
        let asleep = users::asleep(self.ledger.connection(), until, most).await?;
        let mut noted = 0;
        for id in asleep {
            noted += usize::from(self.put_to_sleep(id).await?);
        }
        Ok(noted)
    }
}
