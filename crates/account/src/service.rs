//! The parts that all use cases share.

use crate::email_code::EmailCodes;
use crate::hashing::{HashQueue, HashQueueFault, HashSettings, Share};
use crate::mails::{Mails, Shows, TicketMailParts, UserReservationGroup};
use crate::origin::Origin;
use crate::outside::{
    ClientFault, Identity, IdentityFault, IdentityVerifier, Mailer, MailerFault, OauthClient, Recaptcha, RecaptchaFault,
};
use crate::personal::{PersonalField, PersonalKeyFault, PersonalKeys};
use crate::rows::entities::user;
use crate::rows::{users, verifications};
use crate::settings::Settings;
use access::{Person, TokenKeys};
use bus::{Handler, Places};
use domain::account::{AccountStatus, EmailAddress};
use domain::{AccountId, ErrorCode};
use hot::KeyPort;
use ledger::Ledger;
use onsale_http::ApiError;
use std::sync::Arc;
use tokio::sync::Notify;

/// The user role. Cheap to clone.
#[derive(Clone)]
pub struct AccountService {
    /// The tables.
    pub ledger: Ledger,
    /// The hot state: blacklist, codes, states.
    pub keys: Arc<dyn KeyPort>,
    /// Signs and reads tokens.
    pub tokens: TokenKeys,
    /// Encrypts and finds personal data.
    pub personal: PersonalKeys,
    /// Hashes passwords.
    pub hashing: HashQueue,
    /// Tells people from robots.
    pub recaptcha: Recaptcha,
    /// Finds out who somebody is.
    pub identity: IdentityVerifier,
    /// Sends mails that are owed.
    pub mailer: Mailer,
    /// Sends mails that run out soon.
    pub mails: Mails,
    /// Codes by mail.
    pub codes: EmailCodes,
    /// The providers that somebody may log in with.
    pub oauth: Arc<[OauthClient]>,
    /// The settings.
    pub settings: Arc<Settings>,
    /// What mails about reservations need.
    pub(crate) ticket_mails: TicketMailParts,
    /// The names of shows.
    pub(crate) shows: Shows,
    /// Notified when a mail is owed.
    pub(crate) owed: Arc<Notify>,
    /// Notified when access tokens wait to be blacklisted.
    pub(crate) ended: Arc<Notify>,
}

