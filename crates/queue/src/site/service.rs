//! Lines before any site: the check of each request, the waiting page, and a visitor's position.

use super::answers::{answered, give_apart, no_line, put, refused, see_other};
use super::arrival::{Arrival, Arrived};
use super::ask::Taken;
use super::asker::Asker;
use super::check::{AccessDecision, Checks, NewCookies, admitted_address};
use super::cookie_keys::CookieKeys;
use super::link::FreePass;
use super::local::{escaped, written};
use super::page::{self, Notice, Waiting};
use super::visitor_cookies::{Identity, SameSite, VisitorCookies};
use super::wait_query::WaitQuery;
use ::http::header::{ACCEPT_LANGUAGE, SET_COOKIE};
use ::http::request::Parts;
use ::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::extract::FromRequestParts;
use axum::response::Response;
use domain::line::{LineId, LineStatus, QueueNumber};
use domain::{ErrorCode, EventName, UserId};
use hot::line::LineUser;
use lines::client::LineClient;
use lines::serving::{Serving, ServingCache};
use lines::{Challenges, Returned, RuleCache};
use onsale_http::limits::{LimitDecision, Limits};
use onsale_http::{ApiError, ClientIp, Language, Network};
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Longest wait for a line's rule. A page that asks more than one thing of an engine that is away must still say so within
/// the time limit of a request.
const RULE_TIMEOUT: Duration = Duration::from_secs(2);
/// Longest wait for a visitor's position, with what is asked for before it.
const PLACE_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves the checks and the pages of sites behind lines. Cheap to clone.
#[derive(Clone)]
pub struct Site {
    pub(super) lines: LineClient,
    cache: ServingCache,
    checks: Checks,
    rules: RuleCache,
    keys: Arc<CookieKeys>,
    options: SiteOptions,
    pub(super) challenges: Option<Challenges>,
    limits: Option<Arc<Limits>>,
}

/// How sites behind lines treat their visitors.
#[derive(Clone, Copy, Debug, Default)]
pub struct SiteOptions {
    /// Whether a cookie is valid only in the network that it was made for.
    pub binds_network: bool,
    /// Whether browsers send the cookies with what other sites make them do.
    pub same_site: SameSite,
    /// The life of a pass, if use renews passes.
    pub pass_renewal: Option<Duration>,
}

/// The method, the headers and the client address of a visitor's request.
pub struct VisitorRequest {
    method: Method,
    headers: HeaderMap,
    client: Option<ClientIp>,
    network: Option<Network>,
}

impl<S: Send + Sync> FromRequestParts<S> for VisitorRequest {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let extensions = &parts.extensions;
        Ok(Self {
            method: parts.method.clone(),
            headers: parts.headers.clone(),
            client: extensions.get().copied(),
            network: extensions.get().copied(),
        })
    }
}

impl VisitorRequest {
    /// A header's bytes; empty if the header is missing.
    pub fn header(&self, name: &str) -> &[u8] {
        self.headers.get(name).map(HeaderValue::as_bytes).unwrap_or_default()
    }

    /// The holder of the visitor's streams; none if the address is unknown.
    pub fn network(&self) -> Option<Network> {
        self.network
    }

    /// The visitor's address, if it is known.
    pub(super) fn address(&self) -> Option<IpAddr> {
        self.client.map(|client| client.0)
    }

    fn asker(&self) -> Asker {
        Asker::of(&self.method, &self.headers)
    }

    /// The language of pages; Korean by default.
    pub(super) fn language(&self) -> Language {
        Language::from_accept(self.headers.get(ACCEPT_LANGUAGE).map(HeaderValue::as_bytes), Language::Ko)
    }
}

/// The line before a site of this name. A schedule's line is before no site: it takes people with an account, by routes of
/// its own.
pub(super) fn line_of(name: &str) -> Result<LineId, ApiError> {
    let line = EventName::new(name).map(LineId::Queue).map_err(|error| ApiError::invalid(format!("line {error}")))?;
    if line.is_of_site() { Ok(line) } else { Err(no_line()) }
}

