//! The fast path of `/queue/serving/{line}`: every waiting page asks it again and again, and the answer is the same for all.
//!
//! It answers only the plain form of a request: no query, and a line that anybody may name. The router answers all other
//! requests. A schedule that has no line yet is asked for here, too: a line that is made while people come is theirs at once.

use super::serving_headers;
use crate::tickets::TicketQueue;
use domain::line::LineId;
use domain::{ErrorCode, ScheduleId};
use lines::operation::{line_of, no_line_of_this_name};
use lines::serving::{Serving, ServingCache};
use onsale_http::limits::Limits;
use onsale_http::server::{HotHead, HotRequest, HotRoutes, RecordedRoute, refuse};
use onsale_http::{ApiError, HttpMetrics};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// The route as the router names it.
const PATH: &str = "/queue/serving/{line}";

/// The route on one worker.
#[derive(Clone)]
pub struct ServingRoute {
    cache: ServingCache,
    /// The lines before seats, where the process has them.
    tickets: Option<Box<TicketQueue>>,
    limits: Arc<Limits>,
    recorded: Arc<RecordedRoute>,
    /// The document that was written last, with its JSON: most requests are for one line.
    written: Arc<Mutex<Option<Written>>>,
}

/// A document with its JSON.
type Written = (Arc<Serving>, Vec<u8>);

/// A request whose document has to be made first.
pub struct Unanswered {
    request: HotRequest,
    line: LineId,
}

/// The line of a plain request: of a site, or of a campaign of the tenant `default`.
fn plain_line(method: &str, target: &str) -> Option<LineId> {
    let name = target.strip_prefix("/queue/serving/").filter(|_| method == "GET")?;
    // A name without a kind is a line before a site or a schedule.
    let (kind, rest) = name.split_once(':').unwrap_or(("queue", name));
    let is_plain = rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
    let is_public = is_plain && !rest.is_empty() && matches!(kind, "gate" | "queue");
    if is_public { line_of(name).ok() } else { None }
}

impl ServingRoute {
    /// The route on one worker. `tickets`: the lines before seats, where the process has them. `log_every`: one reply in this
    /// many is logged; 0 logs none.
    pub fn new(
        cache: ServingCache,
        tickets: Option<TicketQueue>,
        limits: Arc<Limits>,
        metrics: &HttpMetrics,
        log_every: u32,
    ) -> Self {
        let recorded = Arc::new(RecordedRoute::new(metrics, "GET", PATH, log_every));
        Self { cache, tickets: tickets.map(Box::new), limits, recorded, written: Arc::default() }
    }

    /// The lines before seats, where a line that is not there is one of theirs.
    fn tickets_of(&self, line: &LineId) -> Option<(&TicketQueue, ScheduleId)> {
        self.tickets.as_deref().zip(line.schedule())
    }

    fn reply(&self, request: &HotRequest, found: Result<Option<Arc<Serving>>, ApiError>, out: &mut Vec<u8>) {
        let found = found.and_then(|document| document.ok_or_else(no_line_of_this_name));
        let answer = match &found {
            Err(error) => Err(error.clone()),
            Ok(document) => {
                let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
                if !written.as_ref().is_some_and(|(known, _)| Arc::ptr_eq(known, document)) {
                    *written = serde_json::to_vec(document.as_ref()).ok().map(|json| (document.clone(), json));
                }
                if let Some((_, json)) = &*written {
                    return self.recorded.reply(request, Ok(()), Some(&serving_headers::PUBLIC), json, out);
                }
                Err(ErrorCode::InternalError.into())
            }
        };
        self.recorded.reply(request, answer, Some(&serving_headers::PUBLIC), &[], out);
    }
}

impl HotRoutes for ServingRoute {
    type Undecided = Unanswered;

    fn knows(&self, method: &str, target: &str) -> bool {
        plain_line(method, target).is_some()
    }

    /// Anybody may ask.
    fn knows_caller(&self, _: &HotHead<'_>) -> bool {
        true
    }

    fn answer_now(&self, peer: IpAddr, head: &HotHead<'_>, _: &[u8], out: &mut Vec<u8>) -> Option<Unanswered> {
        let request = HotRequest::new(&self.limits, peer, head);
        let Some(line) = plain_line(head.method, head.target) else {
            self.refuse(ErrorCode::InvalidInput, "", out);
            return None;
        };
        match self.cache.known(&line) {
            Some(Ok(None)) if self.tickets_of(&line).is_some() => return Some(Unanswered { request, line }),
            Some(found) => self.reply(&request, found, out),
            None => return Some(Unanswered { request, line }),
        }
        None
    }

    async fn answer(&self, unanswered: Unanswered, out: &mut Vec<u8>) {
        let mut found = self.cache.serving(&unanswered.line).await;
        if let (Ok(None), Some((tickets, schedule))) = (&found, self.tickets_of(&unanswered.line)) {
            found = tickets.public_document(schedule).await;
        }
        self.reply(&unanswered.request, found, out);
    }

    fn refuse(&self, code: ErrorCode, detail: &'static str, out: &mut Vec<u8>) {
        refuse(&self.limits, code, detail, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_that_anybody_may_name_are_recognized() {
        for (method, target, is_plain) in [
            ("GET", "/queue/serving/gate:shoes", true),
            ("GET", "/queue/serving/queue:shop", true),
            ("GET", "/queue/serving/shop", true),
            ("GET", "/queue/serving/public:x", false),
            ("GET", "/queue/serving/gate:acme~shoes", false),
            ("GET", "/queue/serving/gate:acme%2Fshoes", false),
            ("GET", "/queue/serving/gate:shoes?ranges=1", false),
            ("GET", "/queue/serving/gate:", false),
            ("GET", "/queue/serving/other:shoes", false),
            ("GET", "/queue/serving/gate:shoes/", false),
            ("HEAD", "/queue/serving/gate:shoes", false),
            ("POST", "/queue/serving/gate:shoes", false),
            ("GET", "/queue/stream/gate:shoes", false),
        ] {
            assert_eq!(plain_line(method, target).is_some(), is_plain, "{method} {target}");
        }
    }
}
