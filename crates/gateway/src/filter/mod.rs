//! The filters, in the contract's order, written once for both ways of running.
//!
//! ```text
//! internal -> sizes -> identity headers -> route -> token, role -> CSRF -> pass -> buckets -> breaker -> time -> service
//! ```
//!
//! Each step either goes on or answers. What a request may say about itself is judged by its head alone: no body is read
//! before the caller is known (a form's, for its CSRF token, last of all).

pub(crate) mod body;
mod buckets;
pub(crate) mod csrf;
pub mod metrics;
pub(crate) mod pass;
pub(crate) mod site;
mod strip;
pub(crate) mod token;

use crate::routes::{Access, Found, Lookup, find};
use crate::{Gateway, Parts, Service, words};
use ::metrics::counter;
use access::ByPage;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use body::{BodyFault, BodyWatch};
use domain::ErrorCode;
use http::header::{ALLOW, AUTHORIZATION, CONTENT_LENGTH};
use http::{HeaderMap, HeaderValue};
use onsale_http::limits::{OneVisit, RateNote, put_headers};
use onsale_http::{ApiError, Language, Network, TraceId};
use pass::PassAnswer;
use std::time::Duration;
use token::{Caller, unauthorized};

/// On an answer that no service gave: it could not be reached, or broke off. The breaker hears of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServiceFailed;

/// The routes whose service reads the token itself: whose session is it?
const TOKEN_READERS: [&str; 2] = ["/auth/logout", "/users/me/password"];

/// The layer.
pub(crate) async fn filter(State(gateway): State<Gateway>, mut request: Request, next: Next) -> Response {
    let parts = &*gateway.0;
    let path = request.uri().path().to_owned();
    if path == "/internal" || path.starts_with("/internal/") {
        return ApiError::new(ErrorCode::NotFound).into_response();
    }
    let limit_bytes = parts.body_limit(&path);
    if declared_bytes(request.headers()).is_some_and(|bytes| bytes > limit_bytes) {
        let detail = format!("the body must have at most {limit_bytes} bytes");
        return ApiError::new(ErrorCode::PayloadTooLarge).detail(detail).into_response();
    }
    strip::identity(request.headers_mut());
    let found = match find(request.method(), &path) {
        Lookup::Found(found) => found,
        Lookup::Unknown => return ApiError::new(ErrorCode::NotFound).into_response(),
        Lookup::WrongMethod(allow) => return wrong_method(&allow),
    };
    let (note, admitted) = parts.admit(&found, request, limit_bytes).await;
    let mut response = match admitted {
        Ok(request) => {
            let pass = request.extensions().get::<PassAnswer>().copied();
            let response = parts.run(Way::of(parts, &found), request, async |request| next.run(request).await).await;
            match pass {
                Some(pass) => pass.apply(response, &parts.cookies).await,
                None => response,
            }
        }
        Err(refusal) => refusal,
    };
    if let Some(note) = note {
        put_headers(&note, response.headers_mut());
    }
    response
}

fn declared_bytes(headers: &HeaderMap) -> Option<u64> {
    std::str::from_utf8(headers.get(CONTENT_LENGTH)?.as_bytes()).ok()?.trim().parse().ok()
}

fn wrong_method(allow: &str) -> Response {
    let mut response = ApiError::new(ErrorCode::MethodNotAllowed).into_response();
    if let Ok(allow) = HeaderValue::from_str(allow) {
        response.headers_mut().insert(ALLOW, allow);
    }
    response
}

/// Which service a call is for, and how long it may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    pub(crate) service: Service,
    /// None: a stream.
    pub(crate) time_limit: Option<Duration>,
}

impl Way {
    fn of(parts: &Parts, found: &Found<'_>) -> Self {
        Self { service: found.service(), time_limit: parts.settings.time_limits.of(found.row) }
    }
}

impl Parts {
    /// Largest body in bytes: by the path's beginning, whether there is a route or not.
    fn body_limit(&self, path: &str) -> u64 {
        let under = |start: &str| path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        match ["/auth", "/users", "/session"].into_iter().any(under) {
            true => self.settings.account_body_bytes_max,
            false => self.settings.body_bytes_max,
        }
    }

    /// All filters that judge the caller. Returns the request as the service is to see it.
    async fn admit(
        &self,
        found: &Found<'_>,
        mut request: Request,
        limit_bytes: u64,
    ) -> (Option<RateNote>, Result<Request, Response>) {
        let refuse = |error: ApiError| (None, Err(error.into_response()));
        let row = found.row;
        let caller = match row.access {
            Access::Anyone => Caller::Nobody,
            _ => self.caller(request.headers()).await,
        };
        if let Err(refusal) = judge(row.access, &caller, request.headers()) {
            return (None, Err(refusal));
        }
        let is_form = match self.check_page(&caller, &request) {
            Ok(is_form) => is_form,
            Err(refusal) => return refuse(refusal),
        };
        if row.access != Access::Anyone {
            pass::from_cookie(request.headers_mut());
        }
        if row.needs_pass
            && let Err(code) = pass::check(request.headers())
        {
            return refuse(code.into());
        }
        let network = request.extensions().get::<Network>().copied();
        let visit = request.extensions().get::<OneVisit>();
        let taken = self.take(row.buckets, (caller.person(), visit), network).await;
        if let Some(refusal) = taken.refusal {
            return (taken.note, Err(refusal.into_response()));
        }
        let body = std::mem::take(request.body_mut());
        let watch = BodyWatch::new(body, limit_bytes);
        *request.body_mut() = watch.body();
        if is_form {
            request = match self.check_form(&caller, request).await {
                Ok(request) => request,
                Err(refusal) => return (taken.note, Err(refusal.into_response())),
            };
        }
        if let Some(answer) = PassAnswer::of(row.pattern, &caller) {
            request.extensions_mut().insert(answer);
        }
        identify(found, &caller, &mut request);
        if is_form {
            let body = std::mem::take(request.body_mut());
            let watch = BodyWatch::new(body, limit_bytes);
            *request.body_mut() = watch.body();
            request.extensions_mut().insert(watch);
        } else {
            request.extensions_mut().insert(watch);
        }
        (taken.note, Ok(request))
    }

