//! The hot routes of one worker: those of all roles of this process.

use coupon::IssueRoute;
use coupon::gate::route::{GateRoute, Unanswered};
use coupon::issue::route::Waiting;
use domain::ErrorCode;
use onsale_http::limits::Limits;
use onsale_http::server::{HotHead, HotRequest, HotRoutes, refuse};
use std::net::IpAddr;
use std::sync::Arc;

/// A route that the server answers on its fast path.
pub enum HotRoute {
    /// Requests for coupons.
    Issue(IssueRoute),
    /// Positions and ranks at a gate.
    Gate(Box<GateRoute>),
}

impl HotRoute {
    fn knows(&self, method: &str, target: &str) -> bool {
        match self {
            Self::Issue(issue) => issue.knows(method, target),
            Self::Gate(gate) => gate.knows(method, target),
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
            None => None,
        }
    }

    async fn answer(&self, undecided: Undecided, out: &mut Vec<u8>) {
        let (issue, gate) = (
            self.routes.iter().find_map(|route| if let HotRoute::Issue(issue) = route { Some(issue) } else { None }),
            self.routes.iter().find_map(|route| if let HotRoute::Gate(gate) = route { Some(gate) } else { None }),
        );
        match (undecided, issue, gate) {
            (Undecided::Issue(request, waiting), Some(issue), _) => issue.answer((request, waiting), out).await,
            (Undecided::Gate(unanswered), _, Some(gate)) => gate.answer(unanswered, out).await,
            // What a route left undecided belongs to that route.
            _ => {}
        }
    }

    fn refuse(&self, code: ErrorCode, detail: &'static str, out: &mut Vec<u8>) {
        match self.routes.first() {
            Some(HotRoute::Issue(issue)) => issue.refuse(code, detail, out),
            Some(HotRoute::Gate(gate)) => gate.refuse(code, detail, out),
            None => refuse(&self.limits, code, detail, out),
        }
    }
}
