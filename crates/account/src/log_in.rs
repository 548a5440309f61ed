//! Log-in by e-mail address and password (AUTH-006), and the beginning of every session.
//!
//! A wrong password, an address that nobody has and a deleted account are answered alike, after the same work: one look, one
//! bcrypt of today's cost, one row of the history.

use crate::origin::Origin;
use crate::pairs::{Lineage, Session, to_insert};
use crate::rows::entities::user;
use crate::rows::logins::{self, Attempt};
use crate::rows::{tokens, users};
use crate::service::{AccountService, is_active};
use domain::account::login::is_suspicious;
use domain::account::{AccountStatus, EmailAddress, LoginFailure, LoginMethod, Password};
use domain::{AccountId, ErrorCode, Timestamp};
use ledger::moment::stored;
use ledger::{LedgerError, Transaction};
use onsale_http::ApiError;
use sea_orm::ActiveValue::Set;

/// What somebody types to log in.
#[derive(Clone)]
pub struct Credentials {
    /// The e-mail address.
    pub email: EmailAddress,
    /// What was typed as the password: any text.
    pub password: String,
}

/// Shows nothing of them.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Credentials")
    }
}

fn wrong() -> ApiError {
    ErrorCode::InvalidCredentials.into()
}

impl AccountService {
    /// Logs somebody in.
    ///
    /// # Errors
    /// `RECAPTCHA_FAILED`, `RECAPTCHA_UNAVAILABLE`; `INVALID_CREDENTIALS`; `ACCOUNT_DORMANT`; `SERVICE_UNAVAILABLE`, also
    /// when too many passwords wait to be hashed.
    pub async fn log_in(
        &self,
        credentials: &Credentials,
        recaptcha_token: &str,
        origin: &Origin,
    ) -> Result<Session, ApiError> {
        if let Err(refusal) = self.check_human(recaptcha_token, origin).await {
            self.keep_robot(&credentials.email, origin, refusal.code).await;
            return Err(refusal);
        }
        let account = self.proven(credentials, origin).await?;
        if self.status(&account)? == AccountStatus::Dormant {
            self.put_to_sleep(account.account()).await?;
            self.keep_failure(Some(account.account()), origin, LoginFailure::AccountDormant).await;
            return Err(ErrorCode::AccountDormant.into());
        }
        let account = self.with_fresh_hash(account, credentials, origin).await?;
        self.begin_session(&account, LoginMethod::Email, origin).await
    }

    /// The account whose password somebody knows, asleep or not. Keeps failures in the history.
    pub(crate) async fn proven(&self, credentials: &Credentials, origin: &Origin) -> Result<user::Model, ApiError> {
        let Credentials { email, password } = credentials;
        let row = self.by_email(email).await?;
        let hash = row.as_ref().and_then(|row| row.password_hash.as_deref());
        let is_right = self.hashing.verify(&self.share(origin, email), password, hash).await?;
        let failure = match &row {
            None => LoginFailure::UserNotFound,
            Some(row) if row.status == AccountStatus::Deleted.as_str() => LoginFailure::AccountDeleted,
            Some(_) if !is_right => LoginFailure::InvalidPassword,
            Some(row) => return Ok(row.clone()),
        };
        self.keep_failure(row.map(|row| row.account()), origin, failure).await;
        Err(wrong())
    }

    /// The state of an account now.
    pub(crate) fn status(&self, account: &user::Model) -> Result<AccountStatus, ApiError> {
        Ok(account.standing()?.status_at(clock::now(), self.settings.dormant_after_days))
    }

    /// Begins a session of an account that has shown who it is.
    ///
    /// # Errors
    /// `INVALID_CREDENTIALS` when the account is not in use any more, or its password was changed since `account` was read;
    /// `SERVICE_UNAVAILABLE`.
    pub async fn begin_session(
        &self,
        account: &user::Model,
        method: LoginMethod,
        origin: &Origin,
    ) -> Result<Session, ApiError> {
        let now = clock::now();
        let id = account.account();
        let past = logins::past(self.ledger.connection(), id, origin, now).await?;
        let token = self.new_token(account, Lineage::begin(), origin, now);
        let is_suspicious = is_suspicious(&past, now);
        let attempt = Attempt { account: Some(id), origin, method, failure: None, is_suspicious, at: now };
        let begin = async |change: Transaction| {
            let current = users::lock(&change, id).await?;
            let is_same = |row: &user::Model| is_active(row) && row.password_hash == account.password_hash;
            let Some(current) = current.filter(is_same) else { return Ok(None) };
            tokens::insert(&change, to_insert(&token)).await?;
            logins::insert(change.connection(), &attempt).await?;
            users::set(&change, id, logged_in(now), now).await?;
            change.commit().await?;
            Ok(Some(current))
        };
        match self.ledger.change(begin).await? {
            Some(current) => {
                metrics::counter!("onsale_logins_total", "outcome" => "success").increment(1);
                self.session(&current, &token, now)
            }
            None => Err(wrong()),
        }
    }

