//! Signed links: whoever opens one passes the line until the link runs out, if the line has the exception `signedLink`.
//!
//! ```text
//! parameter   onsale_link=<until>.<signature>      until: seconds since 1970
//! signature   HMAC-SHA-256 under queue.cookie_key over "link", the line and <until>, each with a line feed; 64 digits
//! cookie      onsale_pass_<line>=link.<until>.<signature>, from the first request on: the next ones have no parameter
//! ```
//!
//! A link is for whoever has it. It cannot be called back alone: take the exception from the line, or change the key.

use super::cookie_keys::CookieKeys;
use super::local::{LINK_PARAMETER, local};
use super::service::{Site, VisitorRequest};
use super::visitor_cookies::VisitorCookies;
use ::http::header::USER_AGENT;
use domain::Timestamp;
use domain::line::{LineId, Visit};
use onsale_http::{ApiError, ROUTE_BODY_BYTES, RequestBody};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest life of a link: thirty days.
const SECONDS_MAX: i64 = 30 * 24 * 60 * 60;
/// Most links that are compared in one request.
const LINKS_MAX: usize = 8;

/// A link to be signed.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewLink {
    /// The address that it leads to: a path of the site.
    #[serde(default = "first_page")]
    #[schema(example = "/sale?from=mail")]
    to: String,
    /// How long it lets pass, 1 to 2592000 seconds.
    #[schema(minimum = 1, maximum = 2_592_000)]
    seconds: i64,
}

fn first_page() -> String {
    "/".to_owned()
}

impl RequestBody for NewLink {
    const LIMIT_BYTES: usize = ROUTE_BODY_BYTES;
}

/// A signed link.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignedLink {
    /// The address, to be put behind the site's own `https://host`.
    #[schema(example = "/sale?from=mail&onsale_link=1796126400.3f2a")]
    link: String,
    /// The value of `onsale_link`, to be put into other addresses.
    token: String,
    /// When it runs out.
    #[schema(value_type = String, example = "2026-12-01T11:00:00")]
    expires_at: Timestamp,
}

impl NewLink {
    /// The address that it leads to.
    pub fn to(&self) -> &str {
        &self.to
    }
}

impl SignedLink {
    /// When it runs out.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

fn token_of(keys: &CookieKeys, line: &LineId, until: i64) -> String {
    format!("{until}.{}", keys.sign(&["link", &line.to_string(), &until.to_string()]))
}

/// Until when a link lets pass, in seconds since 1970; `None` for one that was not signed for this line, or has run out.
fn until_of(keys: &CookieKeys, line: &LineId, token: &str, now: Timestamp) -> Option<i64> {
    let (until, signature) = token.split_once('.')?;
    let seconds: i64 = until.parse().ok()?;
    let is_alive = now.millis() < seconds.checked_mul(1_000)?;
    let is_signed = || keys.is_signed(&["link", &line.to_string(), until], signature);
    // Signed as it is written: a number has many forms.
    (is_alive && seconds.to_string() == until && is_signed()).then_some(seconds)
}

/// The values of the parameter in an address.
fn tokens_in(target: &str) -> impl Iterator<Item = &str> {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .filter(|(name, _)| *name == LINK_PARAMETER)
        .map(|(_, token)| token)
}

/// How a request passes without a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FreePass {
    /// With nothing for the browser.
    Plain,
    /// With this cookie for the browser.
    WithCookie(String),
}

