//! Settings of the payment role.

use std::fmt;
use std::time::Duration;

/// All settings (`payment.*`).
#[derive(Clone, Debug)]
pub struct Settings {
    /// PortOne.
    pub portone: PortOneSettings,
    /// A payment is settled so long after its hold's end, in seconds (`payment.settle_after_seconds`).
    pub settle_after_seconds: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { portone: PortOneSettings::default(), settle_after_seconds: 10 }
    }
}

impl Settings {
    /// The same in milliseconds.
    pub(crate) fn settle_ms(&self) -> i64 {
        i64::from(self.settle_after_seconds) * 1_000
    }
}

/// Our account at PortOne, and how patient we are with it.
#[derive(Clone)]
pub struct PortOneSettings {
    /// `payment.portone.base_url`, such as `https://api.portone.io`; empty: none, and nobody can pay.
    pub base_url: String,
    /// `payment.portone.api_secret`.
    pub api_secret: String,
    /// `payment.portone.store_id`.
    pub store_id: String,
    /// `payment.portone.channel_key`.
    pub channel_key: String,
    /// `payment.portone.webhook_secret`, beginning with `whsec_`.
    pub webhook_secret: String,
    /// `payment.portone.accept_test_channel`.
    pub accept_test_channel: bool,
    /// `payment.timeout_ms` (10 s, PAY-008).
    pub timeout: Duration,
    /// `payment.breaker_open_seconds` (60 s, PAY-009).
    pub breaker_open: Duration,
}

impl Default for PortOneSettings {
    fn default() -> Self {
        Self {
            base_url: String::new(),
            api_secret: String::new(),
            store_id: String::new(),
            channel_key: String::new(),
            webhook_secret: String::new(),
            accept_test_channel: false,
            timeout: Duration::from_secs(10),
            breaker_open: Duration::from_secs(60),
        }
    }
}

/// Never shows a secret.
impl fmt::Debug for PortOneSettings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = out.debug_struct("PortOneSettings");
        shown.field("base_url", &self.base_url).field("store_id", &self.store_id);
        shown.field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
