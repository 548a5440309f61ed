//! Log-in by another provider: Kakao, Naver, Google (AUTH-007).
//!
//! ```text
//! begin:    state, verifier, what for, where to -> hot state, ten minutes; the browser gets the state's other half
//! callback: state known? -> this provider's? -> this browser's? -> first to come? -> code -> person
//!           person linked? log in : say so          (to link) nobody else's? link
//! ```
//!
//! A person is known by the provider's own id alone. An address that two accounts share links nothing: whoever can get an
//! address at a provider would get the account.

use crate::origin::Origin;
use crate::outside::{OauthClient, OauthFault, OauthProvider, SocialPerson};
use crate::pairs::Session;
use crate::personal::PersonalKeys;
use crate::rows::entities::user;
use crate::rows::logins::{self, Attempt};
use crate::rows::social::{self, Link};
use crate::rows::users;
use crate::service::{AccountService, is_active};
use crate::views::social::{LinkedProvider, LinkedView};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::account::{AccountStatus, EmailAddress, LoginFailure, LoginMethod, ReturnUrl};
use domain::{AccountId, ErrorCode};
use hot::KeyPort;
use ledger::{Ledger, LedgerError, Transaction, calls};
use onsale_http::ApiError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// How long a log-in may take, in milliseconds.
pub const STATE_MS: u64 = 600_000;
/// Random bytes of a state and of its other half.
const RANDOM_BYTES: usize = 32;
/// Longest state that is looked for; ours have 43 bytes.
const STATE_BYTES_MAX: usize = 128;

/// What somebody goes to a provider for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To log in.
    LogIn,
    /// To link this account, whose person is logged in.
    Link(AccountId),
}

/// A log-in that has begun.
#[derive(Debug)]
pub struct Begun {
    /// Where the browser goes.
    pub location: String,
    /// What the browser keeps: without it the state is foreign.
    pub binding: String,
}

/// What came back with the browser.
#[derive(Debug)]
pub struct Returned<'a> {
    /// The parameter `state`.
    pub state: Option<&'a str>,
    /// The parameter `code`; none where the person or the provider refused.
    pub code: Option<&'a str>,
    /// What the browser keeps of log-ins that it has begun.
    pub bindings: &'a [&'a str],
}

/// How a log-in ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The person has this account.
    Known {
        /// The account; whether it may log in now is not decided here.
        account: AccountId,
        /// Where to.
        to: ReturnUrl,
        /// The half of the state that is used up.
        binding: String,
    },
    /// The account is linked now.
    Linked {
        /// Where to.
        to: ReturnUrl,
        /// The half of the state that is used up.
        binding: String,
    },
    /// No account is linked to the person.
    Nobody,
    /// The person or the provider refused.
    Refused,
    /// The provider did not answer.
    Away,
}

/// A state, as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    provider: String,
    return_url: String,
    verifier: String,
    /// SHA-256 of what the browser keeps.
    binding_hash: String,
    /// The account to link; none to log in.
    #[serde(default)]
    account: Option<AccountId>,
    /// Keyed hash of what the account's password was: another one has ended the session that began.
    #[serde(default)]
    password: Option<String>,
}

/// The log-ins under way. Cheap to clone.
#[derive(Clone)]
pub struct Social(Arc<Parts>);

struct Parts {
    keys: Arc<dyn KeyPort>,
    ledger: Ledger,
    personal: PersonalKeys,
    clients: Arc<[OauthClient]>,
    public_url: String,
}

/// Shows no key.
impl std::fmt::Debug for Social {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_list().entries(self.0.clients.iter().map(OauthClient::provider)).finish()
    }
}

impl Social {
    /// Log-ins by the providers of the service. The callback's address begins with `http.public_url`.
    pub fn of(accounts: &AccountService) -> Self {
        Self(Arc::new(Parts {
            keys: accounts.keys.clone(),
            ledger: accounts.ledger.clone(),
            personal: accounts.personal.clone(),
            clients: accounts.oauth.clone(),
            public_url: accounts.settings.public_url.trim_end_matches('/').to_owned(),
        }))
    }

    /// Begins a log-in.
    ///
    /// # Errors
    /// `NOT_FOUND` for a provider that there is not, or that is not configured; `SOCIAL_ALREADY_LINKED` where the account has
    /// a link at the provider; `UNAUTHORIZED` for an account that there is not; `SERVICE_UNAVAILABLE`.
    pub async fn begin(&self, provider: &str, purpose: Purpose, to: &ReturnUrl) -> Result<Begun, ApiError> {
        let client = self.client(provider)?;
        let account = match purpose {
            Purpose::LogIn => None,
            Purpose::Link(account) => Some(account),
        };
        let password = match account {
            None => None,
            Some(account) => {
                let row = users::get(self.0.ledger.connection(), account).await?;
                Some(self.password_mark(&row.ok_or(ErrorCode::Unauthorized)?))
            }
        };
        if let Some(account) = account
            && social::is_linked(&self.0.ledger, account, method(client.provider()).as_str()).await?
        {
            return Err(ErrorCode::SocialAlreadyLinked.into());
        }
        let (state, binding) = (random()?, random()?);
        let verifier = OauthClient::new_verifier();
        let location = client.authorize_url(&self.callback(client), &state, &verifier);
        let location = location.map_err(|_| ErrorCode::ServiceUnavailable)?;
        let kept = Kept {
            provider: client.provider().as_str().to_owned(),
            return_url: to.as_str().to_owned(),
            verifier,
            binding_hash: hashed(&binding),
            account,
            password,
        };
        let kept = serde_json::to_vec(&kept).map_err(ApiError::internal)?;
        self.0.keys.put(vec![(name(&state), kept)], STATE_MS, clock::now()).await?;
        Ok(Begun { location, binding })
    }

