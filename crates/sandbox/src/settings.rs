//! What the sandbox is told. The defaults are what a demo's product uses, so both sides agree without a word.

/// How long a call that `hang` was asked for stays without an answer: longer than any client waits.
pub(crate) const HANG: std::time::Duration = std::time::Duration::from_secs(600);

/// All settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SandboxSettings {
    /// PortOne.
    pub portone: PortOneSettings,
    /// `secret` of `siteverify`; the default is `sandbox-recaptcha-secret`.
    pub recaptcha_secret: RecaptchaSecret,
    /// The one registration at all providers of social log-in.
    pub oauth: OauthSettings,
    /// Origins beside this one (`https://shop.example`) to which windows and log-ins may send a browser back. Loopback
    /// addresses always are.
    pub return_origins: Vec<String>,
}

/// PortOne's store, as its console would show it.
#[derive(Clone, Debug, PartialEq)]
pub struct PortOneSettings {
    /// `payment.portone.api_secret`, `user.portone.api_secret`.
    pub api_secret: String,
    /// `payment.portone.store_id`, `user.portone.store_id`.
    pub store_id: String,
    /// `payment.portone.channel_key`.
    pub channel_key: String,
    /// Whether payments are made over a channel of tests, as they really are.
    pub is_test_channel: bool,
    /// `payment.portone.webhook_secret`, beginning with `whsec_`.
    pub webhook_secret: String,
    /// Where notices are sent, such as `http://127.0.0.1:8080/payments/webhook`; none: nowhere.
    pub webhook_url: Option<String>,
}

impl Default for PortOneSettings {
    fn default() -> Self {
        Self {
            api_secret: "sandbox-api-secret".to_owned(),
            store_id: "store-sandbox".to_owned(),
            channel_key: "channel-key-sandbox".to_owned(),
            is_test_channel: true,
            webhook_secret: "whsec_c2FuZGJveC13ZWJob29rLXNlY3JldC0zMmJ5dGVzISE=".to_owned(),
            webhook_url: None,
        }
    }
}

/// The secret of `siteverify`.
#[derive(Clone, Debug, PartialEq)]
pub struct RecaptchaSecret(pub String);

impl Default for RecaptchaSecret {
    fn default() -> Self {
        Self("sandbox-recaptcha-secret".to_owned())
    }
}

/// A registration at a provider of social log-in.
#[derive(Clone, Debug, PartialEq)]
pub struct OauthSettings {
    /// `user.oauth.<provider>.client_id`.
    pub client_id: String,
    /// `user.oauth.<provider>.client_secret`.
    pub client_secret: String,
}

impl Default for OauthSettings {
    fn default() -> Self {
        Self { client_id: "sandbox-client".to_owned(), client_secret: "sandbox-client-secret".to_owned() }
    }
}
