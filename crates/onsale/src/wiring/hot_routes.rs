//! The hot routes of one worker: those of all roles of this process.

use catalog::api as catalog_api;
use coupon::IssueRoute;
use coupon::gate::route::{GateRoute, Unanswered};
use coupon::issue::route::Waiting;
use coupon::reads::{self, ReadRoute};
use domain::ErrorCode;
use onsale_http::limits::Limits;
use onsale_http::server::{HotHead, HotRequest, HotRoutes, refuse};
use queue::api::serving_route::{self, ServingRoute};
use std::net::IpAddr;
use std::sync::Arc;

/// A route that the server answers on its fast path.
pub enum HotRoute {
    /// Requests for coupons.
    Issue(IssueRoute),
    /// Positions and ranks at a gate.
    Gate(Box<GateRoute>),
    /// Statuses of campaigns, and users' coupons.
    Reads(Box<ReadRoute>),
    /// The public documents of lines.
    Serving(ServingRoute),
    /// Events.
    Events(Box<catalog_api::ReadRoute>),
}

impl HotRoute {
    fn knows(&self, method: &str, target: &str) -> bool {
        match self {
            Self::Issue(issue) => issue.knows(method, target),
            Self::Gate(gate) => gate.knows(method, target),
            Self::Reads(reads) => reads.knows(method, target),
            Self::Serving(serving) => serving.knows(method, target),
            Self::Events(events) => events.knows(method, target),
        }
    }
}

/// All hot routes of one worker.
#[derive(Clone)]
pub(super) struct ProcessRoutes {
    /// Of the roles that have one.
    pub routes: Arc<[HotRoute]>,
    /// For the refusals that no route answers.
    pub limits: Arc<Limits>,
}

/// A request that has to wait.
pub(super) enum Undecided {
    Issue(HotRequest, Waiting),
    Gate(Unanswered),
    Reads(reads::Unanswered),
    Serving(serving_route::Unanswered),
    Events(catalog_api::UnansweredRead),
}

impl Undecided {
    fn is_of(&self, route: &HotRoute) -> bool {
        matches!(
            (self, route),
            (Self::Issue(..), HotRoute::Issue(_))
                | (Self::Gate(_), HotRoute::Gate(_))
                | (Self::Reads(_), HotRoute::Reads(_))
                | (Self::Serving(_), HotRoute::Serving(_))
                | (Self::Events(_), HotRoute::Events(_))
        )
    }
}

impl HotRoutes for ProcessRoutes {
    type Undecided = Undecided;

    fn knows(&self, method: &str, target: &str) -> bool {
        self.routes.iter().any(|route| route.knows(method, target))
    }

    fn knows_caller(&self, head: &HotHead<'_>) -> bool {
        match self.routes.iter().find(|route| route.knows(head.method, head.target)) {
            Some(HotRoute::Issue(issue)) => issue.knows_caller(head),
            Some(HotRoute::Gate(gate)) => gate.knows_caller(head),
            Some(HotRoute::Reads(reads)) => reads.knows_caller(head),
            Some(HotRoute::Serving(serving)) => serving.knows_caller(head),
            Some(HotRoute::Events(events)) => events.knows_caller(head),
            None => false,
        }
    }

    fn answer_now(&self, peer: IpAddr, head: &HotHead<'_>, body: &[u8], out: &mut Vec<u8>) -> Option<Undecided> {
        match self.routes.iter().find(|route| route.knows(head.method, head.target)) {
            Some(HotRoute::Issue(issue)) => {
                let undecided = issue.answer_now(peer, head, body, out);
                undecided.map(|(request, waiting)| Undecided::Issue(request, waiting))
            }
            Some(HotRoute::Gate(gate)) => gate.answer_now(peer, head, body, out).map(Undecided::Gate),
            Some(HotRoute::Reads(reads)) => reads.answer_now(peer, head, body, out).map(Undecided::Reads),
            Some(HotRoute::Serving(serving)) => serving.answer_now(peer, head, body, out).map(Undecided::Serving),
            Some(HotRoute::Events(events)) => events.answer_now(peer, head, body, out).map(Undecided::Events),
            None => None,
        }
    }

    async fn answer(&self, undecided: Undecided, out: &mut Vec<u8>) {
        let route = self.routes.iter().find(|route| undecided.is_of(route));
        match (undecided, route) {
            (Undecided::Issue(request, waiting), Some(HotRoute::Issue(issue))) => {
                issue.answer((request, waiting), out).await;
            }
            (Undecided::Gate(unanswered), Some(HotRoute::Gate(gate))) => gate.answer(unanswered, out).await,
            (Undecided::Reads(unanswered), Some(HotRoute::Reads(reads))) => reads.answer(unanswered, out).await,
            (Undecided::Serving(unanswered), Some(HotRoute::Serving(serving))) => serving.answer(unanswered, out).await,
            (Undecided::Events(unanswered), Some(HotRoute::Events(events))) => events.answer(unanswered, out).await,
            // What a route left undecided belongs to that route.
            _ => {}
        }
    }

    fn refuse(&self, code: ErrorCode, detail: &'static str, out: &mut Vec<u8>) {
        match self.routes.first() {
            Some(HotRoute::Issue(issue)) => issue.refuse(code, detail, out),
            Some(HotRoute::Gate(gate)) => gate.refuse(code, detail, out),
            _ => refuse(&self.limits, code, detail, out),
        }
    }
}