/// Why the service cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenFault {
    /// A key of personal data.
    #[error(transparent)]
    Keys(#[from] PersonalKeyFault),
    /// The queue of password hashes.
    #[error(transparent)]
    Hashing(#[from] HashQueueFault),
    /// A client of another company's service.
    #[error(transparent)]
    Client(#[from] ClientFault),
    /// The mail server.
    #[error(transparent)]
    Mailer(#[from] MailerFault),
}

impl AccountService {
    /// Opens the service. Hashes one password before it returns, and calls nobody.
    ///
    /// # Errors
    /// [`OpenFault`].
    pub fn open(
        settings: Settings,
        ledger: Ledger,
        keys: Arc<dyn KeyPort>,
        tokens: TokenKeys,
    ) -> Result<Self, OpenFault> {
        let personal = personal_keys(&settings)?;
        let hashing = HashSettings {
            cost: settings.bcrypt_cost,
            waiting_max: settings.hash_queue,
            threads: settings.hash_threads,
        };
        let mailer = Mailer::new(&settings.mail)?;
        let mails = Mails::new(mailer.clone());
        let oauth = settings.oauth.iter().map(|(provider, settings)| OauthClient::new(*provider, settings.clone()));
        Ok(Self {
            ledger,
            codes: EmailCodes::new(keys.clone(), personal.clone(), mails.clone()),
            keys,
            tokens,
            personal,
            hashing: HashQueue::start(hashing)?,
            recaptcha: Recaptcha::new(&settings.recaptcha)?,
            identity: IdentityVerifier::new(&settings.identity)?,
            mailer,
            mails,
            oauth: oauth.collect::<Result<_, _>>()?,
            settings: Arc::new(settings),
            ticket_mails: TicketMailParts::default(),
            shows: Shows::default(),
            owed: Arc::default(),
            ended: Arc::default(),
        })
    }

    /// The same, with what mails about reservations need: who is asked, and where mails are set aside that could not be sent.
    #[must_use]
    pub fn with_ticket_mails(self, parts: TicketMailParts) -> Self {
        Self { shows: Shows::new(parts.catalog.clone()), ticket_mails: parts, ..self }
    }

    /// The consumer of messages about reservations and payments.
    pub fn handlers(&self, places: Places) -> Vec<Arc<dyn Handler>> {
        vec![Arc::new(UserReservationGroup::new(self.clone(), places))]
    }

    /// Asks whether a token is a person's: the first gate of everything that strangers may call.
    ///
    /// # Errors
    /// `RECAPTCHA_FAILED`, `RECAPTCHA_UNAVAILABLE`.
    pub async fn check_human(&self, token: &str, origin: &Origin) -> Result<(), ApiError> {
        self.recaptcha.check(token, origin.ip).await.map_err(|fault| match fault {
            RecaptchaFault::Failed => ErrorCode::RecaptchaFailed.into(),
            RecaptchaFault::Unavailable => ErrorCode::RecaptchaUnavailable.into(),
        })
    }

    /// Who was verified. A verification counts once.
    ///
    /// # Errors
    /// `PORTONE_VERIFICATION_TIMEOUT`, `PORTONE_VERIFICATION_FAILED`, `PORTONE_UNAVAILABLE`, `SERVICE_UNAVAILABLE`.
    pub async fn identified(&self, verification: &str) -> Result<Identity, ApiError> {
        if verification.chars().count() > verifications::ID_LENGTH_MAX {
            return Err(ErrorCode::PortoneVerificationFailed.into());
        }
        let identity = self.identity.verified(verification).await.map_err(|fault| match fault {
            IdentityFault::Pending => ErrorCode::PortoneVerificationTimeout,
            IdentityFault::Failed => ErrorCode::PortoneVerificationFailed,
            IdentityFault::Unavailable => ErrorCode::PortoneUnavailable,
        })?;
        if verifications::is_used(&self.ledger, verification).await? {
            return Err(ErrorCode::PortoneVerificationFailed.into());
        }
        Ok(identity)
    }

    /// The account of a person whose token was good. A deleted or sleeping account's tokens are dead, also where the
    /// blacklist was lost.
    ///
    /// # Errors
    /// `INVALID_TOKEN`, `SERVICE_UNAVAILABLE`.
    pub async fn account(&self, person: &Person) -> Result<user::Model, ApiError> {
        let row = users::get(self.ledger.connection(), person.id).await?;
        row.filter(is_active).ok_or_else(|| ErrorCode::InvalidToken.into())
    }

    /// The account with an e-mail address.
    pub(crate) async fn by_email(&self, email: &EmailAddress) -> Result<Option<user::Model>, ApiError> {
        Ok(users::by_email(self.ledger.connection(), &self.personal.email_hash(email)).await?)
    }

    /// The share of the hashing queue of a caller and an account.
    pub(crate) fn share(&self, origin: &Origin, email: &EmailAddress) -> Share {
        Share { network: origin.network.clone(), account: self.personal.email_hash(email) }
    }

    /// What fingerprints of calls are keyed with: a body may be one of so few that somebody tries them all (AUTH-021).
    pub fn call_secret(&self) -> String {
        self.personal.hash("call", "")
    }

    /// A value of an account in the clear; `None` where it has none.
    pub(crate) fn opened(
        &self,
        field: PersonalField,
        account: AccountId,
        stored: Option<&str>,
    ) -> Result<Option<String>, ApiError> {
        Ok(stored.map(|stored| self.personal.open(field, account, stored)).transpose()?)
    }
}

/// The keys of personal data of these settings: for the commands, too.
///
/// # Errors
/// [`PersonalKeyFault`].
pub fn personal_keys(settings: &Settings) -> Result<PersonalKeys, PersonalKeyFault> {
    let Settings { personal_data_key, personal_data_key_previous, lookup_key, .. } = settings;
    PersonalKeys::new(personal_data_key, personal_data_key_previous, lookup_key)
}

pub(crate) fn is_active(row: &user::Model) -> bool {
    row.status == AccountStatus::Active.as_str()
}
