//! The layer that opens the call of every unsafe request: the audit log learns who acts, and `Idempotency-Key` counts,
//! without a handler that knows of either (SEC-003, contract: "Idempotency").
//!
//! ```text
//! who? -> key well-formed? -> body -> another run of the key under way? wait -> kept? tell it again
//!                                                                        -> effect stands? run, changing nothing
//!                                                                        -> run -> 2xx: keep -> tell
//! ```
//!
//! Each role puts it around its own routes, since each has its own place for answers: [`with_calls`].

mod answers;
mod exempt;
mod keyed;
mod read;
mod under_way;

pub use answers::{Answers, HotAnswers, PersonalAnswers};
pub(crate) use exempt::is_exempt;
pub(crate) use keyed::KEY_LENGTH_MAX;

use crate::extract::client_ip::ClientIp;
use crate::network::Network;
use crate::trace::TraceId;
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use call::{Actor, ActorKind, Call};
use domain::TenantName;
use futures::future::BoxFuture;
use http::{Extensions, HeaderMap, Method};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use under_way::UnderWay;

/// The caller of a request, known before its handler runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerId {
    /// The caller's own tenant.
    pub tenant: TenantName,
    /// A user's or a key's id.
    pub actor: Actor,
}

impl CallerId {
    /// Anyone, where calls without a key are believed.
    pub fn anyone() -> Self {
        let actor = Actor { kind: ActorKind::User, id: "anyone".to_owned() };
        Self { tenant: TenantName::default_tenant(), actor }
    }

    /// What a key of this caller is kept under: another caller's keys are other keys.
    fn scope(&self) -> String {
        format!("{}/{}/{}", self.tenant, self.actor.kind.as_str(), self.actor.id)
    }
}

/// Finds out who calls, from the head of a request and the caller's address. `None`: a stranger, whom the handler refuses or answers as one.
pub type Identify = Arc<dyn Fn(HeaderMap, Option<IpAddr>) -> BoxFuture<'static, Option<CallerId>> + Send + Sync>;

/// What the layer needs of a role.
#[derive(Clone)]
pub struct Calls {
    identify: Identify,
    answers: Arc<dyn Answers>,
    under_way: UnderWay,
    /// Longest wait for another run of the same key.
    wait: Duration,
    /// What fingerprints are keyed with.
    secret: Option<Arc<str>>,
}

impl Calls {
    /// `request_timeout`: the time limit of a request; another run of the same key is waited for a little shorter.
    pub fn new(identify: Identify, answers: Arc<dyn Answers>, request_timeout: Duration) -> Self {
        Self { identify, answers, under_way: UnderWay::default(), wait: request_timeout * 4 / 5, secret: None }
    }

    /// The same, for requests that say who somebody is: without the secret nobody finds out by trying what had this fingerprint.
    #[must_use]
    pub fn with_secret(self, secret: &str) -> Self {
        Self { secret: Some(secret.into()), ..self }
    }
}

/// Puts the layer around these routes.
pub fn with_calls<S: Clone + Send + Sync + 'static>(router: Router<S>, calls: Calls) -> Router<S> {
    router.layer(from_fn_with_state(calls, layer))
}

/// Whether a method may change something.
fn is_unsafe(method: &Method) -> bool {
    [Method::POST, Method::PUT, Method::PATCH, Method::DELETE].contains(method)
}

async fn layer(State(calls): State<Calls>, request: Request, next: Next) -> Response {
    if !is_unsafe(request.method()) {
        return next.run(request).await;
    }
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    if is_exempt(route) {
        return next.run(request).await;
    }
    let Some(caller) = caller_of(&calls, request.headers(), request.extensions()).await else {
        return next.run(request).await;
    };
    let call = call_of(&caller, &request);
    match keyed::key_of(request.headers()) {
        Ok(None) => call::within(call, next.run(request)).await,
        // A caller without a key of its own sends no body before it is known.
        Ok(Some(_)) if caller == CallerId::anyone() && read::has_body(&request) => {
            call::within(call, next.run(request)).await
        }
        Ok(Some(key)) => match read::whole(request).await {
            Ok(request) => keyed::answer(calls, (call, caller.scope(), key), request, next).await,
            Err(refusal) => refusal.into_response(),
        },
        Err(refusal) => refusal.into_response(),
    }
}

/// A person whom the gateway has found out is the caller; of a token and a key together the key counts.
fn caller_of(
    calls: &Calls,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> impl Future<Output = Option<CallerId>> + Send + 'static {
    let person = extensions.get::<CallerId>().filter(|_| !headers.contains_key("x-api-key")).cloned();
    let from = extensions.get::<ClientIp>().map(|client| client.0);
    let by_key = person.is_none().then(|| (calls.identify)(headers.clone(), from));
    async move {
        match by_key {
            Some(by_key) => by_key.await,
            None => person,
        }
    }
}

fn call_of(caller: &CallerId, request: &Request) -> Call {
    let extensions = request.extensions();
    let trace_id = extensions.get::<TraceId>().copied().unwrap_or_else(TraceId::fresh);
    let network = extensions.get::<Network>().map(ToString::to_string);
    Call::new(caller.actor.clone(), trace_id.as_str(), network)
}