    /// Ends a log-in.
    ///
    /// # Errors
    /// `NOT_FOUND` as [`Social::begin`]; `OAUTH_STATE_INVALID` for a state that is missing, was not begun in this browser or at
    /// this provider, or was used; `SOCIAL_ALREADY_LINKED` where the person is linked to another account, or the account to
    /// another person; `UNAUTHORIZED` where the account to link is not in use any more, or has another password since;
    /// `SERVICE_UNAVAILABLE`.
    pub async fn end(&self, provider: &str, returned: &Returned<'_>) -> Result<Ended, ApiError> {
        let client = self.client(provider)?;
        let invalid = || ApiError::from(ErrorCode::OauthStateInvalid);
        let is_ours = |state: &&str| !state.is_empty() && state.len() <= STATE_BYTES_MAX;
        let state = returned.state.filter(is_ours).ok_or_else(invalid)?;
        let (kept, binding) = self.take(client, state, returned.bindings).await?.ok_or_else(invalid)?;
        let Some(code) = returned.code.filter(|code| !code.is_empty()) else { return Ok(Ended::Refused) };
        let person = match self.person(client, code, state, &kept.verifier).await {
            Ok(person) => person,
            Err(OauthFault::Refused) => return Ok(Ended::Refused),
            Err(OauthFault::Unavailable) => return Ok(Ended::Away),
        };
        let to = ReturnUrl::read(Some(&kept.return_url));
        let subject = self.subject(client.provider(), &person);
        if let Some(account) = kept.account {
            let link = self.link_of(account, client.provider(), subject, &person);
            self.link(link, kept.password.as_deref()).await?;
            return Ok(Ended::Linked { to, binding });
        }
        let known = social::account_of(&self.0.ledger, method(client.provider()).as_str(), &subject).await?;
        Ok(known.map_or(Ended::Nobody, |account| Ended::Known { account, to, binding }))
    }