    /// Keeps an attempt that failed. What cannot be kept is logged: the answer stays the same, and so does its time.
    async fn keep_failure(&self, account: Option<AccountId>, origin: &Origin, failure: LoginFailure) {
        metrics::counter!("onsale_logins_total", "outcome" => failure.as_str()).increment(1);
        let (method, at) = (LoginMethod::Email, clock::now());
        let attempt = Attempt { account, origin, method, failure: Some(failure), is_suspicious: false, at };
        if let Err(error) = logins::insert(self.ledger.connection(), &attempt).await {
            tracing::warn!(%error, "a failed log-in cannot be kept in the history");
        }
    }

    async fn keep_robot(&self, email: &EmailAddress, origin: &Origin, code: ErrorCode) {
        let failure = match code {
            ErrorCode::RecaptchaFailed => LoginFailure::RecaptchaFailed,
            _ => LoginFailure::RecaptchaServiceError,
        };
        let account = self.by_email(email).await.ok().flatten().map(|row| row.account());
        self.keep_failure(account, origin, failure).await;
    }

    /// Notes that an account sleeps. Its sessions end.
    pub(crate) async fn put_to_sleep(&self, id: AccountId) -> Result<bool, ApiError> {
        let now = clock::now();
        let days = self.settings.dormant_after_days;
        let sleep = async |change: Transaction| {
            let Some(row) = users::lock(&change, id).await? else { return Ok(false) };
            if !is_active(&row) || row.standing()?.status_at(now, days) != AccountStatus::Dormant {
                return Ok(false);
            }
            let status = Set(AccountStatus::Dormant.as_str().to_owned());
            users::set(&change, id, user::ActiveModel { status, ..Default::default() }, now).await?;
            tokens::end_all(&change, id, None, now).await?;
            change.commit().await?;
            Ok(true)
        };
        let has_changed = self.ledger.change(sleep).await?;
        if has_changed {
            self.blacklist_ended(id).await;
        }
        Ok(has_changed)
    }

    /// Hashes a password anew whose hash was made with another cost: an old cost would stay for ever, and a higher one would take
    /// longer than strangers' do. A full queue puts it off.
    async fn with_fresh_hash(
        &self,
        account: user::Model,
        credentials: &Credentials,
        origin: &Origin,
    ) -> Result<user::Model, ApiError> {
        let is_outdated = account.password_hash.as_deref().is_some_and(|hash| self.hashing.is_outdated(hash));
        let Ok(password) = Password::parse(&credentials.password) else { return Ok(account) };
        if !is_outdated {
            return Ok(account);
        }
        let Ok(hash) = self.hashing.hash(&self.share(origin, &credentials.email), &password).await else {
            return Ok(account);
        };
        let stored = self.replace_hash(&account, &hash).await?;
        Ok(if stored { user::Model { password_hash: Some(hash), ..account } } else { account })
    }

    async fn replace_hash(&self, account: &user::Model, hash: &str) -> Result<bool, LedgerError> {
        let replace = async |change: Transaction| {
            let id = account.account();
            let current = users::lock(&change, id).await?;
            if current.is_none_or(|row| row.password_hash != account.password_hash) {
                return Ok(false);
            }
            let columns = user::ActiveModel { password_hash: Set(Some(hash.to_owned())), ..Default::default() };
            users::set(&change, id, columns, clock::now()).await?;
            change.commit().await?;
            Ok(true)
        };
        self.ledger.change(replace).await
    }
}

fn logged_in(now: Timestamp) -> user::ActiveModel {
    user::ActiveModel { last_login_at: Set(Some(stored(now))), ..Default::default() }
}
