//! What the roles about people are opened with: the secret of tokens, the keys of personal data, the address of the site.

use super::sandbox::SandboxPlace;
use super::secrets;
use crate::config::accounts::{OauthProvider as ProviderConfig, User};
use crate::config::{Config, HotEngine};
use access::TokenKeys;
use access::session_cookies::SessionCookies;
use account::outside::{IdentitySettings, MailSettings, OauthProvider, OauthSettings, RecaptchaSettings};
use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::path::Path;
use std::time::Duration;

/// Files in the data folder with what was made.
pub const JWT_FILE: &str = "jwt.secret";
/// The key that encrypts personal data.
pub const PERSONAL_FILE: &str = "personal.key";
/// The key of the hashes by which personal data is found.
pub const LOOKUP_FILE: &str = "lookup.key";

/// Longest wait for an answer about an identity.
const IDENTITY_TIMEOUT: Duration = Duration::from_secs(10);
/// Where no mail server is set: nobody listens there, so mails are tried and given up, each with a line in the log.
const NO_MAIL_SERVER: &str = "smtp://127.0.0.1:9";

/// What signs and reads tokens, and writes the cookies of sessions.
pub(super) struct Tokens {
    pub keys: TokenKeys,
    pub cookies: SessionCookies,
}

/// The keys of tokens. In one process that has none, one is made.
///
/// # Errors
/// When there is none, or it cannot be used.
pub(super) fn tokens(config: &Config, public_url: &str) -> anyhow::Result<Tokens> {
    let auth = &config.auth;
    let given = secrets::given(&auth.jwt_secret, &auth.jwt_secret_file, "auth.jwt_secret_file")?;
    let secret = given_or_made(config, given, JWT_FILE, 64, "auth.jwt_secret")?;
    let keys = TokenKeys::new(&secret, &auth.jwt_previous_secret).context("auth.jwt_secret cannot be used")?;
    let cookies = SessionCookies::new(&secret, &auth.jwt_previous_secret, public_url);
    Ok(Tokens { keys, cookies: cookies.context("auth.jwt_secret cannot be used")? })
}

/// A secret that the configuration gives; else one that is made once, in a process that shares nothing with others.
pub(super) fn given_or_made(
    config: &Config,
    given: Option<String>,
    file: &str,
    bytes: usize,
    key: &str,
) -> anyhow::Result<String> {
    match given {
        Some(given) => Ok(given),
        None if makes_keys(config) => made(&config.data.dir, file, bytes),
        None => bail!(
            "{key} (or {key}_file) is missing: set it to the output of `openssl rand -base64 {bytes}`, after \"base64:\", the \
             same on every server that needs it"
        ),
    }
}

/// Whether a key that nobody has set is made and kept: where no other server has to have the same, and in the demonstration.
pub(super) fn makes_keys(config: &Config) -> bool {
    config.hot_engine() == HotEngine::Embedded || config.demo.enabled
}

fn made(folder: &Path, file: &str, bytes: usize) -> anyhow::Result<String> {
    let make = || {
        let mut random = vec![0; bytes];
        getrandom::fill(&mut random).context("the system has no randomness")?;
        Ok(format!("base64:{}", STANDARD.encode(random)))
    };
    secrets::kept(folder, file, make)
}

/// The settings of the role user.
///
/// # Errors
/// When a file cannot be read, or a key is missing.
pub(super) fn account_settings(
    config: &Config,
    public_url: &str,
    sandbox: Option<&SandboxPlace>,
) -> anyhow::Result<account::Settings> {
    let user = &config.user;
    let recaptcha = &user.recaptcha;
    let recaptcha_secret = secrets::given(&recaptcha.secret, &recaptcha.secret_file, "user.recaptcha.secret_file")?;
    let portone = &user.portone;
    let api_secret = secrets::given(&portone.api_secret, &portone.api_secret_file, "user.portone.api_secret_file")?;
    let (personal_data_key, lookup_key) = personal_keys(config)?;
    let settings = account::Settings {
        recaptcha: RecaptchaSettings {
            base_url: recaptcha.base_url.clone(),
            secret: recaptcha_secret.unwrap_or_default(),
            min_score: recaptcha.min_score,
        },
        identity: IdentitySettings {
            base_url: portone.base_url.clone(),
            api_secret: api_secret.unwrap_or_default(),
            store_id: portone.store_id.clone(),
            timeout: IDENTITY_TIMEOUT,
        },
        mail: MailSettings {
            url: if user.smtp.url.is_empty() { NO_MAIL_SERVER.to_owned() } else { user.smtp.url.clone() },
            from: user.smtp.from.clone(),
            ca_file: None,
        },
        oauth: oauth(user),
        public_url: public_url.to_owned(),
        access_ttl_seconds: user.access_ttl_seconds,
        refresh_ttl_seconds: user.refresh_ttl_seconds,
        bcrypt_cost: user.bcrypt_cost,
        hash_queue: user.hash_queue as usize,
        hash_threads: 0,
        rejoin_after_days: user.rejoin_after_days,
        dormant_after_days: user.dormant_after_days,
        consents_required: user.consents_required,
        email_verification_required: user.email_verification_required,
        personal_data_key,
        personal_data_key_previous: user.personal_data_key_previous.clone(),
        lookup_key,
    };
    Ok(match sandbox {
        Some(sandbox) => sandbox.stand_in(config, settings),
        None => settings,
    })
}

/// The key of personal data and that of look-ups.
///
/// # Errors
/// As [`account_settings`].
fn personal_keys(config: &Config) -> anyhow::Result<(String, String)> {
    let user = &config.user;
    let personal =
        secrets::given(&user.personal_data_key, &user.personal_data_key_file, "user.personal_data_key_file")?;
    let lookup = secrets::given(&user.lookup_key, &user.lookup_key_file, "user.lookup_key_file")?;
    Ok((
        given_or_made(config, personal, PERSONAL_FILE, 32, "user.personal_data_key")?,
        given_or_made(config, lookup, LOOKUP_FILE, 32, "user.lookup_key")?,
    ))
}

/// The settings that commands need: keys and the cost of hashes.
///
/// # Errors
/// As [`account_settings`].
pub fn account_settings_of_command(config: &Config) -> anyhow::Result<account::Settings> {
    account_settings(config, &config.http.public_url, None)
}

fn oauth(user: &User) -> Vec<(OauthProvider, OauthSettings)> {
    let configured = [
        (OauthProvider::Kakao, &user.oauth.kakao),
        (OauthProvider::Naver, &user.oauth.naver),
        (OauthProvider::Google, &user.oauth.google),
    ];
    let offered = configured.into_iter().filter(|(_, given)| !given.client_id.is_empty());
    offered.map(|(provider, given)| (provider, provider_settings(provider, given))).collect()
}

fn provider_settings(provider: OauthProvider, given: &ProviderConfig) -> OauthSettings {
    let mut settings = OauthSettings::of(provider, given.client_id.clone(), given.client_secret.clone());
    for (own, url) in [
        (&mut settings.authorize_url, &given.authorize_url),
        (&mut settings.token_url, &given.token_url),
        (&mut settings.profile_url, &given.profile_url),
    ] {
        if !url.is_empty() {
            own.clone_from(url);
        }
    }
    settings
}
