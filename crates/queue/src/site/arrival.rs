//! How a request for the waiting page begins, whether it asks for a position or brings an answer for one.

use super::answers::see_other;
use super::check::NewCookies;
use super::local::local;
use super::page::{self, Notice};
use super::service::{Site, VisitorRequest, line_of};
use super::visitor_cookies::{VisitorCookies, new_visitor};
use super::wait_query::WaitQuery;
use axum::response::Response;
use hot::line::LineUser;
use onsale_http::{ApiError, Language};

/// A visitor who may have a position in the line.
pub(super) struct Arrival {
    /// The visitor, by the cookie.
    pub user: LineUser,
    /// The address after admission: a path of the site.
    pub to: String,
    /// The address of this page.
    pub here: String,
}

/// What becomes of a request before the line is asked.
pub(super) enum Arrived {
    /// The line is asked.
    Visitor(Arrival),
    /// It is not: nobody has to wait, or the browser has not shown that it keeps the cookie.
    Answered(Response),
}

impl Site {
    /// # Errors
    /// `INVALID_INPUT`.
    pub(super) async fn arrival(
        &self,
        name: &str,
        query: &WaitQuery,
        request: &VisitorRequest,
    ) -> Result<Arrived, ApiError> {
        let line = line_of(name)?;
        let to = local(&query.to).unwrap_or_else(|| "/".to_owned());
        if self.stands_aside(&line).await {
            return Ok(Arrived::Answered(see_other(&to, &NewCookies::default())));
        }
        let (cookies, here) = (self.cookies(request), query.here(&line));
        Ok(match cookies.identity(&line) {
            Some(identity) => Arrived::Visitor(Arrival { user: LineUser { line, user: identity.visitor }, to, here }),
            None => Arrived::Answered(first_visit(name, &here, query, &cookies, request.language())),
        })
    }
}

/// Gives the visitor a cookie, and a position once the browser returns it: a robot without cookies gets none.
///
/// A browser that returns other cookies keeps cookies, so it is given a second one before it is told that ours is
/// missing.
fn first_visit(
    name: &str,
    here: &str,
    query: &WaitQuery,
    cookies: &VisitorCookies<'_>,
    language: Language,
) -> Response {
    let next = match query.cookie.as_str() {
        "" => Some("1"),
        "1" if cookies.has_any() => Some("2"),
        _ => None,
    };
    match (next, new_visitor()) {
        (Some(next), Some(visitor)) => {
            let cookie = NewCookies { visitor: Some(cookies.visitor_cookie(&visitor)), pass: None };
            see_other(&format!("{here}&cookie={next}"), &cookie)
        }
        _ if cookies.has_any() => page::notice(Notice::CookieLost, name, here, language),
        _ => page::notice(Notice::NoCookies, name, here, language),
    }
}
