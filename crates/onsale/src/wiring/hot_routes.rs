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
#[derive(Clone)]
pub enum HotRoute {
    /// Requests for coupons.
    Issue(IssueRoute),
    /// Positions and ranks at a gate.
    Gate(GateRoute),
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
    pub routes: Vec<HotRoute>,
    /// For the refusals that no route answers.
    pub limits: Arc<Limits>,
}

/// A request that has to wait, and the route that it belongs to.
pub(super) enum Undecided {
    Issue(IssueRoute, HotRequest, Waiting),
    Gate(GateRoute, Unanswered),
}

impl HotRoutes for ProcessRoutes {
    type Undecided = Undecided;

    fn knows(&self, method: &str, target: &str) -> bool {
        self.routes.iter().any(|route| route.knows(method, target))
    }

    fn answer_now(&self, peer: IpAddr, head: &HotHead<'_>, body: &[u8], out: &mut Vec<u8>) -> Option<Undecided> {
        match self.routes.iter().find(|route| route.knows(head.method, head.target)) {
            Some(HotRoute::Issue(issue)) => {
                let undecided = issue.answer_now(peer, head, body, out);
                undecided.map(|(request, waiting)| Undecided::Issue(issue.clone(), request, waiting))
            }
            Some(HotRoute::Gate(gate)) => {
                gate.answer_now(peer, head, body, out).map(|unanswered| Undecided::Gate(gate.clone(), unanswered))
            }
            None => None,
        }
    }

    async fn answer(&self, undecided: Undecided, out: &mut Vec<u8>) {
        match undecided {
            Undecided::Issue(issue, request, waiting) => issue.answer((request, waiting), out).await,
            Undecided::Gate(gate, unanswered) => gate.answer(unanswered, out).await,
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