    /// Runs a call within its time, unless its service rests. The breaker hears how it ended.
    pub(crate) async fn run(
        &self,
        way: Way,
        request: Request,
        call: impl AsyncFnOnce(Request) -> Response,
    ) -> Response {
        let Way { service, time_limit } = way;
        let watch = request.extensions().get::<BodyWatch>().cloned();
        if service == Service::Gateway {
            let response = call(request).await;
            let fault = watch.as_ref().and_then(BodyWatch::fault);
            return if fault.is_some() { broken_body(fault, response) } else { response };
        }
        let said = Said::of(&request);
        let leave = match self.breakers.admit(service) {
            Ok(leave) => leave,
            Err(wait_seconds) => {
                counter!(metrics::RESTS, "service" => service.name()).increment(1);
                return words::unavailable(service, said.language, said.trace_id, Some(wait_seconds));
            }
        };
        let answer = call(request);
        let answered = match time_limit {
            Some(limit) => tokio::time::timeout(limit, answer).await.ok(),
            None => Some(answer.await),
        };
        let fault = watch.as_ref().and_then(BodyWatch::fault);
        let is_waiting = watch.as_ref().is_some_and(BodyWatch::is_waiting);
        match answered {
            // The client's own mistake says nothing about the service.
            Some(response) if fault.is_some() && !response.status().is_success() => broken_body(fault, response),
            Some(response) if response.extensions().get::<ServiceFailed>().is_some() => {
                counter!(metrics::FAILURES, "service" => service.name(), "why" => "connection").increment(1);
                leave.failed();
                response
            }
            Some(response) => {
                leave.succeeded();
                response
            }
            None if is_waiting => ApiError::new(ErrorCode::RequestTimeout).into_response(),
            None => {
                counter!(metrics::FAILURES, "service" => service.name(), "why" => "time").increment(1);
                leave.failed();
                words::too_late(service, said.language, said.trace_id)
            }
        }
    }
}

/// What the frame has found out about the request, for words of our own.
pub(crate) struct Said {
    pub(crate) language: Language,
    pub(crate) trace_id: TraceId,
}

impl Said {
    pub(crate) fn of(request: &Request) -> Self {
        let extensions = request.extensions();
        let trace_id = extensions.get::<TraceId>().copied().unwrap_or_else(TraceId::fresh);
        Self { language: extensions.get::<Language>().copied().unwrap_or_default(), trace_id }
    }
}

fn broken_body(fault: Option<BodyFault>, response: Response) -> Response {
    match fault {
        Some(BodyFault::TooLarge) => ApiError::new(ErrorCode::PayloadTooLarge).into_response(),
        // Nobody is left to read it; the service's own answer is as good.
        Some(BodyFault::Broken) if response.status().is_client_error() => response,
        _ => ApiError::invalid("the body is incomplete").into_response(),
    }
}

/// Token and role.
#[allow(clippy::result_large_err, reason = "the refusal is the response itself, written once")]
fn judge(access: Access, caller: &Caller, headers: &HeaderMap) -> Result<(), Response> {
    let has_key = headers.contains_key("x-api-key");
    match (access, caller) {
        // A bad token is ignored.
        (Access::Anyone | Access::Public, _) => Ok(()),
        // A caller who shows no token is judged by the service: a cookie that has run out is nobody's mistake there.
        (Access::Own, Caller::Refused(code)) if headers.contains_key(AUTHORIZATION) => Err(unauthorized(*code)),
        (Access::Own, _) => Ok(()),
        (_, Caller::Refused(code)) => Err(unauthorized(*code)),
        // Of both the key counts, but a bad token is refused with a good key, too.
        (Access::AdminOrKey, _) if has_key => Ok(()),
        (_, Caller::Nobody) => Err(unauthorized(ErrorCode::Unauthorized)),
        (Access::Token, Caller::Person { .. }) => Ok(()),
        (Access::Admin | Access::AdminOrKey, Caller::Person { person, .. }) if person.is_admin() => Ok(()),
        (Access::Admin | Access::AdminOrKey, Caller::Person { .. }) => {
            Err(ApiError::new(ErrorCode::Forbidden).into_response())
        }
    }
}

/// Tells the service who calls, and keeps the token from it: least knowledge.
fn identify(found: &Found<'_>, caller: &Caller, request: &mut Request<Body>) {
    let row = found.row;
    if row.access == Access::Anyone {
        return;
    }
    if row.pattern.starts_with("/session") {
        // Sessions read their cookies themselves.
        request.extensions_mut().insert(caller.clone());
        return;
    }
    let takes_keys = matches!(row.access, Access::Own | Access::AdminOrKey);
    let key_counts = takes_keys && request.headers().contains_key("x-api-key");
    if let Some(person) = caller.person().filter(|_| !key_counts) {
        person.enter(request.extensions_mut());
        if caller.is_by_cookie() {
            request.extensions_mut().insert(ByPage);
        }
    }
    strip::tokens(request.headers_mut());
    match caller {
        Caller::Person { bearer, .. } if TOKEN_READERS.contains(&row.pattern) => {
            request.headers_mut().insert(AUTHORIZATION, bearer.clone());
        }
        _ => {
            request.headers_mut().remove(AUTHORIZATION);
        }
    }
}
