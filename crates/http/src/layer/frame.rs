//! The one layer around every route: trace id, buckets and shares, time and body limits, panics, error form, log, metrics.
//!
//! One layer instead of eight: each layer of a router costs a box and a clone for each request.

use super::access::AccessLine;
use super::logged_path::logged_path;
use super::{body, render, security};
use crate::HttpSettings;
use crate::error::ApiError;
use crate::extract::client_ip::{ClientIp, FORWARDED_HEADER};
use crate::head;
use crate::limits::{RateNote, is_counted, is_internal, put_headers};
use crate::metrics::method_label;
use crate::sampler::Sampler;
use crate::shares::Share;
use crate::text::language::Language;
use crate::trace::{TRACE_HEADER, TraceId};
use axum::body::HttpBody;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::ErrorCode;
use futures::FutureExt;
use http::header::{ACCEPT_LANGUAGE, HeaderName, HeaderValue};
use http::{Method, Uri};
use std::any::Any;
use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::Instrument;

/// The label of requests that match no route: one label for any number of paths.
const UNMATCHED: &str = "unmatched";

/// Lines of the log that a stranger causes without limit: refusals, and requests that take nothing from a bucket.
static UNBOUNDED_LINES: Sampler = Sampler::new();

/// The data of a request that is kept until the response is complete.
struct Exchange {
    started: Instant,
    method: Method,
    uri: Uri,
    route: Option<MatchedPath>,
    trace_id: TraceId,
    language: Language,
    peer: Option<IpAddr>,
    client: Option<ClientIp>,
    /// The page that calls, where pages of other origins may.
    origin: Option<HeaderValue>,
}

impl Exchange {
    fn begin(request: &mut Request, settings: &HttpSettings) -> Self {
        let header = |name: HeaderName| request.headers().get(name).map(HeaderValue::as_bytes);
        let extensions = request.extensions();
        let trace_id = extensions.get::<TraceId>().copied();
        let exchange = Self {
            started: Instant::now(),
            method: request.method().clone(),
            uri: request.uri().clone(),
            route: extensions.get::<MatchedPath>().cloned(),
            trace_id: trace_id.unwrap_or_else(|| TraceId::from_header(header(HeaderName::from_static(TRACE_HEADER)))),
            language: Language::from_accept(header(ACCEPT_LANGUAGE), settings.default_language),
            peer: extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(socket)| socket.ip()),
            client: extensions.get::<ClientIp>().copied().or_else(|| client_ip(request, settings)),
            origin: settings.cors.origin_of(request),
        };
        exchange.insert_extensions(request, settings);
        exchange
    }

    /// Passes trace id, language, client address and its network to the handlers.
    fn insert_extensions(&self, request: &mut Request, settings: &HttpSettings) {
        let extensions = request.extensions_mut();
        extensions.insert(self.trace_id);
        extensions.insert(self.language);
        if let Some(client) = self.client {
            extensions.insert(client);
            extensions.insert(settings.limits.network(client));
        }
    }

    fn finish(&self, settings: &HttpSettings, mut response: Response) -> Response {
        let code = render::render(&mut response, self.language, &self.trace_id);
        let headers = response.headers_mut();
        headers.insert(HeaderName::from_static(TRACE_HEADER), self.trace_id.header_value());
        security::add(headers);
        settings.cors.add(self.origin.as_ref(), headers);
        if self.method == Method::HEAD {
            render::drop_body(&mut response);
        }
        let status = response.status().as_u16();
        let duration = self.started.elapsed();
        settings.metrics.record(method_label(&self.method), self.route().unwrap_or(UNMATCHED), status, duration);
        let is_refusal = matches!(code, Some(ErrorCode::RateLimitExceeded | ErrorCode::ServiceUnavailable));
        let is_bounded = !is_refusal && is_counted(&self.method, self.route());
        if settings.access_log
            && let Some(left_out) = if is_bounded { Some(0) } else { UNBOUNDED_LINES.admit() }
        {
            let line = AccessLine {
                method: self.method.as_str(),
                path: &logged_path(self.route.as_ref(), self.uri.path()),
                status,
                code: code.map(ErrorCode::as_str),
                duration,
                trace_id: &self.trace_id,
                client: self.client,
                network: self.client.filter(|_| is_refusal).map(|client| settings.limits.network(client)),
                left_out,
                bytes: response.body().size_hint().exact(),
            };
            line.write();
        }
        response
    }

    fn route(&self) -> Option<&str> {
        self.route.as_ref().map(MatchedPath::as_str)
    }

    /// Takes a unit of the network's bucket, and a share where a proxy forwards the request.
    fn admit(&self, settings: &HttpSettings) -> (Option<RateNote>, Result<Option<Share>, ApiError>) {
        let Some(client) = self.client else { return (None, Ok(None)) };
        if !is_counted(&self.method, self.route()) {
            return (None, Ok(None));
        }
        let decision = settings.limits.take_ip(client, clock::now_us());
        let held = if decision.refused() {
            Err(decision.into())
        } else {
            self.peer.map_or(Ok(None), |peer| settings.limits.hold_forwarded(peer, client))
        };
        (decision.note, held)
    }

    /// A call between our own services that has not their key counts like a stranger's.
    fn count_stranger(&self, settings: &HttpSettings, response: Response) -> Response {
        let code = response.extensions().get::<ApiError>().map(|error| error.code);
        let is_stranger = code == Some(ErrorCode::InternalApiUnauthorized) && self.route().is_some_and(is_internal);
        let Some(client) = self.client.filter(|_| is_stranger) else { return response };
        let decision = settings.limits.take_ip(client, clock::now_us());
        if decision.refused() { ApiError::from(decision).into_response() } else { response }
    }
}

