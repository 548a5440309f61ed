//! The gate's hot routes: everybody who waits asks every few seconds, and a crowd comes all at once.
//!
//! Only the plain form is answered here: the long paths with one query field, the short path for ranks with two, names
//! that need no decoding. What else people send, wrong or merely unusual, the router answers (`api`): there is one place
//! that says what is wrong with it.

use super::service::GateService;
use access::callers::Callers;
use domain::name::check_name;
use domain::{CampaignId, ErrorCode, EventName, TenantName, UserId};
use onsale_http::limits::Limits;
use onsale_http::metrics::RouteRecorder;
use onsale_http::server::{HotHead, HotRequest, HotRoutes, SampledLine, refuse};
use onsale_http::{ApiError, HttpMetrics};
use serde::Serialize;
use std::cell::RefCell;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// What the routes need; shared by all workers.
pub struct GateParts {
    /// Who calls.
    pub callers: Callers,
    /// How often anyone may call.
    pub limits: Arc<Limits>,
    /// One answer in so many is logged; 0: none.
    pub log_every: u32,
}

/// The routes on one worker.
#[derive(Clone)]
pub struct GateRoute {
    parts: Arc<GateParts>,
    gate: GateService,
    figures: Arc<Figures>,
}

/// What is counted on one worker.
struct Figures {
    enqueue: Arc<RouteRecorder>,
    rank: Arc<RouteRecorder>,
    rank_short: Arc<RouteRecorder>,
    answers: AtomicU32,
}

/// Which of the routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Enqueue,
    Rank,
    RankShort,
}

/// What somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Question<'a> {
    kind: Kind,
    event: &'a str,
    user: &'a str,
}

/// A request for which something has to be waited for.
pub struct Unanswered {
    asked: HotRequest,
    kind: Kind,
    whose: Whose,
    event: EventName,
    user: UserId,
}

/// Whose campaign it is.
enum Whose {
    Tenant(TenantName),
    /// Of whom this key is; it was not known a moment ago.
    Key(Vec<u8>),
}

impl Kind {
    /// The method and the route as the router names them.
    fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Enqueue => ("POST", "/gate/events/{event_id}/enqueue"),
            Self::Rank => ("GET", "/gate/events/{event_id}/rank"),
            Self::RankShort => ("GET", "/rank"),
        }
    }
}

/// The value of `name=value`.
fn field<'a>(pair: &'a str, name: &str) -> Option<&'a str> {
    pair.strip_prefix(name)?.strip_prefix('=')
}

fn question<'a>(method: &str, target: &'a str) -> Option<Question<'a>> {
    let (path, query) = target.split_once('?')?;
    let asked = match path.strip_prefix("/gate/events/") {
        Some(rest) => {
            let (event, what) = rest.split_once('/')?;
            let kind = match (method, what) {
                ("GET", "rank") => Kind::Rank,
                ("POST", "enqueue") => Kind::Enqueue,
                _ => return None,
            };
            Question { kind, event, user: field(query, "userId")? }
        }
        None if (method, path) == ("GET", "/rank") => {
            let (first, second) = query.split_once('&')?;
            let (event, user) = match field(first, "eventId") {
                Some(event) => (event, field(second, "userId")?),
                None => (field(second, "eventId")?, field(first, "userId")?),
            };
            Question { kind: Kind::RankShort, event, user }
        }
        None => return None,
    };
    // Names that are well-formed hold nothing that would have to be decoded.
    (check_name(asked.event).is_ok() && check_name(asked.user).is_ok()).then_some(asked)
}

fn name_error(error: domain::name::NameError) -> ApiError {
    ApiError::invalid(error.to_string())
}

impl GateRoute {
    /// The routes with a lines of their own: call it once on each worker.
    pub fn new(parts: Arc<GateParts>, gate: GateService, metrics: &HttpMetrics) -> Self {
        let recorder = |kind: Kind| metrics.recorder(kind.name().0, kind.name().1);
        let figures = Figures {
            enqueue: recorder(Kind::Enqueue),
            rank: recorder(Kind::Rank),
            rank_short: recorder(Kind::RankShort),
            answers: AtomicU32::new(0),
        };
        Self { parts, gate: gate.with_own_client(), figures: Arc::new(figures) }
    }

    /// Goes as far as is possible without waiting: an answer's status, or what to wait for.
    fn begin(
        &self,
        asked: &mut HotRequest,
        head: &HotHead<'_>,
        question: Question<'_>,
        body: &mut Vec<u8>,
    ) -> Result<Option<(Whose, EventName, UserId)>, ApiError> {
        asked.take_ip(&self.parts.limits)?;
        let tenant = self.parts.callers.tenant_now(head.api_key)?;
        let event = EventName::new(question.event).map_err(name_error)?;
        let user = UserId::new(question.user).map_err(name_error)?;
        let Some(tenant) = tenant else {
            return Ok(Some((Whose::Key(head.api_key.unwrap_or_default().to_vec()), event, user)));
        };
        let campaign = CampaignId::new(tenant, event);
        if question.kind != Kind::Enqueue
            && let Some(ranked) = self.gate.rank_now(&campaign, &user)
        {
            write_json(&ranked, body)?;
            return Ok(None);
        }
        Ok(Some((Whose::Tenant(campaign.tenant), campaign.event, user)))
    }