impl Site {
    /// Sites behind the lines of this client.
    pub fn new(lines: LineClient, cache: ServingCache, keys: Arc<CookieKeys>, options: SiteOptions) -> Self {
        let rules = RuleCache::new(lines.port.clone());
        let checks = Checks::new(lines.clone(), options.pass_renewal);
        Self { checks, rules, lines, cache, keys, options, challenges: None, limits: None }
    }

    /// The keys of cookies and links.
    pub(super) fn keys(&self) -> &CookieKeys {
        &self.keys
    }

    /// The rules that the checks go by.
    pub(super) fn rules(&self) -> &RuleCache {
        &self.rules
    }

    /// A line was changed or ended by this server.
    pub fn changed(&self, line: &LineId) {
        self.rules.forget(line);
    }

    /// Whether nobody has to wait in the line: it is switched off, or has ended by time.
    pub(super) async fn stands_aside(&self, line: &LineId) -> bool {
        let rule = tokio::time::timeout(RULE_TIMEOUT, self.rules.rule(line)).await;
        let rule = rule.ok().and_then(Result::ok).flatten();
        rule.is_some_and(|rule| rule.stands_aside(clock::now()))
    }

    /// The same, with what lines ask for before they give a place.
    #[must_use]
    pub fn with_challenges(self, challenges: Challenges) -> Self {
        Self { challenges: Some(challenges), ..self }
    }

    /// The same, with a limit on how often a visitor looks at the own place.
    #[must_use]
    pub fn with_limits(self, limits: Arc<Limits>) -> Self {
        Self { limits: Some(limits), ..self }
    }

    /// Takes a unit of the visitor's bucket for a look at the own place.
    pub fn take_look(&self, name: &str, request: &VisitorRequest) -> Option<LimitDecision> {
        let (limits, line) = (self.limits.as_ref()?, line_of(name).ok()?);
        let visitor = self.cookies(request).identity(&line)?.visitor;
        Some(limits.take_status(name, visitor.as_str(), clock::now_us()))
    }

    pub(super) fn cookies<'a>(&'a self, request: &'a VisitorRequest) -> VisitorCookies<'a> {
        let binds_network = self.options.binds_network;
        VisitorCookies::new(&self.keys, &request.headers, request.client, binds_network)
            .with_same_site(self.options.same_site)
    }

    /// The user who watches or polls a line with a visitor's cookie, and so stays active.
    pub fn watcher(&self, line: &LineId, request: &VisitorRequest) -> Option<LineUser> {
        let identity = line.is_of_site().then(|| self.cookies(request).identity(line)).flatten()?;
        Some(LineUser { line: line.clone(), user: identity.visitor })
    }