impl Site {
    /// Signs a link for a line.
    ///
    /// # Errors
    /// `INVALID_INPUT` for an address of another site, or a life out of bounds.
    pub fn sign_link(&self, line: &LineId, new: &NewLink) -> Result<SignedLink, ApiError> {
        if local(&new.to).as_deref() != Some(new.to.as_str()) {
            return Err(ApiError::invalid("to must be a path of the site, such as /sale?from=mail, in ASCII"));
        }
        if !(1..=SECONDS_MAX).contains(&new.seconds) {
            return Err(ApiError::invalid(format!("seconds must be 1 to {SECONDS_MAX}")));
        }
        let until = clock::now().millis() / 1_000 + new.seconds;
        let token = token_of(self.keys(), line, until);
        let separator = if new.to.contains('?') { '&' } else { '?' };
        let link = format!("{}{separator}{LINK_PARAMETER}={token}", new.to);
        Ok(SignedLink { link, token, expires_at: Timestamp(until * 1_000) })
    }

    /// Whether a request passes whatever position its visitor has. While the line is unavailable the last known rule counts.
    pub(super) async fn free_pass(&self, line: &LineId, request: &VisitorRequest, target: &str) -> Option<FreePass> {
        let rule = self.rules().rule(line).await.ok()??;
        let now = clock::now();
        if rule.stands_aside(now) {
            return Some(FreePass::Plain);
        }
        let cookies = self.cookies(request);
        let by_link = if rule.takes_links() { self.link(line, &cookies, target, now) } else { None };
        let visit = Visit {
            address: request.address(),
            target,
            agent: request.header(USER_AGENT.as_str()),
            has_link: by_link.is_some(),
        };
        rule.lets_pass(&visit, now).then(|| by_link.unwrap_or(FreePass::Plain))
    }

    /// A link of the request that is still valid: of its address, which gives a cookie, or of a cookie.
    fn link(&self, line: &LineId, cookies: &VisitorCookies<'_>, target: &str, now: Timestamp) -> Option<FreePass> {
        let until = |token: &str| until_of(self.keys(), line, token, now).map(|until| (until, token.to_owned()));
        if let Some((until, token)) = tokens_in(target).take(LINKS_MAX).filter_map(until).max() {
            return Some(FreePass::WithCookie(cookies.link_cookie(line, &token, until - now.millis() / 1_000)));
        }
        let kept = cookies.links(line).take(LINKS_MAX).any(|token| until(token).is_some());
        kept.then_some(FreePass::Plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_signed_link_of_the_line_lets_pass_until_it_runs_out() {
        let keys = CookieKeys::new(&[7; 32], None).expect("long enough");
        let line = |name: &str| name.parse::<LineId>().expect("a line");
        let (shop, other) = (line("queue:shop"), line("queue:other"));
        let (until, before) = (1_800_000_000, Timestamp(1_799_999_999_999));
        let token = token_of(&keys, &shop, until);
        assert_eq!(until_of(&keys, &shop, &token, before), Some(until));
        assert_eq!(until_of(&keys, &shop, &token, Timestamp(until * 1_000)), None, "run out");
        assert_eq!(until_of(&keys, &other, &token, before), None, "of another line");
        let signature = token.split_once('.').expect("two parts").1;
        let longer = format!("{}.{signature}", until + 1);
        let forms = [format!("+{token}"), format!("0{token}"), longer, format!("{token}0"), format!("{token}.x")];
        for forged in forms.iter().map(String::as_str).chain(["", ".", "1800000000.", "9223372036854775807.x", "-1.x"])
        {
            assert_eq!(until_of(&keys, &shop, forged, before), None, "{forged}");
        }
        // A pass or a visitor signed by the same key is no link.
        let visitor = keys.sign(&["visitor", "queue:shop", &until.to_string()]);
        assert_eq!(until_of(&keys, &shop, &format!("{until}.{visitor}"), before), None);
    }

    #[test]
    fn the_parameter_is_found_among_others() {
        let found = |target: &'static str| tokens_in(target).collect::<Vec<_>>();
        assert_eq!(found("/a?b=c&onsale_link=1.x&onsale_link=2.y"), ["1.x", "2.y"]);
        assert_eq!(found("/a?xonsale_link=1&onsale_link&onsale_links=2"), Vec::<&str>::new());
        assert_eq!(found("/onsale_link=1"), Vec::<&str>::new());
    }
}
