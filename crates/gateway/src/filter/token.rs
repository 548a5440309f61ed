//! Who calls: the access token of `Authorization`, or of the page's cookie (GW-002).

use super::metrics::BLACKLIST_LET_THROUGH;
use crate::Parts;
use access::Person;
use access::session_cookies::ACCESS_COOKIE;
use access::token::{AccessClaims, TokenFault};
use axum::response::{IntoResponse, Response};
use domain::ErrorCode;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue};
use onsale_http::ApiError;
use onsale_http::head::cookies;

/// Cookies of one name that are looked at: a neighbouring site can set some in front of ours.
const COOKIES_MAX: usize = 4;

/// What the head of a request shows about its caller.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Nothing.
    Nobody,
    /// A token that is good.
    Person {
        /// The person.
        person: Person,
        /// Whether a cookie showed the token: then the request must come from a page of this site.
        by_cookie: bool,
        /// When the token ends, in seconds since 1970.
        until: i64,
        /// As `Authorization` shows the token, for the routes that read it themselves.
        bearer: HeaderValue,
    },
    /// A token or an `Authorization` that is not good.
    Refused(ErrorCode),
}

impl Caller {
    pub(crate) fn person(&self) -> Option<Person> {
        match self {
            Self::Person { person, .. } => Some(*person),
            _ => None,
        }
    }

    pub(crate) fn is_by_cookie(&self) -> bool {
        matches!(self, Self::Person { by_cookie: true, .. })
    }
}

/// Whether the caller shows who it is in a header: then cookies count for nothing.
pub(crate) fn is_shown(headers: &HeaderMap) -> bool {
    headers.contains_key(AUTHORIZATION) || headers.contains_key("x-api-key")
}

/// The token of `Bearer <token>`, one blank between.
fn bearer(headers: &HeaderMap) -> Option<Result<&[u8], ErrorCode>> {
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    let line = lines.next()?;
    let token = line.as_bytes().strip_prefix(b"Bearer ").filter(|_| lines.next().is_none());
    Some(match token {
        Some(token) if !token.is_empty() && token.iter().all(u8::is_ascii_graphic) => Ok(token),
        _ => Err(ErrorCode::Unauthorized),
    })
}

impl Parts {
    /// Who calls.
    pub(crate) async fn caller(&self, headers: &HeaderMap) -> Caller {
        match bearer(headers) {
            Some(Ok(token)) => self.judged(token, false).await,
            Some(Err(code)) => Caller::Refused(code),
            None if headers.contains_key("x-api-key") => Caller::Nobody,
            None => {
                let mut caller = Caller::Nobody;
                for token in cookies::values(headers, ACCESS_COOKIE).take(COOKIES_MAX) {
                    caller = self.judged(token, true).await;
                    if caller.is_by_cookie() {
                        break;
                    }
                }
                caller
            }
        }
    }

    async fn judged(&self, token: &[u8], by_cookie: bool) -> Caller {
        match self.tokens.read_access(token, clock::now()) {
            Err(TokenFault::Expired) => Caller::Refused(ErrorCode::ExpiredToken),
            Err(TokenFault::Invalid) => Caller::Refused(ErrorCode::InvalidToken),
            Ok(claims) if self.is_blacklisted(&claims).await => Caller::Refused(ErrorCode::InvalidToken),
            Ok(AccessClaims { sub, role, exp, .. }) => {
                let bearer = HeaderValue::from_bytes(&[b"Bearer ", token].concat());
                let Ok(mut bearer) = bearer else { return Caller::Refused(ErrorCode::InvalidToken) };
                bearer.set_sensitive(true);
                Caller::Person { person: Person { id: sub, role }, by_cookie, until: exp, bearer }
            }
        }
    }

    /// Let through and counted while the store does not answer: reading goes on without it, and a logged-out token lives an
    /// hour at most.
    async fn is_blacklisted(&self, claims: &AccessClaims) -> bool {
        let names = [format!("token:blacklist:{}", claims.jti)];
        let asked = self.keys.get(&names, clock::now());
        match tokio::time::timeout(self.settings.time_limits.store, asked).await {
            Ok(Ok(values)) => values.first().is_some_and(Option::is_some),
            Ok(Err(_)) | Err(_) => {
                metrics::counter!(BLACKLIST_LET_THROUGH).increment(1);
                false
            }
        }
    }
}

/// 401, with what to send.
pub(crate) fn unauthorized(code: ErrorCode) -> Response {
    let error = ApiError::new(code);
    let error = match code {
        ErrorCode::Unauthorized => error.detail("send an access token: Authorization: Bearer <token>"),
        _ => error,
    };
    let mut response = error.into_response();
    let challenge = if code == ErrorCode::Unauthorized { "Bearer" } else { "Bearer error=\"invalid_token\"" };
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    response
}
