//! What operators see and do over all roles (amendments, 4): each role is asked by `/internal/admin/...`, and the answers are joined.
//!
//! ```text
//! ask          the roles, each for its part; one that is away is named, and the others are shown
//! audit        the logs of all schemas, newest first
//! letters      dead letters: one store for all roles; the first role that answers tells them
//! reconcile    coupons, seats, payments: each role compares its own books
//! sales        seats by the catalog, what is held by reservation, money by payment
//! appeal       who was told what
//! stream       the evening at a glance, once a second, made once for all who look
//! ```
//!
//! The caller is an administrator: by the token that the filters have judged, or by a key that is checked here. What an operator
//! changes is in the audit log of the role that changes it, under the operator's name ([`access::peer::ACTOR_HEADER`]).

mod appeal;
mod ask;
mod audit;
mod letters;
mod reconcile;
mod sales;
mod stream;
mod views;

use access::{Callers, Peer};
use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post};
use onsale_http::{Calls, with_calls};
use std::sync::Arc;
use stream::Watch;
use utoipa::OpenApi;

/// The roles as the gateway asks them.
#[derive(Clone, Debug)]
pub struct OperatorPeers {
    /// Accounts.
    pub user: Peer,
    /// Venues and events.
    pub catalog: Peer,
    /// Lines.
    pub queue: Peer,
    /// Seats and tickets.
    pub reservation: Peer,
    /// Payments.
    pub payment: Peer,
    /// Coupons, keys, looks, and who was told what.
    pub coupon: Peer,
}

/// What the routes need. Cheap to clone.
#[derive(Clone)]
pub struct Operators {
    peers: Arc<OperatorPeers>,
    callers: Callers,
    calls: Calls,
    watch: Arc<Watch>,
}

impl FromRef<Operators> for Callers {
    fn from_ref(operators: &Operators) -> Self {
        operators.callers.clone()
    }
}

impl Operators {
    /// Over these roles. `callers`: by their keys; `calls`: the layer of `Idempotency-Key` and of who acts.
    pub fn new(peers: OperatorPeers, callers: Callers, calls: Calls) -> Self {
        Self { peers: Arc::new(peers), callers, calls, watch: Arc::default() }
    }

    /// Ends the streams, when the server stops.
    pub fn end_streams(&self) {
        self.watch.end();
    }

    /// The routes.
    pub(crate) fn routes(&self) -> Router {
        let routes = Router::new()
            .route("/api/v1/admin/audit", get(audit::show))
            .route("/api/v1/admin/dead-letters", get(letters::list))
            .route("/api/v1/admin/dead-letters/replay", post(letters::replay))
            .route("/api/v1/admin/dead-letters/drop", post(letters::drop_letters))
            .route("/api/v1/admin/dead-letters/{id}", get(letters::show))
            .route("/api/v1/admin/reconcile", get(reconcile::show).post(reconcile::repair))
            .route("/api/v1/admin/sales", get(sales::show))
            .route("/api/v1/admin/appeal", get(appeal::show))
            .route("/api/v1/admin/stream", get(stream::open))
            .with_state(self.clone());
        with_calls(routes, self.calls.clone())
    }
}

/// These routes' part of the API document.
#[derive(OpenApi)]
#[openapi(
    paths(
        audit::show,
        letters::list,
        letters::replay,
        letters::drop_letters,
        letters::show,
        reconcile::show,
        reconcile::repair,
        sales::show,
        appeal::show,
        stream::open
    ),
    components(schemas(views::Part, views::StreamFrame))
)]
pub struct OperatorsDocument;
