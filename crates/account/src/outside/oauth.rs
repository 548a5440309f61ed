//! Log-in with a social account: OAuth 2 with PKCE, at Kakao, Naver and Google.
//!
//! The three differ in their profiles and in how they say no; the rest is RFC 6749. Whoever keeps state and verifier
//! between the two halves ties them to one browser.

use super::http::{Answer, ClientFault, FORM, NoAnswer, answer, client, form};
use oauth2::basic::BasicClient;
use oauth2::{AuthUrl, ClientId, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope};
use reqwest::Client;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use serde_json::Value;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Longest wait for one answer: a person looks at an empty page meanwhile.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Longest code and token in bytes.
const SECRET_BYTES_MAX: usize = 8_192;
/// Longest subject in bytes: the column's width.
const SUBJECT_BYTES_MAX: usize = 255;
/// Longest e-mail address in bytes (contract, "Accounts").
const EMAIL_BYTES_MAX: usize = 254;
/// What a provider says about this person's try, and not about us.
const THEIR_REFUSALS: [&str; 3] = ["invalid_grant", "invalid_request", "access_denied"];

/// The providers, by their words in addresses and rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OauthProvider {
    /// Kakao.
    Kakao,
    /// Naver.
    Naver,
    /// Google.
    Google,
}

impl OauthProvider {
    /// All providers.
    pub const ALL: [Self; 3] = [Self::Kakao, Self::Naver, Self::Google];

    /// As written in addresses: `kakao`, `naver`, `google`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kakao => "kakao",
            Self::Naver => "naver",
            Self::Google => "google",
        }
    }

    /// What we ask to see (contract, "Accounts": the redirect has a `scope`).
    const fn scope(self) -> &'static str {
        match self {
            Self::Kakao => "account_email",
            // Naver's console says what an application may see, and its log-in passes over this.
            Self::Naver => "email",
            Self::Google => "openid email",
        }
    }
}

impl fmt::Display for OauthProvider {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// No provider has that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be kakao, naver or google")]
pub struct UnknownProvider;

impl FromStr for OauthProvider {
    type Err = UnknownProvider;

    fn from_str(text: &str) -> Result<Self, UnknownProvider> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == text).ok_or(UnknownProvider)
    }
}

/// Our registration at one provider, and its addresses.
#[derive(Clone)]
pub struct OauthSettings {
    /// `user.oauth.<provider>.client_id`.
    pub client_id: String,
    /// `user.oauth.<provider>.client_secret`.
    pub client_secret: String,
    /// `user.oauth.<provider>.authorize_url`: where the browser goes.
    pub authorize_url: String,
    /// `user.oauth.<provider>.token_url`: where a code becomes a token.
    pub token_url: String,
    /// `user.oauth.<provider>.profile_url`: where a token tells its person.
    pub profile_url: String,
}

impl fmt::Debug for OauthSettings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = out.debug_struct("OauthSettings");
        shown.field("client_id", &self.client_id).field("authorize_url", &self.authorize_url).finish_non_exhaustive()
    }
}

impl OauthSettings {
    /// A registration at the provider itself.
    pub fn of(provider: OauthProvider, client_id: String, client_secret: String) -> Self {
        let [authorize_url, token_url, profile_url] = match provider {
            OauthProvider::Kakao => [
                "https://kauth.kakao.com/oauth/authorize",
                "https://kauth.kakao.com/oauth/token",
                "https://kapi.kakao.com/v2/user/me",
            ],
            OauthProvider::Naver => [
                "https://nid.naver.com/oauth2.0/authorize",
                "https://nid.naver.com/oauth2.0/token",
                "https://openapi.naver.com/v1/nid/me",
            ],
            OauthProvider::Google => [
                "https://accounts.google.com/o/oauth2/v2/auth",
                "https://oauth2.googleapis.com/token",
                "https://openidconnect.googleapis.com/v1/userinfo",
            ],
        }
        .map(str::to_owned);
        Self { client_id, client_secret, authorize_url, token_url, profile_url }
    }
}

