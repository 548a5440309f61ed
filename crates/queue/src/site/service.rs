//! Lines before any site: the check of each request, the waiting page, and a visitor's own place.

use super::check::{Checks, Verdict, admitted_address};
use super::local::{escaped, local, wait_address};
use super::page::{self, Notice, Waiting};
use super::signed::CookieKeys;
use super::visitor::{Caller, Carried, new_visitor};
use ::http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, LOCATION, SET_COOKIE};
use ::http::request::Parts;
use ::http::{HeaderMap, HeaderValue, StatusCode};
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use domain::line::{LineId, LineStatus};
use domain::{ErrorCode, EventName, UserId};
use hot::line::LineUser;
use lines::client::LineClient;
use lines::serving::ServingCache;
use onsale_http::{ApiError, ClientIp, Language};
use std::convert::Infallible;
use std::sync::Arc;

/// What pages and checks work with. Cheap to clone.
#[derive(Clone)]
pub struct Site {
    lines: LineClient,
    cache: ServingCache,
    checks: Checks,
    keys: Arc<CookieKeys>,
    binds_network: bool,
}

/// Who asks, as far as the request tells.
pub struct Asker {
    headers: HeaderMap,
    client: Option<ClientIp>,
}

impl<S: Send + Sync> FromRequestParts<S> for Asker {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self { headers: parts.headers.clone(), client: parts.extensions.get().copied() })
    }
}

impl Asker {
    /// A header's text; empty without one.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The language of pages: Korean where nobody says otherwise.
    fn language(&self) -> Language {
        Language::from_accept(self.headers.get(ACCEPT_LANGUAGE).map(HeaderValue::as_bytes), Language::Ko)
    }
}

/// What a waiting page's address says.
#[derive(Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WaitQuery {
    /// where to go when it is the turn: a path of this site
    #[serde(default)]
    to: String,
    /// the rank that the progress begins with
    #[serde(default)]
    from: String,
    /// set once the cookie was offered
    #[serde(default)]
    cookie: String,
}

fn line_of(name: &str) -> Result<LineId, ApiError> {
    EventName::new(name).map(LineId::Queue).map_err(|error| ApiError::invalid(format!("line {error}")))
}

fn no_line() -> ApiError {
    ApiError::new(ErrorCode::NotFound).detail("there is no such line")
}

fn see_other(to: &str, cookie: Option<&str>) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    put(&mut response, LOCATION.as_str(), to);
    put(&mut response, CACHE_CONTROL.as_str(), "no-store");
    if let Some(cookie) = cookie {
        put(&mut response, SET_COOKIE.as_str(), cookie);
    }
    response
}

fn put(response: &mut Response, name: &'static str, value: &str) {
    // Names of lines, hexadecimal digits and plain paths: nothing that a header can not hold.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().append(name, value);
    }
}

impl Site {
    /// Sites behind a desk's lines.
    pub fn new(lines: LineClient, cache: ServingCache, keys: Arc<CookieKeys>, binds_network: bool) -> Self {
        Self { checks: Checks::new(lines.clone()), lines, cache, keys, binds_network }
    }

    fn caller<'a>(&'a self, asker: &'a Asker) -> Caller<'a> {
        Caller::new(&self.keys, &asker.headers, asker.client, self.binds_network)
    }

    /// Who watches or polls a line with a visitor's cookie, and so is there.
    pub fn watcher(&self, line: &LineId, asker: &Asker) -> Option<LineUser> {
        match (line, self.caller(asker).visitor()) {
            (LineId::Queue(_), Carried::Valid(user)) => Some(LineUser { line: line.clone(), user }),
            _ => None,
        }
    }

    /// Notes that somebody is there. Nobody waits for it.
    pub fn note(&self, line: &LineId, asker: &Asker) {
        if let Some(who) = self.watcher(line, asker) {
            let lines = self.lines.clone();
            tokio::spawn(async move { lines.look(who).await.map(drop) });
        }
    }

    /// Whether a request goes through, for `auth_request`: 200, 401 with where to go instead, 403, or 503.
    ///
    /// # Errors
    /// As said.
    pub async fn check(&self, name: &str, asker: &Asker, original: &str) -> Result<Response, ApiError> {
        let line = line_of(name)?;
        match self.checks.check(&line, &self.caller(asker), original).await {
            Verdict::Through(cookie) => {
                let mut response = StatusCode::OK.into_response();
                put(&mut response, CACHE_CONTROL.as_str(), "no-store");
                cookie.iter().for_each(|cookie| put(&mut response, SET_COOKIE.as_str(), cookie));
                Ok(response)
            }
            Verdict::Elsewhere { to, cookie } => {
                let mut response = ApiError::new(ErrorCode::Unauthorized).into_response();
                put(&mut response, "x-onsale-location", &to);
                put(&mut response, "www-authenticate", "Onsale-Pass");
                cookie.iter().for_each(|cookie| put(&mut response, SET_COOKIE.as_str(), cookie));
                Ok(response)
            }
            Verdict::Refused => Err(ErrorCode::Forbidden.into()),
            Verdict::NoLine => Err(no_line()),
            Verdict::Away => Err(ApiError::unavailable()),
        }
    }

