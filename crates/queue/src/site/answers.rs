//! Answers to browsers and to the proxies that ask for them.

use super::check::{AccessDecision, NewCookies};
use ::http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use ::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::ErrorCode;
use lines::Returned;
use onsale_http::ApiError;

/// `Cache-Control` of answers for one visitor. Two words, because some caches know only one of them.
const PERSONAL: &str = "private, no-store";

/// A robot comes back after this time. `site.conf.template` has it, too.
const CRAWLER_RETRY_SECONDS: u32 = 300;

/// Sends the browser to another address.
pub fn see_other(to: &str, cookies: &NewCookies) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    put(&mut response, LOCATION.as_str(), to);
    put(&mut response, CACHE_CONTROL.as_str(), PERSONAL);
    give(&mut response, cookies);
    response
}

/// 401, with the address to go on with, and whether this call has made a new position at the end.
pub fn refused(to: &str, cookies: &NewCookies, returned: Option<Returned>) -> Response {
    let error = ApiError::new(ErrorCode::Unauthorized);
    let mut response = match returned {
        Some(returned) => error.with("returned", returned.as_str()).into_response(),
        None => error.into_response(),
    };
    if let Some(returned) = returned {
        put(&mut response, "x-onsale-returned", returned.as_str());
    }
    put(&mut response, "x-onsale-location", to);
    put(&mut response, "www-authenticate", "Onsale-Pass");
    give(&mut response, cookies);
    response
}

/// The answer to every decision but a redirect.
pub fn answered(decision: AccessDecision) -> Result<Response, ApiError> {
    match decision {
        AccessDecision::Allowed(cookies) => {
            let mut response = StatusCode::OK.into_response();
            put(&mut response, CACHE_CONTROL.as_str(), PERSONAL);
            give(&mut response, &cookies);
            Ok(response)
        }
        AccessDecision::Redirect { to, cookies, returned } => {
            let mut response = see_other(&to, &cookies);
            if let Some(returned) = returned {
                put(&mut response, "x-onsale-returned", returned.as_str());
            }
            Ok(response)
        }
        AccessDecision::NoLine => Err(no_line()),
        AccessDecision::Later => Err(ApiError::unavailable().retry_after(CRAWLER_RETRY_SECONDS)),
        AccessDecision::Unavailable => Err(ApiError::unavailable()),
    }
}

fn give(response: &mut Response, cookies: &NewCookies) {
    cookies.all().for_each(|cookie| put(response, SET_COOKIE.as_str(), cookie));
}

/// Gives NGINX each cookie in a header of its own, since it reads one header of a name. No browser gets these: a script could
/// read them.
pub fn give_apart(response: &mut Response, cookies: &NewCookies) {
    for (name, cookie) in [("x-onsale-visitor-cookie", &cookies.visitor), ("x-onsale-pass-cookie", &cookies.pass)] {
        cookie.iter().for_each(|cookie| put(response, name, cookie));
    }
}

/// Adds a header.
pub fn put(response: &mut Response, name: &'static str, value: &str) {
    // Line names, hexadecimal digits and plain paths are always valid in a header.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().append(name, value);
    }
}

/// There is no such line.
pub fn no_line() -> ApiError {
    lines::operation::no_such_line()
}
