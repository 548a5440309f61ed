//! The waiting page. It works without script, and is live with it.

mod ask;
mod texts;

pub use ask::ask;

use ::http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, RETRY_AFTER, VARY};
use ::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use askama::Template;
use axum::response::{IntoResponse, Response};
use domain::line::QueueNumber;
use onsale_http::Language;
use onsale_http::layer::render::OwnBody;
use std::time::Duration;
use texts::{Texts, texts};

/// The page of a full line tries again after this time.
const FULL_RETRY: Duration = Duration::from_secs(30);
/// The page of a line that does not answer.
const UNAVAILABLE_RETRY: Duration = Duration::from_secs(5);
/// Whoever keeps no cookie comes back after this time. Only a robot does so by itself.
const NO_COOKIES_RETRY: Duration = Duration::from_secs(300);
/// The page of a draw that is still to come.
const DRAW_RETRY: Duration = Duration::from_secs(10);
/// The page may load from this site and send requests to this site only.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Reload interval without script: short enough for a prompt admission, long enough for a crowd.
const REFRESH_SECONDS: std::ops::RangeInclusive<u64> = 5..=30;

/// The waiting page of one visitor.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The line's name.
    pub line: String,
    /// The visitor's queue number.
    pub number: QueueNumber,
    /// The visitor's rank, from 1.
    pub rank: u64,
    /// The visitor's first rank, at which the progress bar starts.
    pub from_rank: u64,
    /// Seconds until admission; none while admission is stopped.
    pub wait_seconds: Option<u64>,
    /// The address of this page, with the address after admission.
    pub here: String,
    /// Whether the requested address could not be kept.
    pub is_lost: bool,
    /// Whether the visitor was away for too long, and has a new position.
    pub is_late: bool,
}

#[derive(Template)]
#[template(path = "wait.html")]
struct WaitingPage<'a> {
    texts: &'a Texts,
    lang: &'static str,
    waiting: &'a Waiting,
    rank: String,
    estimate: String,
    percent: u64,
    refresh_seconds: u64,
}

/// The reason for a page without a rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The browser stores no cookies, and a position needs one.
    NoCookies,
    /// The browser returns cookies, but not the one of the line.
    CookieLost,
    /// The line is full.
    Full,
    /// The network of the visitor has its share of positions.
    TooMany,
    /// The line takes visitors with an account only.
    AccountNeeded,
    /// The line is closed.
    Closed,
    /// The line is unavailable.
    Unavailable,
    /// The draw sets the order when the line opens. This is the visitor's entry number.
    Drawing(QueueNumber),
}

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage<'a> {
    texts: &'a Texts,
    lang: &'static str,
    title: &'a str,
    text: String,
    /// The address to try again, and the seconds until the page does so itself; 0 for never.
    again: Option<(&'a str, u64)>,
}

/// The page with a visitor's rank.
pub fn waiting(waiting: &Waiting, language: Language) -> Response {
    let texts = &texts(language);
    let first = waiting.from_rank.max(waiting.rank);
    let page = WaitingPage {
        texts,
        lang: language.as_str(),
        waiting,
        rank: thousands(waiting.rank),
        estimate: texts.estimate(waiting.wait_seconds),
        percent: (first - waiting.rank) * 100 / first.max(1),
        refresh_seconds: refresh_seconds(waiting.wait_seconds),
    };
    html(StatusCode::OK, language, POLICY, page.render())
}

/// A page with the reason for a missing rank.
pub fn notice(notice: Notice, here: &str, language: Language) -> Response {
    let texts = &texts(language);
    let (title, text) = texts.notice(notice);
    let retry_after = match notice {
        Notice::CookieLost | Notice::AccountNeeded | Notice::Closed => None,
        Notice::NoCookies => Some(NO_COOKIES_RETRY),
        Notice::Full | Notice::TooMany => Some(FULL_RETRY),
        Notice::Unavailable => Some(UNAVAILABLE_RETRY),
        Notice::Drawing(_) => Some(DRAW_RETRY),
    };
    let again = match notice {
        Notice::Closed | Notice::AccountNeeded => None,
        // A person must change something first.
        Notice::NoCookies => Some((here, 0)),
        _ => Some((here, retry_after.map_or(0, |after| after.as_secs()))),
    };
    let status = match notice {
        // A robot must not take the page for that of the address.
        Notice::Full | Notice::Unavailable | Notice::NoCookies => StatusCode::SERVICE_UNAVAILABLE,
        Notice::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Notice::AccountNeeded => StatusCode::UNAUTHORIZED,
        _ => StatusCode::OK,
    };
    let page = NoticePage { texts, lang: language.as_str(), title, text, again };
    let mut response = html(status, language, POLICY, page.render());
    if let Some(after) = retry_after.filter(|_| status != StatusCode::OK) {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(after.as_secs()));
    }
    response
}

