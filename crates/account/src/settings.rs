//! The settings of the user role.

use crate::outside::{IdentitySettings, MailSettings, OauthProvider, OauthSettings, RecaptchaSettings};
use std::fmt;
use std::time::Duration;

/// The settings, `user.*` but for those with another name.
#[derive(Clone)]
pub struct Settings {
    /// `recaptcha.*`.
    pub recaptcha: RecaptchaSettings,
    /// `portone.*`.
    pub identity: IdentitySettings,
    /// `smtp.*`.
    pub mail: MailSettings,
    /// `oauth.<provider>.*`: those with a `client_id`.
    pub oauth: Vec<(OauthProvider, OauthSettings)>,
    /// `http.public_url`, for redirects.
    pub public_url: String,
    /// `access_ttl_seconds`.
    pub access_ttl_seconds: u32,
    /// `refresh_ttl_seconds`.
    pub refresh_ttl_seconds: u32,
    /// `bcrypt_cost`.
    pub bcrypt_cost: u32,
    /// `hash_queue`: most passwords that wait to be hashed.
    pub hash_queue: usize,
    /// Threads that hash; 0: half of the processors, one at least.
    pub hash_threads: usize,
    /// `rejoin_after_days`: after a deletion e-mail address and person stay taken so long, then personal data is erased.
    pub rejoin_after_days: u32,
    /// `dormant_after_days`; 0: never.
    pub dormant_after_days: u32,
    /// `consents_required`: sign-up needs a yes to all required terms in force.
    pub consents_required: bool,
    /// `email_verification_required`: sign-up needs an `emailVerificationToken`.
    pub email_verification_required: bool,
    /// `personal_data_key`.
    pub personal_data_key: String,
    /// `personal_data_key_previous`.
    pub personal_data_key_previous: String,
    /// `lookup_key`.
    pub lookup_key: String,
}

impl Default for Settings {
    /// Those of `onsale/default.toml`. Keys, secrets and addresses are empty and must be set.
    fn default() -> Self {
        let none = String::new;
        Self {
            recaptcha: RecaptchaSettings { base_url: "https://www.google.com".into(), secret: none(), min_score: 0.5 },
            identity: IdentitySettings {
                base_url: "https://api.portone.io".into(),
                api_secret: none(),
                store_id: none(),
                timeout: Duration::from_secs(10),
            },
            mail: MailSettings { url: none(), from: none(), ca_file: None },
            oauth: Vec::new(),
            public_url: none(),
            access_ttl_seconds: 3_600,
            refresh_ttl_seconds: 604_800,
            bcrypt_cost: 12,
            hash_queue: 256,
            hash_threads: 0,
            rejoin_after_days: 30,
            dormant_after_days: 365,
            consents_required: false,
            email_verification_required: false,
            personal_data_key: none(),
            personal_data_key_previous: none(),
            lookup_key: none(),
        }
    }
}

/// Shows no key.
impl fmt::Debug for Settings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Settings").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}
