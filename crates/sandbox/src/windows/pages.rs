//! The pages themselves.

use super::return_to::ReturnTo;
use super::texts::{Texts, texts};
use crate::books::people::Person;
use crate::oauth::{LogIn, Provider};
use askama::Template;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use onsale_http::Language;
use onsale_http::layer::render::OwnBody;

/// PortOne's window for paying.
#[derive(Template)]
#[template(path = "pay.html")]
struct PayPage<'a> {
    texts: &'a Texts,
    lang: &'static str,
    payment_id: &'a str,
    return_url: &'a str,
    /// With its unit; none when nothing is registered.
    amount: Option<String>,
    is_paid: bool,
}

/// PortOne's window for verifying an identity.
#[derive(Template)]
#[template(path = "identity.html")]
struct IdentityPage<'a> {
    texts: &'a Texts,
    lang: &'static str,
    return_url: &'a str,
}

/// The log-in page of a provider.
#[derive(Template)]
#[template(path = "log_in.html")]
struct LogInPage<'a> {
    texts: &'a Texts,
    lang: &'static str,
    provider: &'static str,
    asked: &'a LogIn,
    people: &'a [Person],
}

/// The window for paying. `amount` is what is registered.
pub(super) fn pay(
    payment_id: &str,
    return_url: &str,
    amount: Option<i64>,
    is_paid: bool,
    back: &ReturnTo,
    language: Language,
) -> Response {
    let texts = texts(language);
    let amount = amount.map(|amount| format!("{}{}", thousands(amount), texts.won));
    let page = PayPage { texts, lang: language.as_str(), payment_id, return_url, amount, is_paid };
    html(page.render(), back, language)
}

/// The window for verifying an identity.
pub(super) fn identity(return_url: &str, back: &ReturnTo, language: Language) -> Response {
    let page = IdentityPage { texts: texts(language), lang: language.as_str(), return_url };
    html(page.render(), back, language)
}

/// The log-in page of a provider, with the people it knows.
pub(crate) fn log_in(
    provider: Provider,
    asked: &LogIn,
    people: &[Person],
    back: &ReturnTo,
    language: Language,
) -> Response {
    let texts = texts(language);
    let page = LogInPage { texts, lang: language.as_str(), provider: provider.as_str(), asked, people };
    html(page.render(), back, language)
}

/// Browsers hold the address to which a form is redirected against the policy, too.
fn policy(back: &ReturnTo) -> Option<HeaderValue> {
    let there = back.origin().map_or_else(String::new, |origin| format!(" {origin}"));
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'{there}; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).ok()
}

fn html(page: askama::Result<String>, back: &ReturnTo, language: Language) -> Response {
    // Without a policy that can be sent, there is no page.
    let (Ok(page), Some(policy)) = (page, policy(back)) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_LANGUAGE, language.as_str()),
        (CACHE_CONTROL, "no-store"),
        (VARY, "Accept-Language"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    let mut response = (StatusCode::OK, headers, page).into_response();
    response.extensions_mut().insert(OwnBody);
    response
}

/// `1234567` as `1,234,567`, as both languages write it.
fn thousands(number: i64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