fn client_ip(request: &Request, settings: &HttpSettings) -> Option<ClientIp> {
    let ConnectInfo(socket) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
    let forwarded: Vec<&[u8]> = request.headers().get_all(FORWARDED_HEADER).iter().map(HeaderValue::as_bytes).collect();
    Some(settings.limits.client_of(socket.ip(), forwarded.into_iter()))
}

/// The layer.
pub(crate) async fn frame(State(settings): State<Arc<HttpSettings>>, mut request: Request, next: Next) -> Response {
    let exchange = Exchange::begin(&mut request, &settings);
    // Before every route, on every listener.
    let fault = head::check_parsed(request.method(), request.uri(), request.version(), request.headers()).err();
    let (note, admitted) = exchange.admit(&settings);
    let mut response = match (admitted, fault, settings.cors.preflight(&request)) {
        (Err(refusal), ..) => refusal.into_response(),
        (Ok(_), Some(fault), _) => ApiError::from(fault).into_response(),
        (Ok(_), None, Some(preflight)) => preflight,
        (Ok(_share), None, None) => {
            let span = tracing::info_span!("request", trace_id = exchange.trace_id.as_str());
            let response = guarded(&settings, &exchange, request, next).instrument(span).await;
            exchange.count_stranger(&settings, response)
        }
    };
    if let Some(note) = note {
        put_headers(&note, response.headers_mut());
    }
    let response = render::answer_options(&exchange.method, response);
    exchange.finish(&settings, response)
}

/// What the route may take beyond the time of all.
fn more_time(settings: &HttpSettings, exchange: &Exchange) -> Duration {
    let of_route = (settings.time_of_route)(&exchange.method, exchange.uri.path());
    of_route.unwrap_or_default().saturating_sub(settings.request_timeout)
}

/// Runs the handler within its limits of bytes and time, and catches panics.
async fn guarded(settings: &HttpSettings, exchange: &Exchange, mut request: Request, next: Next) -> Response {
    let watch = body::bound(&mut request, settings.body_limit_bytes, Some(&settings.body_budget));
    let mut answer = pin!(AssertUnwindSafe(next.run(request)).catch_unwind());
    let mut outcome = tokio::time::timeout(settings.request_timeout, &mut answer).await;
    if outcome.is_err() && !watch.is_waiting() {
        let more = more_time(settings, exchange);
        if !more.is_zero() {
            outcome = tokio::time::timeout(more, answer).await;
        }
    }
    match outcome {
        Ok(Ok(response)) => match watch.refusal() {
            Some(refusal) if response.status().is_client_error() => refusal.into_response(),
            _ => response,
        },
        Ok(Err(panic)) => {
            tracing::error!(reason = reason_of(panic.as_ref()), "a handler panicked");
            ApiError::new(ErrorCode::InternalError).into_response()
        }
        Err(_) if watch.is_waiting() => ApiError::new(ErrorCode::RequestTimeout).into_response(),
        Err(_) => ApiError::new(ErrorCode::GatewayTimeout).into_response(),
    }
}

fn reason_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given")
}
