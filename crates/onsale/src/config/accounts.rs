//! The sections `auth` and `user`.

use serde::Deserialize;
use std::path::PathBuf;

/// Tokens of people. Only the roles gateway and user need them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// The secret that signs tokens; empty: from the file.
    pub jwt_secret: String,
    /// File that contains it; empty for none.
    pub jwt_secret_file: PathBuf,
    /// The previous secret, whose tokens are still valid.
    pub jwt_previous_secret: String,
}

/// Accounts, and the services around them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The cost of a password's hash.
    pub bcrypt_cost: u32,
    /// Hashes that may wait.
    pub hash_queue: u32,
    /// Life of an access token.
    pub access_ttl_seconds: u32,
    /// Life of a refresh token.
    pub refresh_ttl_seconds: u32,
    /// How long an e-mail address and an identity stay taken after a deletion.
    pub rejoin_after_days: u32,
    /// After so long without a log-in an account sleeps.
    pub dormant_after_days: u32,
    /// Whether the required terms must be agreed to at a sign-up.
    pub consents_required: bool,
    /// Whether a sign-up needs a verified e-mail address.
    pub email_verification_required: bool,
    /// Encrypts personal data; empty: from the file.
    pub personal_data_key: String,
    /// File that contains it; empty for none.
    pub personal_data_key_file: PathBuf,
    /// The previous key, which still decrypts.
    pub personal_data_key_previous: String,
    /// Makes the hashes by which personal data is found; empty: from the file.
    pub lookup_key: String,
    /// File that contains it; empty for none.
    pub lookup_key_file: PathBuf,
    /// reCAPTCHA.
    pub recaptcha: Recaptcha,
    /// Identity verification.
    pub portone: Portone,
    /// Log-ins of other services.
    pub oauth: Oauth,
    /// Mail.
    pub smtp: Smtp,
}

/// reCAPTCHA, or what speaks its protocol.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recaptcha {
    /// The server that judges answers; empty for none.
    pub base_url: String,
    /// The script that pages load; empty for none.
    pub script_url: String,
    /// Public key of the site.
    pub site_key: String,
    /// Secret of the site; empty: from the file.
    pub secret: String,
    /// File that contains it; empty for none.
    pub secret_file: PathBuf,
    /// The smallest score that passes, where the server gives one: 0 to 1.
    pub min_score: f64,
}

/// Identity verification by PortOne, or what speaks its protocol.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Portone {
    /// The server; empty for none.
    pub base_url: String,
    /// The window's script or page.
    pub sdk_url: String,
    /// Secret of the API; empty: from the file.
    pub api_secret: String,
    /// File that contains it; empty for none.
    pub api_secret_file: PathBuf,
    /// The store.
    pub store_id: String,
    /// The channel of identity verifications.
    pub channel_key: String,
}

/// Log-ins of other services.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oauth {
    /// Kakao.
    pub kakao: OauthProvider,
    /// Naver.
    pub naver: OauthProvider,
    /// Google.
    pub google: OauthProvider,
}

/// One of them. Without a client id it is not offered.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OauthProvider {
    /// Our id there.
    pub client_id: String,
    /// Our secret there.
    pub client_secret: String,
    /// Where people log in; empty: the provider's own.
    pub authorize_url: String,
    /// Where a code becomes a token; empty: the provider's own.
    pub token_url: String,
    /// Where the person is described; empty: the provider's own.
    pub profile_url: String,
}

/// Mail.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    /// `smtp://` (STARTTLS where the server offers it), `smtps://`, with user and password; empty for none.
    pub url: String,
    /// The sender.
    pub from: String,
}