    /// Checks a request, for `auth_request`: 200, or 401 with the browser's next address. `original`: the bytes of the
    /// requested address.
    ///
    /// # Errors
    /// `INVALID_INPUT`, `NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub async fn check(&self, name: &str, request: &VisitorRequest, original: &[u8]) -> Result<Response, ApiError> {
        let decision = self.decision(name, request, original).await?;
        let (cookies, returned) = (decision.cookies().clone(), decision.returned());
        let (mut response, answer) = match decision {
            AccessDecision::Redirect { to, .. } if request.asker() == Asker::Script => {
                (refused(&to, &cookies, returned), "script")
            }
            AccessDecision::Redirect { to, .. } => (refused(&to, &cookies, returned), "page"),
            AccessDecision::Later => (refused("/", &cookies, None), "later"),
            decision => (answered(decision)?, "pass"),
        };
        put(&mut response, "x-onsale-answer", answer);
        give_apart(&mut response, &cookies);
        Ok(response)
    }

    /// Like [`Site::check`], for proxies that pass the check's response to the browser (Envoy): 303 instead of 401 where a
    /// browser opens a page, 503 for a robot.
    ///
    /// # Errors
    /// As [`Site::check`].
    pub async fn check_and_redirect(
        &self,
        name: &str,
        request: &VisitorRequest,
        original: &[u8],
    ) -> Result<Response, ApiError> {
        match self.decision(name, request, original).await? {
            AccessDecision::Redirect { to, cookies, returned } if request.asker() == Asker::Script => {
                Ok(refused(&to, &cookies, returned))
            }
            decision => answered(decision),
        }
    }

    async fn decision(
        &self,
        name: &str,
        request: &VisitorRequest,
        original: &[u8],
    ) -> Result<AccessDecision, ApiError> {
        let (line, target) = (line_of(name)?, written(original));
        let allowed = |pass| AccessDecision::Allowed(NewCookies { visitor: None, pass });
        // A request that needs no position passes first.
        Ok(match self.free_pass(&line, request, &target).await {
            Some(FreePass::Plain) => allowed(None),
            Some(FreePass::WithCookie(cookie)) => allowed(Some(cookie)),
            None => self.checks.check(&line, &self.cookies(request), &target, request.asker()).await,
        })
    }

    /// The waiting page: enters a visitor whose browser has returned the cookie, or redirects.
    ///
    /// # Errors
    /// `INVALID_INPUT`, `NOT_FOUND`.
    pub async fn wait(&self, name: &str, query: &WaitQuery, request: &VisitorRequest) -> Result<Response, ApiError> {
        let (Arrival { user, to, here }, cookies) = match self.arrival(name, query, request).await? {
            Arrived::Visitor(arrival) => (arrival, self.cookies(request)),
            Arrived::Answered(response) => return Ok(response),
        };
        let (line, language, name) = (user.line.clone(), request.language(), escaped(name));
        let cookie = cookies.visitor_cookie(&user.user);
        let proof = self.proof_of_leaving(&user);
        let placed = async {
            match query.only_looks() {
                true => self.check_in(&user.line, user.user.clone()).await.map(Taken::Told),
                false => self.take_place(user, request).await,
            }
        };
        let placed = tokio::time::timeout(PLACE_TIMEOUT, placed).await;
        let mut response = match placed.unwrap_or_else(|_| Err(ApiError::unavailable())) {
            Ok(Taken::Asked(document)) => {
                page::ask(&document, self.script_url(), &name, &here, StatusCode::OK, language)
            }
            Ok(Taken::AccountNeeded) => page::notice(Notice::AccountNeeded, &name, &here, language),
            Ok(Taken::Told(LineStatus::Waiting { .. } | LineStatus::Drawing { .. })) if query.leave == "1" => {
                page::leave(&name, &here, proof, language)
            }
            Ok(Taken::Told(status @ (LineStatus::Waiting { .. } | LineStatus::Drawing { .. }))) => {
                let document = self.cache.serving(&line).await.ok().flatten();
                page::waiting(&waiting(&status, query, document), &name, &here, language)
            }
            Ok(Taken::Told(LineStatus::Inside { pass, .. })) => {
                see_other(&admitted_address(&to, pass.id), &NewCookies::default())
            }
            Ok(Taken::Told(LineStatus::Absent)) if query.only_looks() => {
                let notice = if query.leave.is_empty() { Notice::Gone } else { Notice::Left };
                page::notice(notice, &name, &here, language)
            }
            Ok(Taken::Told(status)) => page::notice(notice_of(status).ok_or_else(no_line)?, &name, &here, language),
            Err(_) => page::notice(Notice::Unavailable, &name, &here, language),
        };
        // Sent again, so that its lifetime starts anew.
        put(&mut response, SET_COOKIE.as_str(), &cookie);
        Ok(response)
    }

    /// Seconds until the visitor is admitted; none if unknown.
    async fn estimate(&self, line: &LineId, rank: u64, number: QueueNumber) -> Option<u64> {
        self.cache.serving(line).await.ok()??.wait_seconds(rank, number)
    }

    /// A visitor's position.
    ///
    /// # Errors
    /// `UNAUTHORIZED` without a visitor's cookie, `NOT_FOUND` without a position or while nobody has to wait,
    /// `SERVICE_UNAVAILABLE`.
    pub async fn place(&self, name: &str, request: &VisitorRequest) -> Result<Place, ApiError> {
        let line = line_of(name)?;
        if self.stands_aside(&line).await {
            return Err(ApiError::new(ErrorCode::NotFound).detail("nobody has to wait in this line now"));
        }
        let Some(Identity { visitor: user, .. }) = self.cookies(request).identity(&line) else {
            return Err(ApiError::new(ErrorCode::Unauthorized).detail("open /wait/ first and send its cookie"));
        };
        let status = self.check_in(&line, user).await?;
        match status {
            LineStatus::Waiting { number, rank, .. } => Ok(Place {
                status: PlaceStatus::Waiting,
                number,
                rank,
                estimated_wait_time: self.estimate(&line, rank, number).await,
                token: None,
                returned: Returned::of(&status),
            }),
            LineStatus::Drawing { entry, .. } => Ok(Place {
                status: PlaceStatus::Drawing,
                number: entry,
                rank: 0,
                estimated_wait_time: None,
                token: None,
                returned: None,
            }),
            LineStatus::Inside { number, pass } => Ok(Place {
                status: PlaceStatus::Active,
                number,
                rank: 0,
                estimated_wait_time: Some(0),
                token: Some(format!("qr_{}", pass.id)),
                returned: None,
            }),
            // Was away for too long, and there is no room for a new place now.
            LineStatus::Full => Err(ErrorCode::QueueFull.into()),
            _ => Err(ApiError::new(ErrorCode::NotFound).detail("this visitor has no position in this line")),
        }
    }

    async fn check_in(&self, line: &LineId, user: UserId) -> Result<LineStatus, ApiError> {
        Ok(self.lines.check_in(LineUser { line: line.clone(), user }).await?)
    }
}

