//! What pages know of the configuration.

use domain::ticket::DayZone;
use std::time::Duration;

/// Addresses and switches for pages.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `http.public_url`: links in pictures for messengers, and the origin that pages answer for.
    pub public_url: String,
    /// The payment provider's script or window; see `payment.portone.sdk_url`.
    pub payment_sdk_url: String,
    /// The window that proves who somebody is; see `user.portone.sdk_url`.
    pub identity_sdk_url: String,
    /// The store at the provider of that window, for its script; see `user.portone.store_id`.
    pub identity_store_id: String,
    /// The channel there; see `user.portone.channel_key`.
    pub identity_channel_key: String,
    /// Whether a sign-up needs an address that was proved by a code; see `user.email_verification_required`.
    pub email_must_be_proved: bool,
    /// Seals what a browser keeps for us between the steps of a sign-up.
    pub draft_key: DraftKey,
    /// The robot check's script; see `user.recaptcha.script_url`.
    pub recaptcha_script_url: String,
    /// The robot check's public key; see `user.recaptcha.site_key`.
    pub recaptcha_site_key: String,
    /// Whether other companies' services are the sandbox of this process.
    pub has_sandbox: bool,
    /// Providers of social log-in that are configured, such as `kakao`.
    pub social_providers: Vec<String>,
    /// How much longer a hold may be made, in seconds; 0: not at all.
    pub hold_extend_seconds: u32,
    /// Most seats of one buyer.
    pub seats_max: u32,
    /// Where the day of a show begins: a ticket is cancelled before it. See `reservation.day_zone`.
    pub day_zone: DayZone,
    /// Whether pages wear the look that a tenant or a line has set (WEB-010).
    pub has_looks: bool,
    /// How long a public page is kept.
    pub kept_for: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".to_owned(),
            payment_sdk_url: String::new(),
            identity_sdk_url: String::new(),
            identity_store_id: String::new(),
            identity_channel_key: String::new(),
            email_must_be_proved: false,
            draft_key: DraftKey::default(),
            recaptcha_script_url: String::new(),
            recaptcha_site_key: String::new(),
            has_sandbox: false,
            social_providers: Vec::new(),
            hold_extend_seconds: 120,
            seats_max: 4,
            day_zone: DayZone::default(),
            has_looks: false,
            kept_for: Duration::from_secs(2),
        }
    }
}

/// A key that no log shows. Without another one it is random: then a restart ends the sign-ups under way, and a site of several
/// servers needs the same one on each.
#[derive(Clone)]
pub struct DraftKey(pub [u8; 32]);

impl Default for DraftKey {
    fn default() -> Self {
        let mut key = [0; 32];
        // Without randomness there is no secret on this machine at all, and the roles of people do not start.
        let _ = getrandom::fill(&mut key);
        Self(key)
    }
}

/// Shows no key.
impl std::fmt::Debug for DraftKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("DraftKey")
    }
}
