//! The waiting page of a line before a site: the kit's page (`web::wait`), with what this role knows.
//!
//! Such a page belongs to a site of somebody else: it has no header, no cache may keep it, and no search engine lists it.

use ::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use ::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::line::QueueNumber;
use lines::challenge::ChallengeDocument;
use lines::serving::{NoticeDocument, Serving};
use onsale_http::Language;
use std::sync::Arc;
use web::Visit;
use web::wait::{Form, Kind, Line, Place, Question, Standing};

/// The page of a full line tries again after this time.
const FULL_RETRY_SECONDS: u64 = 30;
/// The page of a line that does not answer.
const UNAVAILABLE_RETRY_SECONDS: u64 = 5;
/// Whoever keeps no cookie comes back after this time. Only a robot does so by itself.
const NO_COOKIES_RETRY_SECONDS: u64 = 300;

/// The waiting page of one visitor.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The visitor's queue number, or number in the draw.
    pub number: QueueNumber,
    /// The visitor's rank, from 1; 0 before a draw.
    pub rank: u64,
    /// The visitor's first rank, at which the progress bar starts.
    pub from_rank: u64,
    /// Whether the requested address could not be kept.
    pub is_lost: bool,
    /// Whether the visitor was away for too long, and has a new position.
    pub is_late: bool,
    /// The line's public document, if it is known.
    pub document: Option<Arc<Serving>>,
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
    /// The visitor has no position, and did not ask for one.
    Gone,
    /// The visitor has left.
    Left,
}

impl Notice {
    /// The page with its status and when it tries again.
    fn page(self, here: &str) -> web::wait::Notice {
        let of = web::wait::Notice::new;
        // A robot must not take the page for that of the address.
        let away = StatusCode::SERVICE_UNAVAILABLE;
        match self {
            Self::NoCookies => {
                // A person must change something first; only programs are told when to come again.
                web::wait::Notice {
                    retry_after: Some(NO_COOKIES_RETRY_SECONDS),
                    again: Some(0),
                    ..of(away, "nocookies")
                }
            }
            Self::CookieLost => of(StatusCode::OK, "cookielost").again_after(0),
            Self::Full => of(away, "full").again_after(FULL_RETRY_SECONDS),
            Self::TooMany => of(StatusCode::TOO_MANY_REQUESTS, "toomany").again_after(FULL_RETRY_SECONDS),
            Self::AccountNeeded => of(StatusCode::UNAUTHORIZED, "account"),
            Self::Closed => of(StatusCode::OK, "closed"),
            Self::Unavailable => of(away, "unavailable").again_after(UNAVAILABLE_RETRY_SECONDS),
            Self::Gone => of(StatusCode::OK, "gone").action("wait-rejoin", here, true),
            Self::Left => of(StatusCode::OK, "left").action("wait-rejoin", here, false),
        }
    }
}

fn visit(here: &str, lang: Language) -> Visit {
    Visit { lang, here: here.to_owned(), ..Visit::default() }
}

/// `name`: as it stands in addresses.
fn line(name: &str, here: &str) -> Line {
    Line { kind: Kind::Site, name: name.to_owned(), about: None, here: here.to_owned() }
}

fn of_one_visitor(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));
    response
}

/// The page with a visitor's place.
pub fn waiting(waiting: &Waiting, name: &str, here: &str, language: Language) -> Response {
    let (number, document) = (waiting.number.get(), waiting.document.as_deref());
    let standing = match document {
        _ if waiting.rank == 0 => Standing::Drawing,
        Some(document) => Standing::of(document.state, document.serving, number),
        None => Standing::Waiting,
    };
    let place = Place {
        from_rank: waiting.from_rank,
        wait_seconds: document.and_then(|document| document.wait_seconds(waiting.rank, waiting.number)),
        waiting: document.map(|document| document.waiting),
        rate_per_second: document.map_or(0.0, |document| document.rate_per_second),
        notice: document.and_then(|document| words(document.notice.as_ref()?, language)),
        opens_at: document.and_then(|document| document.opens_at),
        is_late: waiting.is_late,
        is_lost: waiting.is_lost,
        ..Place::new(standing, number, waiting.rank)
    };
    of_one_visitor(web::wait::waiting(&visit(here, language), &line(name, here), &place))
}

/// The operator's words in the visitor's language, or in the one that there is.
fn words(notice: &NoticeDocument, language: Language) -> Option<String> {
    let (own, other) = match language {
        Language::Ko => (&notice.ko, &notice.en),
        Language::En => (&notice.en, &notice.ko),
    };
    own.clone().or_else(|| other.clone())
}

/// A page with the reason for a missing rank.
pub fn notice(notice: Notice, name: &str, here: &str, language: Language) -> Response {
    of_one_visitor(web::wait::notice(&visit(here, language), &line(name, here), &notice.page(here)))
}

/// The page that asks whether to leave. `proof`: what shows that it was asked.
pub fn leave(name: &str, here: &str, proof: String, language: Language) -> Response {
    let form = Form { action: here.to_owned(), label: "wait-leave-yes", fields: vec![("leave", proof)] };
    let asked = web::wait::Notice::new(StatusCode::OK, "leave").form(form).action("wait-leave-no", here, false);
    of_one_visitor(web::wait::notice(&visit(here, language), &line(name, here), &asked))
}

/// The page that asks for something before it gives a position. `script`: where reCAPTCHA's script is.
pub fn ask(
    document: &ChallengeDocument,
    script: Option<&str>,
    name: &str,
    here: &str,
    status: StatusCode,
    language: Language,
) -> Response {
    let question = Question {
        kind: document.kind.to_owned(),
        nonce: document.nonce.clone(),
        bits: document.bits,
        site_key: document.site_key.clone(),
    };
    of_one_visitor(web::wait::ask(&visit(here, language), &line(name, here), &question, script, status))
}

/// A file of the pages by its plain name, which never changes: a browser keeps it for a short time only.
pub fn asset(name: &str) -> Option<Response> {
    let kind = match name {
        "wait.css" => "text/css; charset=utf-8",
        "wait.js" | "challenge.js" => "text/javascript; charset=utf-8",
        _ => return None,
    };
    let content = web::assets::content(name)?;
    Some(([(CONTENT_TYPE, kind), (CACHE_CONTROL, "public, max-age=60")], content).into_response())
}

#[cfg(test)]
mod tests;