    /// The same for proxies that hand the check's own refusal to the browser (Envoy): 303 to where to go instead.
    ///
    /// # Errors
    /// As [`Site::check`].
    pub async fn check_and_send(&self, name: &str, asker: &Asker, original: &str) -> Result<Response, ApiError> {
        let line = line_of(name)?;
        match self.checks.check(&line, &self.caller(asker), original).await {
            Verdict::Elsewhere { to, cookie } => Ok(see_other(&to, cookie.as_deref())),
            _ => self.check(name, asker, original).await,
        }
    }

    /// The waiting page: takes a place for a visitor whose cookie has come back, or leads on.
    ///
    /// # Errors
    /// `INVALID_INPUT`, `NOT_FOUND`.
    pub async fn wait(&self, name: &str, query: &WaitQuery, asker: &Asker) -> Result<Response, ApiError> {
        let line = line_of(name)?;
        let (caller, language, to) = (self.caller(asker), asker.language(), local(&query.to));
        let here = wait_address(&line, &to);
        let Carried::Valid(visitor) = caller.visitor() else {
            // A place is for who comes back with the cookie: what keeps none, such as a robot, takes none.
            return Ok(match (query.cookie.is_empty(), new_visitor()) {
                (true, Some(visitor)) => see_other(&format!("{here}&cookie=1"), Some(&caller.visitor_cookie(&visitor))),
                _ => page::notice(Notice::NoCookies, &here, language),
            });
        };
        let cookie = caller.visitor_cookie(&visitor);
        // One that was somebody else's before this visitor began anew: the check would refuse it for as long as it lives.
        let has_wrong_pass = caller.pass(&line, &visitor) == Carried::Forged;
        let who = LineUser { line: line.clone(), user: visitor.clone() };
        let mut response = match self.lines.enter(who).await {
            Ok(LineStatus::Waiting { ticket, rank, .. }) => {
                let from_rank = query.from.parse().unwrap_or(rank).max(rank);
                let wait_seconds = self.estimate(&line, rank, ticket).await;
                let here = format!("{here}&from={from_rank}");
                page::waiting(&Waiting { line: escaped(name), ticket, rank, from_rank, wait_seconds, here }, language)
            }
            Ok(LineStatus::Inside { pass, .. }) => {
                let right = has_wrong_pass.then(|| caller.pass_cookie(&line, &visitor, &pass, clock::now()));
                see_other(&admitted_address(&to, pass.id), right.as_deref())
            }
            Ok(LineStatus::Drawing { entry, .. }) => page::notice(Notice::Drawing(entry), &here, language),
            Ok(LineStatus::Full) => page::notice(Notice::Full, &here, language),
            Ok(LineStatus::Closed | LineStatus::Finished { .. }) => page::notice(Notice::Closed, &here, language),
            Ok(LineStatus::NoLine) => return Err(no_line()),
            Ok(LineStatus::Absent | LineStatus::Processing { .. }) | Err(_) => {
                page::notice(Notice::Unavailable, &here, language)
            }
        };
        // Again, so that it lasts from now on.
        put(&mut response, SET_COOKIE.as_str(), &cookie);
        Ok(response)
    }

    /// Seconds until somebody of this place goes, as far as anybody knows.
    async fn estimate(&self, line: &LineId, rank: u64, ticket: u64) -> Option<u64> {
        self.cache.serving(line).await.ok()??.wait_seconds(rank, ticket)
    }

    /// A visitor's own place.
    ///
    /// # Errors
    /// `UNAUTHORIZED` without a visitor's cookie, `NOT_FOUND` without a place, `SERVICE_UNAVAILABLE`.
    pub async fn place(&self, name: &str, asker: &Asker) -> Result<Place, ApiError> {
        let line = line_of(name)?;
        let Carried::Valid(user) = self.caller(asker).visitor() else {
            return Err(ApiError::new(ErrorCode::Unauthorized).detail("open /wait/ first and send its cookie"));
        };
        match self.look(&line, user).await? {
            LineStatus::Waiting { ticket, rank, .. } => Ok(Place {
                status: PlaceStatus::Waiting,
                ticket,
                rank,
                estimated_wait_time: self.estimate(&line, rank, ticket).await,
                token: None,
            }),
            LineStatus::Drawing { entry, .. } => Ok(Place {
                status: PlaceStatus::Drawing,
                ticket: entry,
                rank: 0,
                estimated_wait_time: None,
                token: None,
            }),
            LineStatus::Inside { ticket, pass } => Ok(Place {
                status: PlaceStatus::Active,
                ticket,
                rank: 0,
                estimated_wait_time: Some(0),
                token: Some(format!("qr_{}", pass.id)),
            }),
            _ => Err(ApiError::new(ErrorCode::NotFound).detail("there is no place in this line")),
        }
    }

    async fn look(&self, line: &LineId, user: UserId) -> Result<LineStatus, ApiError> {
        Ok(self.lines.look(LineUser { line: line.clone(), user }).await?)
    }
}

/// Where a visitor is on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PlaceStatus {
    /// In the line.
    Waiting,
    /// The order is drawn when the line opens; `ticket` is the number that takes part.
    Drawing,
    /// May go on.
    Active,
}

/// A visitor's own place.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// Where on the way.
    pub status: PlaceStatus,
    /// The place's number.
    pub ticket: u64,
    /// From 1; 0 for who may go on.
    pub rank: u64,
    /// Seconds; null while nobody is let in.
    pub estimated_wait_time: Option<u64>,
    /// What goes on with a link, for who may go on.
    pub token: Option<String>,
}