    /// Where the account is linked.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn linked(&self, account: AccountId) -> Result<LinkedView, ApiError> {
        let links = social::of_account(&self.0.ledger, account).await?.into_iter();
        let list = links.map(|(provider, linked_at)| LinkedProvider { provider: provider.to_lowercase(), linked_at });
        Ok(LinkedView { list: list.collect() })
    }

    /// Takes the account's link at a provider away.
    ///
    /// # Errors
    /// `NOT_FOUND` for a provider that there is not, and where nothing is linked; `SERVICE_UNAVAILABLE`.
    pub async fn unlink(&self, provider: &str, account: AccountId) -> Result<(), ApiError> {
        let provider: OauthProvider = provider.parse().map_err(|_| ErrorCode::NotFound)?;
        if call::is_done() {
            return Ok(());
        }
        let remove = async |change: Transaction| {
            let was_linked = social::remove(&change, account, method(provider).as_str()).await?;
            if was_linked {
                calls::settle(&change, None).await?;
            }
            change.commit().await?;
            Ok(was_linked)
        };
        if self.0.ledger.change(remove).await? { Ok(()) } else { Err(ErrorCode::NotFound.into()) }
    }

    fn client(&self, provider: &str) -> Result<&OauthClient, ApiError> {
        let client = self.0.clients.iter().find(|client| client.provider().as_str() == provider);
        client.ok_or_else(|| ErrorCode::NotFound.into())
    }

    fn callback(&self, client: &OauthClient) -> String {
        format!("{}/auth/oauth2/{}/callback", self.0.public_url, client.provider())
    }

    /// Takes a state that this browser has begun at this provider. It is judged before it is used up: whoever has only heard
    /// of the state cannot spoil it.
    async fn take(
        &self,
        client: &OauthClient,
        state: &str,
        bindings: &[&str],
    ) -> Result<Option<(Kept, String)>, ApiError> {
        let (keys, now, name) = (&self.0.keys, clock::now(), name(state));
        let kept = keys.get(std::slice::from_ref(&name), now).await?.pop().flatten();
        let kept = kept.and_then(|bytes| serde_json::from_slice::<Kept>(&bytes).ok());
        let Some(kept) = kept.filter(|kept| kept.provider == client.provider().as_str()) else { return Ok(None) };
        let is_half = |binding: &&&str| hashed(binding).as_bytes().ct_eq(kept.binding_hash.as_bytes()).into();
        let Some(binding) = bindings.iter().find(is_half).map(|binding| (*binding).to_owned()) else { return Ok(None) };
        // Of two that come back with it the first has it. The mark outlives the state.
        let used = vec![(format!("{name}:used"), Vec::new())];
        if !keys.claim(used, STATE_MS, now).await?.contains(&true) {
            return Ok(None);
        }
        keys.remove(&[name]).await?;
        Ok(Some((kept, binding)))
    }

    async fn person(
        &self,
        client: &OauthClient,
        code: &str,
        state: &str,
        verifier: &str,
    ) -> Result<SocialPerson, OauthFault> {
        let token = client.exchange(code, state, &self.callback(client), verifier).await?;
        client.profile(&token).await
    }

    fn subject(&self, provider: OauthProvider, person: &SocialPerson) -> String {
        self.0.personal.hash("social", &format!("{provider}:{}", person.subject))
    }

    /// A mark of an account's password, kept while its person is at a provider.
    fn password_mark(&self, row: &user::Model) -> String {
        self.0.personal.hash("oauth link", row.password_hash.as_deref().unwrap_or_default())
    }

    fn link_of(&self, account: AccountId, provider: OauthProvider, subject: String, person: &SocialPerson) -> Link {
        let email = person.email.as_deref().and_then(|email| EmailAddress::parse(email).ok());
        let email_hash = email.map(|email| self.0.personal.email_hash(&email));
        Link { account, provider: method(provider).as_str(), subject, email_hash }
    }

    /// `password`: the mark of the password that the account had when the link was begun.
    async fn link(&self, link: Link, password: Option<&str>) -> Result<(), ApiError> {
        let insert = async |change: Transaction| {
            // Locked: nobody deletes the account meanwhile, or changes its password. Another password ends the sessions before
            // it, and so what they began: whoever had stolen one would come in by a provider from then on.
            let row = users::lock(&change, link.account).await?;
            let is_same = |row: &user::Model| is_active(row) && password == Some(self.password_mark(row).as_str());
            if !row.as_ref().is_some_and(is_same) {
                return Ok(false);
            }
            social::insert(&change, &link, clock::now()).await?;
            change.commit().await?;
            Ok(true)
        };
        match self.0.ledger.change(insert).await {
            Ok(true) => Ok(()),
            // Deleted, or with another password, while its person was away.
            Ok(false) => Err(ErrorCode::Unauthorized.into()),
            Err(LedgerError::Conflict(_)) => self.settle_conflict(&link).await,
            Err(error) => Err(error.into()),
        }
    }

    /// The same link twice is one link: its person has come back from the provider twice.
    async fn settle_conflict(&self, link: &Link) -> Result<(), ApiError> {
        let owner = social::account_of(&self.0.ledger, link.provider, &link.subject).await?;
        if owner == Some(link.account) { Ok(()) } else { Err(ErrorCode::SocialAlreadyLinked.into()) }
    }
}

impl AccountService {
    /// Begins a session of an account whose person a provider knows; or why not, which the history keeps.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn log_in_known(
        &self,
        account: AccountId,
        method: LoginMethod,
        origin: &Origin,
    ) -> Result<Result<Session, LoginFailure>, ApiError> {
        let row = users::get(self.ledger.connection(), account).await?;
        let refused = match &row {
            None => return Ok(Err(LoginFailure::AccountDeleted)),
            Some(row) => match self.status(row)? {
                AccountStatus::Active => None,
                AccountStatus::Dormant => Some(LoginFailure::AccountDormant),
                AccountStatus::Deleted => Some(LoginFailure::AccountDeleted),
            },
        };
        let (Some(row), None) = (&row, refused) else {
            if refused == Some(LoginFailure::AccountDormant) {
                self.put_to_sleep(account).await?;
            }
            let (failure, at) = (refused.unwrap_or(LoginFailure::AccountDeleted), clock::now());
            let attempt =
                Attempt { account: Some(account), origin, method, failure: Some(failure), is_suspicious: false, at };
            logins::insert(self.ledger.connection(), &attempt).await?;
            metrics::counter!("onsale_logins_total", "outcome" => failure.as_str()).increment(1);
            return Ok(Err(failure));
        };
        match self.begin_session(row, method, origin).await {
            // Deleted, or its password changed, at this very moment.
            Err(error) if error.code == ErrorCode::InvalidCredentials => Ok(Err(LoginFailure::AccountDeleted)),
            begun => begun.map(Ok),
        }
    }
}

/// How a log-in by a provider is called in the tables.
pub fn method(provider: OauthProvider) -> LoginMethod {
    match provider {
        OauthProvider::Kakao => LoginMethod::Kakao,
        OauthProvider::Naver => LoginMethod::Naver,
        OauthProvider::Google => LoginMethod::Google,
    }
}

fn name(state: &str) -> String {
    format!("oauth:state:{state}")
}

fn hashed(binding: &str) -> String {
    hex::encode(Sha256::digest(binding))
}

fn random() -> Result<String, ApiError> {
    let mut bytes = [0; RANDOM_BYTES];
    getrandom::fill(&mut bytes).map_err(ApiError::internal)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
