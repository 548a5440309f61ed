//! On whose behalf the gateway calls: in the audit log a change that it passes on is the operator's.
//!
//! The word stands in two headers beside the gateway's service key ([`access::peer`]); the routes behind check that key.

use access::peer::{ACTOR_HEADER, NETWORK_HEADER};
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use call::{Actor, ActorKind, Call};
use http::HeaderMap;
use onsale_http::TraceId;

/// Longest id of an actor, in characters.
const ID_LENGTH_MAX: usize = 128;

/// Opens the call of the operator who is named, around routes that take the gateway's key.
pub(crate) fn on_behalf(router: Router) -> Router {
    router.layer(from_fn(|request: Request, next: Next| async move {
        match call_of(&request) {
            Some(call) => call::within(call, next.run(request)).await,
            None => next.run(request).await,
        }
    }))
}

fn call_of(request: &Request) -> Option<Call> {
    let actor = actor_in(request.headers())?;
    let trace_id = request.extensions().get::<TraceId>().copied().unwrap_or_else(TraceId::fresh);
    Some(Call::new(actor, trace_id.as_str(), text(request.headers(), NETWORK_HEADER)))
}

/// Puts the operator of a call into the routes of other crates that the gateway asks on behalf of one.
pub fn around(router: Router) -> Router {
    on_behalf(router)
}

/// `user <id>` or `key <id>`.
fn actor_in(headers: &HeaderMap) -> Option<Actor> {
    let written = text(headers, ACTOR_HEADER)?;
    let (kind, id) = written.split_once(' ')?;
    let kind = [ActorKind::User, ActorKind::Key].into_iter().find(|known| known.as_str() == kind)?;
    let is_id = !id.is_empty() && id.chars().count() <= ID_LENGTH_MAX;
    is_id.then(|| Actor { kind, id: id.to_owned() })
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    std::str::from_utf8(headers.get(name)?.as_bytes()).ok().map(str::to_owned)
}