fn refresh_seconds(wait_seconds: Option<u64>) -> u64 {
    wait_seconds.map_or(*REFRESH_SECONDS.end(), |wait| wait / 4).clamp(*REFRESH_SECONDS.start(), *REFRESH_SECONDS.end())
}

fn html(status: StatusCode, language: Language, policy: &str, page: askama::Result<String>) -> Response {
    let Ok(page) = page else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_LANGUAGE, language.as_str()),
        (CACHE_CONTROL, "no-store"),
        (VARY, "Accept-Language, Cookie"),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Without a policy that can be sent, there is no page.
    let Ok(policy) = HeaderValue::from_str(policy) else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    let mut response = (status, headers, page).into_response();
    response.extensions_mut().insert(OwnBody);
    response
}

/// `1234567` as `1,234,567`, as both languages write it.
fn thousands(number: u64) -> String {
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

/// A file of the pages. The names never change, so a browser caches it for a short time only.
pub fn asset(name: &str) -> Option<Response> {
    let (kind, text) = match name {
        "wait.css" => ("text/css; charset=utf-8", include_str!("../../../templates/wait.css")),
        "challenge.js" => ("text/javascript; charset=utf-8", include_str!("../../../templates/challenge.js")),
        "pow.js" => ("text/javascript; charset=utf-8", include_str!("../../../templates/pow.js")),
        "wait.js" => ("text/javascript; charset=utf-8", include_str!("../../../templates/wait.js")),
        _ => return None,
    };
    Some(([(CONTENT_TYPE, kind), (CACHE_CONTROL, "public, max-age=300")], text).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(response: Response) -> String {
        let body = futures::executor::block_on(axum::body::to_bytes(response.into_body(), 1 << 20)).expect("a body");
        String::from_utf8(body.to_vec()).expect("text")
    }

    fn page(rank: u64, wait_seconds: Option<u64>, language: Language) -> String {
        let page = Waiting {
            line: "shop".into(),
            number: QueueNumber(5_000),
            rank,
            from_rank: 2_000,
            wait_seconds,
            here: "/wait/shop?to=/a%22b".into(),
            is_lost: false,
            is_late: false,
        };
        text(waiting(&page, language))
    }

    #[test]
    fn rank_and_estimate_are_shown_in_both_languages() {
        let korean = page(1_234, Some(150), Language::Ko);
        for part in ["lang=\"ko\"", "1,234", "약 3분", "value=\"38\"", "content=\"30;"] {
            assert!(korean.contains(part), "{part} not in {korean}");
        }
        let english = page(1_234, Some(7_300), Language::En);
        for part in ["lang=\"en\"", "1,234", "About 2 h 2 min"] {
            assert!(english.contains(part), "{part} not in {english}");
        }
        assert!(page(1, Some(1), Language::En).contains("Less than a minute"));
        assert!(page(1, None, Language::En).contains("Entry is paused"));
    }

    #[test]
    fn special_characters_stay_inside_their_attribute() {
        let page = Waiting {
            line: "\"><script>alert(1)</script>".into(),
            number: QueueNumber(1),
            rank: 1,
            from_rank: 0,
            wait_seconds: None,
            here: "/wait/\"><script>alert(2)</script>".into(),
            is_lost: true,
            is_late: true,
        };
        let page = text(waiting(&page, Language::En));
        assert!(!page.contains("<script>alert"), "{page}");
    }

    #[test]
    fn pages_load_only_from_this_site() {
        for language in Language::ALL {
            for page in [page(1, None, language), text(notice(Notice::Unavailable, "/wait/shop", language))] {
                assert!(!page.contains("://") && !page.contains("style=\"") && !page.contains("onclick"), "{page}");
            }
        }
        for name in ["wait.js", "wait.css", "challenge.js", "pow.js"] {
            assert!(asset(name).is_some(), "{name}");
        }
        assert!(asset("../secret").is_none());
    }

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(thousands(number), text);
        }
    }
}
