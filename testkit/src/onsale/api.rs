//! Calls of the product's API that many tests make.

use crate::http::{Client, Reply};
use serde_json::{Value, json};

/// The route that issues a coupon.
pub const ISSUE: &str = "/api/v1/coupons/issue";
/// The route that lists and creates campaigns.
pub const CAMPAIGNS: &str = "/api/v1/admin/campaigns";

impl Client {
    /// Asks for a coupon of the campaign `event` for `user`.
    ///
    /// # Panics
    /// When no reply comes.
    #[track_caller]
    pub fn issue(&self, user: &str, event: &str) -> Reply {
        self.post_json(ISSUE, &json!({"user_id": user, "event_id": event}))
    }

    /// Creates a campaign, as an administrator.
    ///
    /// # Panics
    /// When it is not created.
    #[track_caller]
    pub fn make_campaign(&self, campaign: &Value) {
        let reply = self.post_json(CAMPAIGNS, campaign);
        assert_eq!(reply.status, 201, "{}", reply.text());
    }

    /// Opens the campaign `event`, as an administrator.
    ///
    /// # Panics
    /// When it is not opened.
    #[track_caller]
    pub fn open_campaign(&self, event: &str) {
        self.post(&format!("{CAMPAIGNS}/{event}/open")).ok();
    }
}