    async fn finish(&self, unanswered: &mut Unanswered, body: &mut Vec<u8>) -> Result<(), ApiError> {
        let tenant = match &unanswered.whose {
            Whose::Tenant(tenant) => tenant.clone(),
            Whose::Key(key) => self.parts.callers.tenant_of_fresh_key(key, None).await?,
        };
        let (campaign, user) = (CampaignId::new(tenant, unanswered.event.clone()), &unanswered.user);
        match unanswered.kind {
            Kind::Enqueue => write_json(&self.gate.enqueue(&campaign, user).await?, body),
            Kind::Rank | Kind::RankShort => write_json(&self.gate.rank(&campaign, user).await?, body),
        }
    }

    fn reply(
        &self,
        asked: &HotRequest,
        kind: Kind,
        answer: Result<(), ApiError>,
        body: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) {
        let status = match answer {
            Ok(()) => (200, None),
            Err(error) => {
                body.clear();
                asked.write_error(&error, body)
            }
        };
        asked.reply(status, true).write(body, out);
        self.count(asked, kind, status.0, body.len());
    }

    fn count(&self, asked: &HotRequest, kind: Kind, status: u16, bytes: usize) {
        let recorder = match kind {
            Kind::Enqueue => &self.figures.enqueue,
            Kind::Rank => &self.figures.rank,
            Kind::RankShort => &self.figures.rank_short,
        };
        recorder.record(status, asked.took());
        let one_in = self.parts.log_every;
        if one_in > 0 && self.figures.answers.fetch_add(1, Ordering::Relaxed).is_multiple_of(one_in) {
            let (method, path) = kind.name();
            asked.log(&SampledLine { method, path, status, bytes, one_in });
        }
    }
}

fn write_json(answer: &impl Serialize, body: &mut Vec<u8>) -> Result<(), ApiError> {
    serde_json::to_writer(body, answer).map_err(ApiError::internal)
}

thread_local! {
    /// Where bodies are written that are known at once.
    static BODY: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl HotRoutes for GateRoute {
    type Undecided = Unanswered;

    fn knows(&self, method: &str, target: &str) -> bool {
        question(method, target).is_some()
    }

    fn answer_now(&self, peer: IpAddr, head: &HotHead<'_>, _: &[u8], out: &mut Vec<u8>) -> Option<Unanswered> {
        let mut asked = HotRequest::new(&self.parts.limits, peer, head);
        let Some(question) = question(head.method, head.target) else {
            self.refuse(ErrorCode::InvalidInput, "", out);
            return None;
        };
        let kind = question.kind;
        BODY.with_borrow_mut(|body| {
            body.clear();
            let answer = match self.begin(&mut asked, head, question, body) {
                Ok(Some((whose, event, user))) => return Some(Unanswered { asked, kind, whose, event, user }),
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            };
            self.reply(&asked, kind, answer, body, out);
            None
        })
    }

    async fn answer(&self, mut unanswered: Unanswered, out: &mut Vec<u8>) {
        let mut body = Vec::with_capacity(64);
        let answer = self.finish(&mut unanswered, &mut body).await;
        self.reply(&unanswered.asked, unanswered.kind, answer, &mut body, out);
    }

    fn refuse(&self, code: ErrorCode, detail: &'static str, out: &mut Vec<u8>) {
        refuse(&self.parts.limits, code, detail, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_questions_are_known() {
        let asks = |kind, event, user| Some(Question { kind, event, user });
        for (method, target, expected) in [
            ("POST", "/gate/events/shoes/enqueue?userId=alice", asks(Kind::Enqueue, "shoes", "alice")),
            ("GET", "/gate/events/shoes/rank?userId=alice", asks(Kind::Rank, "shoes", "alice")),
            ("GET", "/rank?eventId=shoes&userId=alice", asks(Kind::RankShort, "shoes", "alice")),
            ("GET", "/rank?userId=alice&eventId=shoes", asks(Kind::RankShort, "shoes", "alice")),
        ] {
            assert_eq!(question(method, target), expected, "{method} {target}");
        }
    }

    #[test]
    fn whatever_is_unusual_is_the_routers() {
        for (method, target) in [
            ("GET", "/gate/events/shoes/enqueue?userId=alice"),
            ("POST", "/gate/events/shoes/rank?userId=alice"),
            ("GET", "/gate/events/shoes/rank"),
            ("GET", "/gate/events/shoes/rank?"),
            ("GET", "/gate/events/shoes/rank?userid=alice"),
            ("GET", "/gate/events/shoes/rank?userId=al%69ce"),
            ("GET", "/gate/events/shoes/rank?userId=alice&a=b"),
            ("GET", "/gate/events/shoes/rank?a=b&userId=alice"),
            ("GET", "/gate/events/shoes/rank?userId="),
            ("GET", "/gate/events//rank?userId=alice"),
            ("GET", "/gate/events/shoes/rank/?userId=alice"),
            ("GET", "/gate/events/../rank?userId=a b"),
            ("GET", "/rank?eventId=shoes"),
            ("GET", "/rank?eventId=shoes&eventId=shoes&userId=alice"),
            ("GET", "/rank?eventId=shoes&userId=alice&userId=bob"),
            ("POST", "/enqueue"),
            ("POST", "/api/v1/coupons/issue"),
        ] {
            assert_eq!(question(method, target), None, "{method} {target}");
        }
    }
}
