//! The hot routes of one worker: those of all roles of this process.

use coupon::IssueRoute;
use coupon::gate::route::{GateRoute, Unanswered};
use coupon::issue::route::Waiting;
use domain::ErrorCode;
use onsale_http::server::{HotHead, HotRequest, HotRoutes};
use std::net::IpAddr;

/// What the door answers itself.
#[derive(Clone)]
pub(super) struct RoutesOfRoles {
    /// Requests for coupons, where this process takes them.
    pub issue: Option<IssueRoute>,
    /// Places and ranks, where it keeps lines.
    pub gate: Option<GateRoute>,
}

/// What has to be waited for.
pub(super) enum Undecided {
    Issue(HotRequest, Waiting),
    Gate(Unanswered),
}

impl HotRoutes for RoutesOfRoles {
    type Undecided = Undecided;

    fn knows(&self, method: &str, target: &str) -> bool {
        self.issue.as_ref().is_some_and(|issue| issue.knows(method, target))
            || self.gate.as_ref().is_some_and(|gate| gate.knows(method, target))
    }

    fn answer_now(&self, peer: IpAddr, head: &HotHead<'_>, body: &[u8], out: &mut Vec<u8>) -> Option<Undecided> {
        if let Some(issue) = self.issue.as_ref().filter(|issue| issue.knows(head.method, head.target)) {
            let undecided = issue.answer_now(peer, head, body, out);
            return undecided.map(|(asked, waiting)| Undecided::Issue(asked, waiting));
        }
        let gate = self.gate.as_ref()?;
        gate.answer_now(peer, head, body, out).map(Undecided::Gate)
    }

    async fn answer(&self, undecided: Undecided, out: &mut Vec<u8>) {
        match (undecided, &self.issue, &self.gate) {
            (Undecided::Issue(asked, waiting), Some(issue), _) => issue.answer((asked, waiting), out).await,
            (Undecided::Gate(unanswered), _, Some(gate)) => gate.answer(unanswered, out).await,
            // What a route left undecided is that route's.
            _ => {}
        }
    }

    fn refuse(&self, code: ErrorCode, detail: &'static str, out: &mut Vec<u8>) {
        match (&self.issue, &self.gate) {
            (Some(issue), _) => issue.refuse(code, detail, out),
            (None, Some(gate)) => gate.refuse(code, detail, out),
            // Without routes there is no door.
            (None, None) => {}
        }
    }
}
