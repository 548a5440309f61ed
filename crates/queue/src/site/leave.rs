//! Leaving the line before a site.

use super::answers::see_other;
use super::check::NewCookies;
use super::service::Site;
use axum::response::Response;
use domain::ErrorCode;
use hot::line::{Clock, LineUser};
use onsale_http::ApiError;

/// What a signature for leaving begins with: no cookie and no link does.
const KIND: &str = "leave";

impl Site {
    /// What the form of the page that asks must bring back. Browsers may send the cookie with forms of other sites
    /// (`queue.cookie_same_site`), which do not know this.
    pub(super) fn proof_of_leaving(&self, user: &LineUser) -> String {
        self.keys().sign(&[KIND, &user.line.to_string(), user.user.as_str()])
    }

    /// Ends the visitor's position, and leads to the page that says so.
    ///
    /// # Errors
    /// `FORBIDDEN` for a form that the page did not make; `SERVICE_UNAVAILABLE`.
    pub(super) async fn leave(&self, user: LineUser, proof: &str, here: &str) -> Result<Response, ApiError> {
        if !self.keys().is_signed(&[KIND, &user.line.to_string(), user.user.as_str()], proof) {
            return Err(ErrorCode::Forbidden.into());
        }
        self.lines.port.leave(&user, Clock::Engine).await?;
        Ok(see_other(&format!("{here}&leave=done"), &NewCookies::default()))
    }
}
