//! One call of a service.

use super::answer::{self, ServiceBody};
use super::{Server, Upstreams, hop};
use crate::Service;
use crate::filter::body::{BodyFault, BodyWatch};
use crate::filter::{Said, ServiceFailed};
use crate::routes::{Lookup, find};
use crate::words;
use access::internal::INTERNAL_KEY_HEADER;
use access::{ByPage, Person};
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use domain::ErrorCode;
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, EXPECT, HOST, HeaderName, TE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version};
use hyper::body::Incoming;
use hyper_util::client::legacy::Error;
use onsale_http::trace::TRACE_HEADER;
use onsale_http::{ApiError, ClientIp, TraceId};

/// Calls of `GET` and `HEAD` that broke off before an answer are sent again so often, unless they had a body: it is gone.
const RETRIES: usize = 1;

/// Why there is no answer.
enum Failure {
    /// No connection: nothing was sent.
    Connect(Error),
    /// The connection broke, or what came was no answer.
    Broken(Error),
    /// Half a body, of an answer that is waited for as a whole.
    HalfBody,
    /// An answer that no service of ours gives.
    Nonsense,
}

impl Upstreams {
    /// Passes a request on to the service that the table names, and its answer back.
    pub(super) async fn pass(&self, request: Request) -> Response {
        let (service, is_stream) = match find(request.method(), request.uri().path()) {
            Lookup::Found(found) => (found.service(), found.row.is_stream),
            _ => return ApiError::new(ErrorCode::NotFound).into_response(),
        };
        self.call(service, is_stream, request).await
    }

    /// Calls a service.
    pub(super) async fn call(&self, service: Service, is_stream: bool, request: Request) -> Response {
        let said = Said::of(&request);
        let Some(pool) = self.0.pools.get(service.name()) else {
            return ApiError::new(ErrorCode::NotFound).into_response();
        };
        let takes_trailers = takes_trailers(request.headers());
        let (head, body) = request.into_parts();
        let watch = head.extensions.get::<BodyWatch>().cloned();
        // A call that did not pass the filters (of a session) has its whole body at hand.
        let watch = watch.unwrap_or_else(|| BodyWatch::new(body, u64::MAX));
        let mut retries = if [Method::GET, Method::HEAD].contains(&head.method) { RETRIES } else { 0 };
        let mut servers = pool.in_turn(clock::now().millis()).into_iter();
        let mut server = servers.next();
        let failure = loop {
            let Some(at) = server else { break None };
            let is_whole = !is_stream && head.method != Method::HEAD;
            match self.send(at, &head, &watch, takes_trailers).await {
                Ok(response) => match self.answer(response, is_whole, is_stream).await {
                    Ok(mut response) => {
                        answer::clean(response.headers_mut(), takes_trailers);
                        return response;
                    }
                    Err(failure) => {
                        if retries == 0 || !watch.is_untouched() {
                            break Some(failure);
                        }
                        retries -= 1;
                    }
                },
                Err(Failure::Connect(error)) => {
                    at.refused(clock::now().millis());
                    server = servers.next().filter(|_| watch.is_untouched());
                    if server.is_none() {
                        break Some(Failure::Connect(error));
                    }
                }
                Err(failure) => {
                    if retries == 0 || !watch.is_untouched() {
                        break Some(failure);
                    }
                    retries -= 1;
                }
            }
        };
        no_answer(service, failure, watch.fault(), &said)
    }

    async fn send(
        &self,
        server: &Server,
        head: &Parts,
        watch: &BodyWatch,
        takes_trailers: bool,
    ) -> Result<http::Response<Incoming>, Failure> {
        let request = self.request(server, head, watch, takes_trailers).map_err(|_| Failure::Nonsense)?;
        self.0.client.request(request).await.map_err(|error| match error.is_connect() {
            true => Failure::Connect(error),
            false => Failure::Broken(error),
        })
    }