/// Why a provider named nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OauthFault {
    /// The provider refuses the code or the token: used, too old, or not its own.
    #[error("the provider refused")]
    Refused,
    /// The provider did not say: it is away, slow, refuses our registration, or answered something else.
    #[error("the provider did not answer")]
    Unavailable,
}

/// A token of a person at a provider. It is used once, and kept nowhere.
pub struct OauthToken(String);

impl fmt::Debug for OauthToken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("OauthToken")
    }
}

/// A person as a provider knows them.
#[derive(Clone, PartialEq, Eq)]
pub struct SocialPerson {
    /// The provider's own id of the person, which never changes.
    pub subject: String,
    /// The e-mail address, where the person lets us see it. Somebody else may have had it before: it links nobody.
    pub email: Option<String>,
    /// Whether the provider says that the address is this person's.
    pub is_email_verified: bool,
}

/// It holds personal data, so it tells nothing in a log.
impl fmt::Debug for SocialPerson {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SocialPerson").finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Option<String>,
    error: Option<String>,
}

/// A provider with our registration. Cheap to clone.
#[derive(Clone)]
pub struct OauthClient {
    client: Client,
    provider: OauthProvider,
    settings: OauthSettings,
}

impl OauthClient {
    /// The provider with these settings.
    ///
    /// # Errors
    /// [`ClientFault`].
    pub fn new(provider: OauthProvider, settings: OauthSettings) -> Result<Self, ClientFault> {
        Ok(Self { client: client(TIMEOUT)?, provider, settings })
    }

    /// Which provider.
    pub fn provider(&self) -> OauthProvider {
        self.provider
    }

    /// A fresh PKCE verifier: kept beside the state, and shown with the code.
    pub fn new_verifier() -> String {
        PkceCodeChallenge::new_random_sha256().1.secret().clone()
    }

    /// Where the browser goes. `redirect_uri` is our callback, as registered; `state` comes back with it.
    ///
    /// # Errors
    /// [`OauthFault::Unavailable`] when an address of the settings is none.
    pub fn authorize_url(&self, redirect_uri: &str, state: &str, verifier: &str) -> Result<String, OauthFault> {
        let unusable = |_| {
            tracing::error!(provider = %self.provider, "an address of this provider cannot be used; see user.oauth");
            OauthFault::Unavailable
        };
        let there = AuthUrl::new(self.settings.authorize_url.clone()).map_err(unusable)?;
        let back = RedirectUrl::new(redirect_uri.to_owned()).map_err(unusable)?;
        let client = BasicClient::new(ClientId::new(self.settings.client_id.clone()));
        let client = client.set_auth_uri(there).set_redirect_uri(back);
        let verifier = PkceCodeVerifier::new(verifier.to_owned());
        let request = client
            .authorize_url(|| CsrfToken::new(state.to_owned()))
            .add_scope(Scope::new(self.provider.scope().to_owned()))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        Ok(request.url().0.into())
    }

