//! The gate's fast path: every waiting person polls every few seconds, and a crowd arrives at once.
//!
//! It answers only the plain form of a request: the long paths with one query field, the short path for ranks with two, and
//! names that need no decoding. The router (`api`) answers all other requests, so that error messages stand in one file.

use super::queueing::Stranger;
use super::service::GateService;
use access::callers::Callers;
use domain::name::{check_name, check_own_name};
use domain::{CampaignId, ErrorCode, EventName, Scope, TenantName, UserId};
use onsale_http::limits::Limits;
use onsale_http::server::{HotHead, HotRequest, HotRoutes, RecordedRoute, refuse};
use onsale_http::{ApiError, HttpMetrics};
use serde::Serialize;
use std::cell::RefCell;
use std::net::IpAddr;
use std::sync::Arc;

/// What the routes need; shared by all workers.
pub struct GateParts {
    /// Resolves API keys.
    pub callers: Callers,
    /// Rate limits.
    pub limits: Arc<Limits>,
    /// One reply in this many is logged; 0 logs none.
    pub log_every: u32,
}

/// The routes on one worker.
#[derive(Clone)]
pub struct GateRoute {
    parts: Arc<GateParts>,
    gate: GateService,
    recorded: Arc<Recorded>,
}

/// What one worker counts.
struct Recorded {
    enqueue: RecordedRoute,
    rank: RecordedRoute,
    rank_short: RecordedRoute,
}

/// One of the routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Enqueue,
    Rank,
    RankShort,
}

/// A request in its plain form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PlainRequest<'a> {
    kind: Kind,
    event: &'a str,
    user: &'a str,
}

/// A request that cannot be answered without waiting.
pub struct Unanswered {
    request: HotRequest,
    kind: Kind,
    owner: Owner,
    event: EventName,
    user: UserId,
    /// Whether the call came without a key, and what it brought in `X-Queue-Challenge`.
    is_stranger: bool,
    challenge: Option<Vec<u8>>,
}

/// The owner of the campaign.
enum Owner {
    Tenant(TenantName),
    /// The tenant of this key, which was not known yet.
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

fn plain_request<'a>(method: &str, target: &'a str) -> Option<PlainRequest<'a>> {
    let (path, query) = target.split_once('?')?;
    let request = match path.strip_prefix("/gate/events/") {
        Some(rest) => {
            let (event, action) = rest.split_once('/')?;
            let kind = match (method, action) {
                ("GET", "rank") => Kind::Rank,
                ("POST", "enqueue") => Kind::Enqueue,
                _ => return None,
            };
            PlainRequest { kind, event, user: field(query, "userId")? }
        }
        None if (method, path) == ("GET", "/rank") => {
            let (first, second) = query.split_once('&')?;
            let (event, user) = match field(first, "eventId") {
                Some(event) => (event, field(second, "userId")?),
                None => (field(second, "eventId")?, field(first, "userId")?),
            };
            PlainRequest { kind: Kind::RankShort, event, user }
        }
        None => return None,
    };
    // A valid name contains no character that would have to be decoded.
    (check_own_name(request.event).is_ok() && check_name(request.user).is_ok()).then_some(request)
}

fn name_error(error: domain::name::NameError) -> ApiError {
    ApiError::invalid(error.to_string())
}

impl GateRoute {
    /// The routes with a line client of their own: call it once on each worker.
    pub fn new(parts: Arc<GateParts>, gate: GateService, metrics: &HttpMetrics) -> Self {
        let recorded = |kind: Kind| RecordedRoute::new(metrics, kind.name().0, kind.name().1, parts.log_every);
        let recorded = Recorded {
            enqueue: recorded(Kind::Enqueue),
            rank: recorded(Kind::Rank),
            rank_short: recorded(Kind::RankShort),
        };
        Self { parts, gate: gate.with_own_client(), recorded: Arc::new(recorded) }
    }

    /// Goes as far as possible without waiting. Returns `None` after writing the body, or what the request waits for.
    fn begin(
        &self,
        request: &mut HotRequest,
        head: &HotHead<'_>,
        plain: PlainRequest<'_>,
        body: &mut Vec<u8>,
    ) -> Result<Option<(Owner, EventName, UserId)>, ApiError> {
        request.take_ip(&self.parts.limits)?;
        let from = Some(request.client.0);
        let tenant = self.parts.callers.tenant_now(head.api_key, from, Scope::Gate)?;
        let event = EventName::new(plain.event).map_err(name_error)?;
        let user = UserId::new(plain.user).map_err(name_error)?;
        let Some(tenant) = tenant else {
            return Ok(Some((Owner::Key(head.api_key.unwrap_or_default().to_vec()), event, user)));
        };
        let campaign = CampaignId::new(tenant, event);
        if plain.kind != Kind::Enqueue
            && let Some(ranked) = self.gate.rank_now(&campaign, &user)
        {
            write_json(&ranked, body)?;
            return Ok(None);
        }
        Ok(Some((Owner::Tenant(campaign.tenant), campaign.event, user)))
    }

