//! Sign-up (AUTH-001..005): form, CAPTCHA, identity, consents, and then one transaction. A refused try uses nothing up.

use crate::consents;
use crate::deletion;
use crate::new_account::NewAccount;
use crate::origin::Origin;
use crate::rows::users;
use crate::rows::verifications::{self, Purpose};
use crate::service::AccountService;
use domain::account::{Consent, EmailAddress, Password, PersonName, PhoneNumber, UserRole};
use domain::{AccountId, ErrorCode, Timestamp};
use ledger::{LedgerError, Transaction};
use onsale_http::ApiError;

/// Most runs of the last transaction: each that fails has met another sign-up for the same address or person, or an account
/// that was just erased.
const RUNS_MAX: usize = 5;

/// What somebody sends to sign up, its form checked.
#[derive(Clone)]
pub struct SignUp {
    /// The e-mail address.
    pub email: EmailAddress,
    /// The password.
    pub password: Password,
    /// The name.
    pub name: PersonName,
    /// The phone number.
    pub phone: PhoneNumber,
    /// The id of PortOne's identity verification.
    pub verification: String,
    /// The token of reCAPTCHA.
    pub recaptcha_token: String,
    /// What is said to terms.
    pub consents: Vec<Consent>,
    /// The proof that mail to the address arrives.
    pub email_proof: Option<String>,
}

/// Shows nothing of it.
impl std::fmt::Debug for SignUp {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("SignUp")
    }
}

/// Why an account cannot be made. In the order in which it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    Email,
    Person,
    Verification,
}

impl From<Taken> for ApiError {
    fn from(taken: Taken) -> Self {
        match taken {
            Taken::Email => ErrorCode::AlreadyExistsEmail.into(),
            Taken::Person => ErrorCode::DuplicateIdentity.into(),
            Taken::Verification => ErrorCode::PortoneVerificationFailed.into(),
        }
    }
}

impl AccountService {
    /// Makes an account.
    ///
    /// # Errors
    /// The first that holds: `RECAPTCHA_FAILED`, `RECAPTCHA_UNAVAILABLE`; `EMAIL_CODE_INVALID`;
    /// `PORTONE_VERIFICATION_TIMEOUT`, `PORTONE_VERIFICATION_FAILED`, `PORTONE_UNAVAILABLE`; `INVALID_INPUT`,
    /// `CONSENT_REQUIRED` for consents; `ALREADY_EXISTS_EMAIL`, `DUPLICATE_IDENTITY`; `SERVICE_UNAVAILABLE`.
    pub async fn sign_up(&self, form: &SignUp, origin: &Origin) -> Result<AccountId, ApiError> {
        self.check_human(&form.recaptcha_token, origin).await?;
        self.check_email_proof(form).await?;
        let identity = self.identified(&form.verification).await?;
        consents::demand(&self.ledger, &form.consents, self.settings.consents_required, clock::now()).await?;
        let ci_hash = self.personal.ci_hash(&identity.ci);
        // Before the expensive part: who is refused anyway hashes nothing.
        if let Some(taken) = self.taken(form, &ci_hash).await? {
            return Err(taken.into());
        }
        let password_hash = self.hashing.hash(&self.share(origin, &form.email), &form.password).await?;
        let account = NewAccount {
            id: NewAccount::fresh_id(),
            email: form.email.clone(),
            password_hash,
            name: form.name.clone(),
            phone: Some(form.phone.clone()),
            ci: Some(identity.ci),
            di: identity.di,
            role: UserRole::User,
            language: origin.language,
        };
        self.store(&account, form, &ci_hash).await?;
        if let Some(proof) = &form.email_proof {
            self.codes.use_up(proof).await;
        }
        metrics::counter!("onsale_sign_ups_total").increment(1);
        Ok(account.id)
    }

    async fn check_email_proof(&self, form: &SignUp) -> Result<(), ApiError> {
        let is_proven = match &form.email_proof {
            Some(proof) => self.codes.is_proof(&form.email, proof).await?,
            None => !self.settings.email_verification_required,
        };
        if is_proven { Ok(()) } else { Err(ErrorCode::EmailCodeInvalid.into()) }
    }

    async fn store(&self, account: &NewAccount, form: &SignUp, ci_hash: &str) -> Result<(), ApiError> {
        for _ in 0..RUNS_MAX {
            let now = clock::now();
            let row = account.row(&self.personal, now)?;
            let store = async |change: Transaction| {
                if let Some(taken) = self.taken_in(&change, form, ci_hash, now).await? {
                    return Ok(Some(taken));
                }
                users::insert(&change, row.clone()).await?;
                verifications::use_up(&change, &form.verification, account.id, Purpose::SignUp, now).await?;
                consents::keep(&change, account.id, &form.consents, now).await?;
                change.commit().await?;
                Ok(None)
            };
            match self.ledger.change(store).await {
                Ok(None) => return Ok(()),
                Ok(Some(taken)) => return Err(taken.into()),
                // Another sign-up came first: the next run sees which it was.
                Err(LedgerError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ApiError::unavailable())
    }

    /// What another account has, before anything is done.
    async fn taken(&self, form: &SignUp, ci_hash: &str) -> Result<Option<Taken>, ApiError> {
        let (now, days) = (clock::now(), self.settings.rejoin_after_days);
        let connection = self.ledger.connection();
        let holders = [
            (users::by_email(connection, &self.personal.email_hash(&form.email)).await?, Taken::Email),
            (users::by_person(connection, ci_hash).await?, Taken::Person),
        ];
        for (holder, taken) in holders {
            if let Some(holder) = holder
                && !holder.standing()?.is_erasure_due(now, days)
            {
                return Ok(Some(taken));
            }
        }
        Ok(None)
    }

    /// The same within the change. An account whose days are over holds nothing any more: it is erased here, where the hourly
    /// run has not done it yet.
    async fn taken_in(
        &self,
        change: &Transaction,
        form: &SignUp,
        ci_hash: &str,
        now: Timestamp,
    ) -> Result<Option<Taken>, LedgerError> {
        let email_hash = self.personal.email_hash(&form.email);
        if let Some(holder) = users::by_email(change.connection(), &email_hash).await?
            && !deletion::erase_if_due(change, &holder, self.settings.rejoin_after_days, now).await?
        {
            return Ok(Some(Taken::Email));
        }
        if let Some(holder) = users::by_person(change.connection(), ci_hash).await?
            && !deletion::erase_if_due(change, &holder, self.settings.rejoin_after_days, now).await?
        {
            return Ok(Some(Taken::Person));
        }
        let is_used = users::is_verification_used(change, &form.verification).await?;
        Ok(is_used.then_some(Taken::Verification))
    }
}
