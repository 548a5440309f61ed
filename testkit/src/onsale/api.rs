//! Calls of the product's API that many tests make.

use crate::http::{Client, Reply};
use serde_json::json;

/// The route that issues a coupon.
pub const ISSUE: &str = "/api/v1/coupons/issue";

impl Client {
    /// Asks for a coupon of the campaign `event` for `user`.
    ///
    /// # Panics
    /// When no reply comes.
    #[track_caller]
    pub fn issue(&self, user: &str, event: &str) -> Reply {
        self.post_json(ISSUE, &json!({"user_id": user, "event_id": event}))
    }
}