    async fn finish(&self, unanswered: &mut Unanswered, body: &mut Vec<u8>) -> Result<(), ApiError> {
        let tenant = match &unanswered.owner {
            Owner::Tenant(tenant) => tenant.clone(),
            Owner::Key(key) => {
                let from = unanswered.request.client.0;
                self.parts.callers.tenant_of_fresh_key(key, from, Scope::Gate).await?
            }
        };
        let (campaign, user) = (CampaignId::new(tenant, unanswered.event.clone()), &unanswered.user);
        match unanswered.kind {
            Kind::Enqueue => {
                let network = Some(self.parts.limits.network(unanswered.request.client));
                let stranger = Stranger { network, answer: unanswered.challenge.as_deref() };
                let stranger = unanswered.is_stranger.then_some(stranger);
                write_json(&self.gate.enqueue(&campaign, user, stranger).await?, body)
            }
            Kind::Rank | Kind::RankShort => write_json(&self.gate.rank(&campaign, user).await?, body),
        }
    }

    fn reply(&self, request: &HotRequest, kind: Kind, answer: Result<(), ApiError>, body: &[u8], out: &mut Vec<u8>) {
        let recorded = match kind {
            Kind::Enqueue => &self.recorded.enqueue,
            Kind::Rank => &self.recorded.rank,
            Kind::RankShort => &self.recorded.rank_short,
        };
        recorded.reply(request, answer, None, body, out);
    }
}

fn write_json(answer: &impl Serialize, body: &mut Vec<u8>) -> Result<(), ApiError> {
    serde_json::to_writer(body, answer).map_err(ApiError::internal)
}

thread_local! {
    /// The buffer for bodies that are known without waiting.
    static BODY: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl HotRoutes for GateRoute {
    type Undecided = Unanswered;

    fn knows(&self, method: &str, target: &str) -> bool {
        plain_request(method, target).is_some()
    }

    fn knows_caller(&self, head: &HotHead<'_>) -> bool {
        match head.api_key {
            None => self.parts.callers.open,
            Some(key) => self.parts.callers.keys.may_call(key, Scope::Gate),
        }
    }

    fn answer_now(&self, peer: IpAddr, head: &HotHead<'_>, _: &[u8], out: &mut Vec<u8>) -> Option<Unanswered> {
        let mut request = HotRequest::new(&self.parts.limits, peer, head);
        let Some(plain) = plain_request(head.method, head.target) else {
            self.refuse(ErrorCode::InvalidInput, "", out);
            return None;
        };
        let kind = plain.kind;
        BODY.with_borrow_mut(|body| {
            body.clear();
            let answer = match self.begin(&mut request, head, plain, body) {
                Ok(Some((owner, event, user))) => {
                    let (is_stranger, challenge) = (head.api_key.is_none(), head.challenge.map(<[u8]>::to_vec));
                    return Some(Unanswered { request, kind, owner, event, user, is_stranger, challenge });
                }
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            };
            self.reply(&request, kind, answer, body, out);
            None
        })
    }

    async fn answer(&self, mut unanswered: Unanswered, out: &mut Vec<u8>) {
        let mut body = Vec::with_capacity(64);
        let answer = self.finish(&mut unanswered, &mut body).await;
        self.reply(&unanswered.request, unanswered.kind, answer, &body, out);
    }

    fn refuse(&self, code: ErrorCode, detail: &'static str, out: &mut Vec<u8>) {
        refuse(&self.parts.limits, code, detail, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_requests_are_recognized() {
        let plain = |kind, event, user| Some(PlainRequest { kind, event, user });
        for (method, target, expected) in [
            ("POST", "/gate/events/shoes/enqueue?userId=alice", plain(Kind::Enqueue, "shoes", "alice")),
            ("GET", "/gate/events/shoes/rank?userId=alice", plain(Kind::Rank, "shoes", "alice")),
            ("GET", "/rank?eventId=shoes&userId=alice", plain(Kind::RankShort, "shoes", "alice")),
            ("GET", "/rank?userId=alice&eventId=shoes", plain(Kind::RankShort, "shoes", "alice")),
        ] {
            assert_eq!(plain_request(method, target), expected, "{method} {target}");
        }
    }

    #[test]
    fn unusual_requests_are_left_to_the_router() {
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
            assert_eq!(plain_request(method, target), None, "{method} {target}");
        }
    }
}