    /// Makes a token of the code that came back. A code counts once.
    ///
    /// # Errors
    /// [`OauthFault`].
    pub async fn exchange(
        &self,
        code: &str,
        state: &str,
        redirect_uri: &str,
        verifier: &str,
    ) -> Result<OauthToken, OauthFault> {
        if code.is_empty() || code.len() > SECRET_BYTES_MAX {
            return Err(OauthFault::Refused);
        }
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("client_id", &self.settings.client_id),
            ("client_secret", &self.settings.client_secret),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ];
        if self.provider == OauthProvider::Naver {
            fields.push(("state", state));
        }
        let request = self.client.post(&self.settings.token_url).header(CONTENT_TYPE, FORM).body(form(&fields));
        self.told("token", answer(request.header(ACCEPT, "application/json")).await.and_then(|it| self.token(&it)))
    }

    /// The person of a token.
    ///
    /// # Errors
    /// [`OauthFault`].
    pub async fn profile(&self, token: &OauthToken) -> Result<SocialPerson, OauthFault> {
        let Ok(mut bearer) = HeaderValue::from_str(&format!("Bearer {}", token.0)) else {
            return self.told("profile", Err(NoAnswer::Nonsense));
        };
        bearer.set_sensitive(true);
        let request = self.client.get(&self.settings.profile_url).header(AUTHORIZATION, bearer);
        self.told("profile", answer(request).await.and_then(|answer| self.person(&answer)))
    }

    fn told<T>(&self, part: &str, told: Result<Result<T, OauthFault>, NoAnswer>) -> Result<T, OauthFault> {
        told.unwrap_or_else(|why| {
            tracing::warn!(%why, provider = %self.provider, part, "a provider of social log-in did not answer");
            Err(OauthFault::Unavailable)
        })
    }

    /// Naver says no with status 200, so the body decides.
    fn token(&self, answer: &Answer) -> Result<Result<OauthToken, OauthFault>, NoAnswer> {
        let told: TokenAnswer = answer.json()?;
        match (told.access_token, told.error) {
            (Some(token), None) if answer.status.is_success() => {
                let is_usable = !token.is_empty() && token.len() <= SECRET_BYTES_MAX;
                if is_usable { Ok(Ok(OauthToken(token))) } else { Err(NoAnswer::Nonsense) }
            }
            (None, Some(error)) if THEIR_REFUSALS.contains(&error.as_str()) => Ok(Err(OauthFault::Refused)),
            (None, Some(error)) => {
                // Only words of RFC 6749 are repeated.
                let error = ["invalid_client", "unauthorized_client"].into_iter().find(|known| *known == error);
                let error = error.unwrap_or("another");
                tracing::error!(provider = %self.provider, error, "a provider refuses our registration; see user.oauth");
                Err(NoAnswer::Nonsense)
            }
            _ => Err(NoAnswer::Nonsense),
        }
    }

    fn person(&self, answer: &Answer) -> Result<Result<SocialPerson, OauthFault>, NoAnswer> {
        if answer.status == reqwest::StatusCode::UNAUTHORIZED {
            return Ok(Err(OauthFault::Refused));
        }
        if !answer.status.is_success() {
            return Err(NoAnswer::Nonsense);
        }
        let profile: Value = answer.json()?;
        let (subject, email, is_email_verified) = match self.provider {
            OauthProvider::Kakao => {
                let account = &profile["kakao_account"];
                let is_verified = account["is_email_verified"] == true && account["is_email_valid"] != false;
                (&profile["id"], &account["email"], is_verified)
            }
            OauthProvider::Naver if profile["resultcode"] == "00" => {
                let response = &profile["response"];
                // Naver says nothing about the address.
                (&response["id"], &response["email"], false)
            }
            OauthProvider::Naver => return Err(NoAnswer::Nonsense),
            OauthProvider::Google => (&profile["sub"], &profile["email"], profile["email_verified"] == true),
        };
        let subject = subject_of(subject).ok_or(NoAnswer::Nonsense)?;
        let email = text_of(email, EMAIL_BYTES_MAX);
        Ok(Ok(SocialPerson { subject, is_email_verified: is_email_verified && email.is_some(), email }))
    }
}

/// Kakao's ids are numbers, the others' are texts.
fn subject_of(value: &Value) -> Option<String> {
    value.as_u64().map(|number| number.to_string()).or_else(|| text_of(value, SUBJECT_BYTES_MAX))
}

fn text_of(value: &Value, bytes_max: usize) -> Option<String> {
    let text = value.as_str().filter(|text| !text.trim().is_empty() && text.len() <= bytes_max)?;
    (!text.contains(char::is_control)).then(|| text.to_owned())
}