/// The status of a visitor in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PlaceStatus {
    /// In the line.
    Waiting,
    /// Entered in the draw that sets the order when the line opens; `ticket` is the entry number.
    Drawing,
    /// Admitted.
    Active,
}

/// A visitor's position.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The visitor's status.
    pub status: PlaceStatus,
    /// The visitor's ticket number.
    #[serde(rename = "ticket")]
    #[schema(value_type = u64)]
    pub number: QueueNumber,
    /// Rank from 1; 0 for an admitted visitor or one in the draw.
    pub rank: u64,
    /// Seconds to wait; null if unknown or while admission is stopped.
    pub estimated_wait_time: Option<u64>,
    /// The token for the link to the site, for an admitted visitor.
    pub token: Option<String>,
    /// `LATE`, once, where the visitor was away for too long for the old position, and has this one at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned: Option<Returned>,
}

/// What the page shows of a status with a place.
fn waiting(status: &LineStatus, query: &WaitQuery, document: Option<Arc<Serving>>) -> Waiting {
    let (number, rank) = match *status {
        LineStatus::Waiting { number, rank, .. } => (number, rank),
        LineStatus::Drawing { entry, .. } => (entry, 0),
        _ => (QueueNumber(0), 0),
    };
    Waiting {
        number,
        rank,
        from_rank: query.from.parse().unwrap_or(rank).max(rank),
        is_lost: query.is_lost(),
        is_late: query.is_late() || Returned::of(status).is_some(),
        document,
    }
}

/// What a page says to a visitor without a rank; none where there is no such line.
pub(super) fn notice_of(status: LineStatus) -> Option<Notice> {
    Some(match status {
        LineStatus::Full => Notice::Full,
        LineStatus::TooMany => Notice::TooMany,
        LineStatus::Closed | LineStatus::Finished { .. } => Notice::Closed,
        LineStatus::NoLine => return None,
        LineStatus::Absent
        | LineStatus::Processing { .. }
        | LineStatus::Waiting { .. }
        | LineStatus::Drawing { .. }
        | LineStatus::Inside { .. } => Notice::Unavailable,
    })
}