    /// The request as the service gets it.
    fn request(
        &self,
        server: &Server,
        head: &Parts,
        watch: &BodyWatch,
        takes_trailers: bool,
    ) -> Result<http::Request<Body>, http::Error> {
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let uri = Uri::builder().scheme(server.scheme.clone()).authority(server.authority.clone());
        let is_empty = watch.is_over();
        let mut request = http::Request::new(if is_empty { Body::empty() } else { watch.body() });
        *request.method_mut() = head.method.clone();
        *request.uri_mut() = uri.path_and_query(path).build()?;
        *request.version_mut() = Version::HTTP_11;
        let headers = request.headers_mut();
        *headers = head.headers.clone();
        hop::remove(headers);
        hop::remove_trailer(headers);
        if takes_trailers {
            headers.insert(TE, HeaderValue::from_static("trailers"));
        }
        // The client's own connection has asked for the body; answers are compressed here; the host is the server's.
        for name in [EXPECT, ACCEPT_ENCODING, HOST] {
            headers.remove(name);
        }
        // A service would wait for what was announced and does not come, and take the next request for it.
        if is_empty && headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0") {
            headers.remove(CONTENT_LENGTH);
        }
        let extensions = &head.extensions;
        if let Some(trace_id) = extensions.get::<TraceId>() {
            headers.insert(HeaderName::from_static(TRACE_HEADER), trace_id.header_value());
        }
        forwarded(headers, extensions.get::<ClientIp>());
        if let Some(person) = extensions.get::<Person>() {
            person.put_headers(headers);
            if let Some(by_page) = extensions.get::<ByPage>() {
                by_page.put_header(headers);
            }
            headers.insert(HeaderName::from_static(INTERNAL_KEY_HEADER), self.0.service_key.clone());
        }
        Ok(request)
    }

    /// The answer with its body: a short one is waited for, so that half of it is no answer.
    async fn answer(
        &self,
        response: http::Response<Incoming>,
        is_whole: bool,
        is_stream: bool,
    ) -> Result<Response, Failure> {
        let (head, body) = response.into_parts();
        // Nobody asked for another protocol.
        if head.status == StatusCode::SWITCHING_PROTOCOLS || head.status.is_informational() {
            return Err(Failure::Nonsense);
        }
        let silence_max = (!is_stream).then_some(self.0.silence_max);
        let body = ServiceBody::new(body, silence_max);
        let body = match is_whole && body.is_short() {
            true => Body::from(
                axum::body::to_bytes(Body::new(body), answer::SHORT_BYTES_MAX).await.map_err(|_| Failure::HalfBody)?,
            ),
            false => Body::new(body),
        };
        Ok(Response::from_parts(head, body))
    }
}

/// Tells the service where the client is. What the client says about itself was judged by the frame.
fn forwarded(headers: &mut HeaderMap, client: Option<&ClientIp>) {
    for name in ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"] {
        headers.remove(name);
    }
    if let Some(address) = client.and_then(|client| HeaderValue::from_str(&client.0.to_string()).ok()) {
        headers.insert(HeaderName::from_static("x-forwarded-for"), address);
    }
}

fn takes_trailers(headers: &HeaderMap) -> bool {
    let words = headers.get_all(TE).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    words.into_iter().any(|word| {
        let word = word.split(|byte| *byte == b';').next().unwrap_or_default();
        word.trim_ascii().eq_ignore_ascii_case(b"trailers")
    })
}

/// What the client is told, and what the log is.
fn no_answer(service: Service, failure: Option<Failure>, fault: Option<BodyFault>, said: &Said) -> Response {
    // The filters say what is wrong with the body.
    if fault.is_some() {
        return ApiError::invalid("the body is incomplete").into_response();
    }
    let reason = match &failure {
        Some(Failure::Connect(error)) => format!("no connection: {}", causes(error)),
        Some(Failure::Broken(error)) => format!("no answer: {}", causes(error)),
        Some(Failure::HalfBody) => "half an answer".to_owned(),
        Some(Failure::Nonsense) => "an answer that makes no sense".to_owned(),
        None => "no server is left".to_owned(),
    };
    if let Some(left_out) = FAILURES.admit() {
        tracing::warn!(service = service.name(), reason, left_out, trace_id = said.trace_id.as_str(), "a call failed");
    }
    let mut response = words::unavailable(service, said.language, said.trace_id, None);
    response.extensions_mut().insert(ServiceFailed);
    response
}

/// A service that is down fails every call: a few lines a second say so.
static FAILURES: onsale_http::sampler::Sampler = onsale_http::sampler::Sampler::new();

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
