//! Calls of another role of our own: in the same process its internal router, apart its URL. The caller does not know which.
//!
//! - The answer to a lost call is unknown: every internal route may be asked again.
//! - No transaction is open and no bucket is held while a peer is asked (`contract-amendments.md`, part 2, 14).
//! - Each answer brings what a restored database gives away: the greatest number of a hold that the peer has stored
//!   (`X-Hold-No`, part 2, 7), and its clock (`Date`, part 2, 15).

use crate::internal::INTERNAL_KEY_HEADER;
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use domain::Timestamp;
use http::header::{CONTENT_TYPE, DATE};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use onsale_http::{ApiError, Language, TraceId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tower::ServiceExt;

/// The header with the greatest number of a hold that a role has stored.
pub const HOLD_NO_HEADER: &str = "x-hold-no";
/// The header with the operator on whose behalf the gateway calls: `user <id>` or `key <id>`. It stands on routes under
/// [`OPERATORS`] alone.
pub const ACTOR_HEADER: &str = "x-on-behalf-of";
/// The header with the operator's network.
pub const NETWORK_HEADER: &str = "x-on-behalf-network";
/// Where what operators see and do is asked for.
const OPERATORS: &str = "/internal/admin/";
/// The header with the trace id of the call that asks.
const TRACE_HEADER: &str = "x-trace-id";
/// Longest answer that is read.
const ANSWER_BYTES_MAX: usize = 32 << 20;

/// Another role. Cheap to clone.
#[derive(Clone)]
pub struct Peer(Arc<Inner>);

struct Inner {
    role: &'static str,
    key: HeaderValue,
    place: Place,
    timeout: Duration,
}

enum Place {
    /// Set when all roles of the process are open.
    InProcess(OnceLock<Router>),
    /// Several servers, asked in turn.
    Apart { client: reqwest::Client, urls: Vec<String>, next: AtomicUsize },
}

/// What a peer has answered.
#[derive(Clone, Debug)]
pub struct PeerReply {
    /// The status.
    pub status: StatusCode,
    /// The body.
    pub body: Bytes,
    /// The greatest number of a hold that the peer has stored, if it says so.
    pub hold_no: Option<i64>,
    /// The peer's clock, to the second, if it says so.
    pub date: Option<Timestamp>,
}

/// There is no answer, or none that can be used. Whether the call was carried out is unknown.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the role {role} gave no usable answer: {why}")]
pub struct PeerAway {
    /// The role that was asked.
    pub role: &'static str,
    /// Why, for the log.
    pub why: String,
}

impl PeerReply {
    /// Reads the body.
    ///
    /// # Errors
    /// When it is of another form.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    /// The code of an error body; empty where there is none.
    pub fn code(&self) -> String {
        let body: serde_json::Value = self.read().unwrap_or_default();
        body["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl Peer {
    /// A role of the same process. Its routes are given by [`Peer::connect`] when all roles are open.
    ///
    /// # Errors
    /// When the key is no header's value.
    pub fn in_process(
        role: &'static str,
        key: &str,
        timeout: Duration,
    ) -> Result<Self, http::header::InvalidHeaderValue> {
        Self::new(role, key, Place::InProcess(OnceLock::new()), timeout)
    }

    /// A role in other processes: one URL, or several separated by commas, which are asked in turn; when one cannot be reached
    /// or is not ready the next is asked.
    ///
    /// # Errors
    /// When the key is no header's value.
    pub fn apart(
        role: &'static str,
        urls: &str,
        client: reqwest::Client,
        key: &str,
        timeout: Duration,
    ) -> Result<Self, http::header::InvalidHeaderValue> {
        let urls = urls.split(',').map(|url| url.trim().trim_end_matches('/').to_owned()).collect();
        Self::new(role, key, Place::Apart { client, urls, next: AtomicUsize::new(0) }, timeout)
    }

    fn new(
        role: &'static str,
        key: &str,
        place: Place,
        timeout: Duration,
    ) -> Result<Self, http::header::InvalidHeaderValue> {
        let mut key = HeaderValue::from_str(key)?;
        key.set_sensitive(true);
        Ok(Self(Arc::new(Inner { role, key, place, timeout })))
    }

    /// Gives the internal routes of this process. Nothing for a role apart.
    pub fn connect(&self, routes: &Router) {
        if let Place::InProcess(place) = &self.0.place {
            let _ = place.set(routes.clone());
        }
    }

    /// The role's name.
    pub fn role(&self) -> &'static str {
        self.0.role
    }

    /// Reads something.
    ///
    /// # Errors
    /// [`PeerAway`]; a refusal is an answer.
    pub async fn get(&self, path: &str) -> Result<PeerReply, PeerAway> {
        self.call(Method::GET, path, Bytes::new()).await
    }

    /// Asks for a change.
    ///
    /// # Errors
    /// [`PeerAway`]: it may have been made or not.
    pub async fn post(&self, path: &str, body: &(impl Serialize + Sync)) -> Result<PeerReply, PeerAway> {
        let body = serde_json::to_vec(body).map_err(|error| self.away(error))?;
        self.call(Method::POST, path, body.into()).await
    }

    async fn call(&self, method: Method, path: &str, body: Bytes) -> Result<PeerReply, PeerAway> {
        let asked = async {
            match &self.0.place {
                Place::InProcess(routes) => self.ask_router(routes, method, path, body).await,
                Place::Apart { client, urls, next } => {
                    let first = next.fetch_add(1, Ordering::Relaxed);
                    self.ask_urls(
                        client,
                        urls.iter().cycle().skip(first % urls.len().max(1)).take(urls.len()),
                        method,
                        path,
                        body,
                    )
                    .await
                }
            }
        };
        let reply = tokio::time::timeout(self.0.timeout, asked).await;
        let reply = reply.map_err(|_| self.away(format!("no answer within {} ms", self.0.timeout.as_millis())))??;
        // What says that the answer is not the role's own: the call may or may not have been carried out.
        let is_own = !matches!(reply.status.as_u16(), 401 | 408 | 429 | 500..);
        if is_own { Ok(reply) } else { Err(self.away(format!("{} {}", reply.status, reply.code()))) }
    }

    async fn ask_router(
        &self,
        routes: &OnceLock<Router>,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<PeerReply, PeerAway> {
        let routes = routes.get().ok_or_else(|| self.away("the process is starting"))?.clone();
        let mut request = Request::builder().method(method).uri(path).body(Body::from(body));
        if let Ok(request) = &mut request {
            self.put_headers(path, request.headers_mut());
        }
        let mut request = request.map_err(|error| self.away(error))?;
        let trace = TraceId::from_header(request.headers().get(TRACE_HEADER).map(HeaderValue::as_bytes));
        request.extensions_mut().insert(trace);
        // No part of the call that asks goes along: its Idempotency-Key is kept with its own role's effect.
        // A task of its own: the call is carried out whole, even if its caller is gone, as with a role apart.
        let answer = tokio::spawn(async move { routes.oneshot(request).await }).await;
        let Ok(answer) = answer.map_err(|error| self.away(error))?;
        let (head, body) = answer.into_parts();
        let body = match head.extensions.get::<ApiError>() {
            // The layers that write the body of an error stand around listeners.
            Some(error) => {
                let mut written = Vec::new();
                error.write_body(Language::En, clock::now(), &TraceId::fresh(), &mut written);
                written.into()
            }
            None => axum::body::to_bytes(body, ANSWER_BYTES_MAX).await.map_err(|error| self.away(error))?,
        };
        Ok(reply(head.status, &head.headers, body))
    }

    async fn ask_urls(
        &self,
        client: &reqwest::Client,
        urls: impl Iterator<Item = &String>,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<PeerReply, PeerAway> {
        let mut last = Err(self.away("it has no URL"));
        for url in urls {
            last = self.ask_url(client, url, method.clone(), path, body.clone()).await;
            // Whether or not the call was carried out, every internal route may be asked again.
            if last.as_ref().is_ok_and(|reply| reply.status != StatusCode::SERVICE_UNAVAILABLE) {
                break;
            }
        }
        last
    }

    async fn ask_url(
        &self,
        client: &reqwest::Client,
        url: &str,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<PeerReply, PeerAway> {
        let mut headers = HeaderMap::new();
        self.put_headers(path, &mut headers);
        let sent = client.request(method, format!("{url}{path}")).headers(headers).body(body).send().await;
        let mut answer = sent.map_err(|error| self.away(error.without_url()))?;
        let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(|error| self.away(error.without_url()))? {
            if body.len() + part.len() > ANSWER_BYTES_MAX {
                return Err(self.away("the answer is too long"));
            }
            body.extend_from_slice(&part);
        }
        Ok(reply(status, &headers, body.into()))
    }

    fn put_headers(&self, path: &str, headers: &mut HeaderMap) {
        headers.insert(INTERNAL_KEY_HEADER, self.0.key.clone());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let Some(call) = call::current() else { return };
        let mut put = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        put(TRACE_HEADER, call.trace_id());
        // Nobody else needs to know who acts: a role's own change is its own.
        if path.starts_with(OPERATORS) {
            put(ACTOR_HEADER, &format!("{} {}", call.actor().kind.as_str(), call.actor().id));
            call.network().into_iter().for_each(|network| put(NETWORK_HEADER, network));
        }
    }

    fn away(&self, why: impl ToString) -> PeerAway {
        PeerAway { role: self.0.role, why: why.to_string() }
    }
}

/// Never shows the key.
impl std::fmt::Debug for Peer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Peer({})", self.0.role)
    }
}

fn reply(status: StatusCode, headers: &HeaderMap, body: Bytes) -> PeerReply {
    let text = |name: &str| std::str::from_utf8(headers.get(name)?.as_bytes()).ok();
    let date = text(DATE.as_str()).and_then(|date| httpdate::parse_http_date(date).ok());
    let since = date.and_then(|date| date.duration_since(std::time::UNIX_EPOCH).ok());
    PeerReply {
        status,
        body,
        hold_no: text(HOLD_NO_HEADER).and_then(|number| number.parse().ok()),
        date: since.map(|since| Timestamp(since.as_millis() as i64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::{get, post};

    fn peer(routes: Router) -> Peer {
        let peer = Peer::in_process("catalog", "key", Duration::from_millis(200)).expect("a key");
        peer.connect(&routes);
        peer
    }

    #[tokio::test]
    async fn a_peer_of_the_process_hears_key_and_body_and_a_refusal_is_an_answer() {
        let heard = |headers: HeaderMap, body: String| async move {
            let key = headers[INTERNAL_KEY_HEADER].as_bytes().to_vec();
            ([(HOLD_NO_HEADER, "17")], format!("{} {body}", String::from_utf8_lossy(&key)))
        };
        let refused = || async { ApiError::new(domain::ErrorCode::HoldExpired) };
        let peer = peer(Router::new().route("/heard", post(heard)).route("/refused", get(refused)));
        let reply = peer.post("/heard", &serde_json::json!({"a": 1})).await.expect("answered");
        assert_eq!((reply.hold_no, &reply.body[..]), (Some(17), &br#"key {"a":1}"#[..]));
        let reply = peer.get("/refused").await.expect("answered");
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (410, "HOLD_EXPIRED"));
    }

    #[tokio::test]
    async fn silence_failure_and_a_process_that_starts_are_no_answer() {
        let hangs = || async { std::future::pending::<&'static str>().await };
        let fails = || async { StatusCode::SERVICE_UNAVAILABLE };
        let peer = peer(Router::new().route("/hangs", get(hangs)).route("/fails", get(fails)));
        assert!(peer.get("/hangs").await.expect_err("no answer").why.contains("200 ms"));
        assert!(peer.get("/fails").await.expect_err("no answer").why.contains("503"));
        let early = Peer::in_process("payment", "key", Duration::from_secs(1)).expect("a key");
        assert!(early.get("/heard").await.expect_err("no answer").why.contains("starting"));
    }
}
