//! The fast path of what everybody asks while a sale runs: a campaign's status, and one's own coupons.
//!
//! It answers only the plain form of a request: no query, and names that need no decoding. The router (`api/lookup.rs`)
//! answers all other requests.

use crate::service::CouponService;
use crate::user_coupons::OfUser;
use crate::views::coupon::UserCoupons;
use crate::views::status::StatusView;
use domain::name::{check_name, check_own_name};
use domain::{CampaignId, ErrorCode, EventName, Scope, TenantName, UserId};
use hot::batcher::{BatchLimits, Batcher};
use onsale_http::limits::Limits;
use onsale_http::server::{HotHead, HotRequest, HotRoutes, RecordedRoute, refuse};
use onsale_http::{ApiError, HttpMetrics};
use serde::Serialize;
use std::cell::RefCell;
use std::net::IpAddr;
use std::sync::Arc;

/// Questions of one query. A longer wait than a query's limit is no answer.
const BATCH: BatchLimits =
    BatchLimits { batch_max: 256, waiting_max: 16_384, call_timeout: std::time::Duration::from_secs(5) };

/// The routes on one worker.
#[derive(Clone)]
pub struct ReadRoute {
    service: CouponService,
    limits: Arc<Limits>,
    recorded: Arc<Recorded>,
    /// Gathers questions that come while others are read: they share one query of the tables.
    of_users: Batcher<OfUser, Result<UserCoupons, ApiError>>,
}

struct Recorded {
    status: RecordedRoute,
    coupons: RecordedRoute,
}

/// A request in its plain form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PlainRequest<'a> {
    event: &'a str,
    /// Whose coupons are asked for; none where the status is.
    user: Option<&'a str>,
}

/// A request that cannot be answered without waiting.
pub struct Unanswered {
    request: HotRequest,
    waiting: Waiting,
}

struct Waiting {
    owner: Owner,
    event: EventName,
    user: Option<UserId>,
}

/// The owner of the campaign.
enum Owner {
    Tenant(TenantName),
    /// The tenant of this key, which was not known yet.
    Key(Vec<u8>),
}

fn plain_request<'a>(method: &str, target: &'a str) -> Option<PlainRequest<'a>> {
    if method != "GET" {
        return None;
    }
    let rest = target.strip_prefix("/api/v1/coupons/")?;
    let request = match rest.strip_prefix("status/") {
        Some(event) => PlainRequest { event, user: None },
        None => {
            let (user, event) = rest.strip_prefix("user/")?.split_once("/event/")?;
            PlainRequest { event, user: Some(user) }
        }
    };
    // A valid name contains no character that would have to be decoded, and no `/` or `?`.
    let is_plain = check_own_name(request.event).is_ok() && request.user.is_none_or(|user| check_name(user).is_ok());
    is_plain.then_some(request)
}

fn name_error(error: domain::name::NameError) -> ApiError {
    ApiError::invalid(error.to_string())
}

fn write_json(answer: &impl Serialize, body: &mut Vec<u8>) -> Result<(), ApiError> {
    serde_json::to_writer(body, answer).map_err(ApiError::internal)
}

thread_local! {
    /// The buffer for bodies that are known without waiting.
    static BODY: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl ReadRoute {
    /// The routes on one worker. `log_every`: one reply in this many is logged; 0 logs none.
    pub fn new(service: CouponService, limits: Arc<Limits>, metrics: &HttpMetrics, log_every: u32) -> Self {
        let recorded = |path| RecordedRoute::new(metrics, "GET", path, log_every);
        let recorded = Recorded {
            status: recorded("/api/v1/coupons/status/{event_id}"),
            coupons: recorded("/api/v1/coupons/user/{user_id}/event/{event_id}"),
        };
        let reads = service.clone();
        let of_users = Batcher::new(BATCH, move |questions| {
            let reads = reads.clone();
            Box::pin(async move { reads.coupons_of_users(questions).await })
        });
        Self { service, limits, recorded: Arc::new(recorded), of_users }
    }

    /// Goes as far as possible without waiting. `None` after writing the body.
    fn begin(
        &self,
        request: &mut HotRequest,
        head: &HotHead<'_>,
        plain: PlainRequest<'_>,
        body: &mut Vec<u8>,
    ) -> Result<Option<Waiting>, ApiError> {
        request.take_ip(&self.limits)?;
        let tenant = self.service.callers.tenant_now(head.api_key, Some(request.client.0), Scope::Read)?;
        let event = EventName::new(plain.event).map_err(name_error)?;
        let user = plain.user.map(UserId::new).transpose().map_err(name_error)?;
        let Some(tenant) = tenant else {
            let owner = Owner::Key(head.api_key.unwrap_or_default().to_vec());
            return Ok(Some(Waiting { owner, event, user }));
        };
        let campaign = CampaignId::new(tenant, event);
        let now = clock::at(request.begun_us);
        if user.is_none()
            && let Some(sale) = self.service.port.sale_now(&campaign, now)
        {
            let (campaign, sale) = sale.ok_or(ErrorCode::CampaignNotFound)?;
            write_json(&StatusView::new(&campaign, sale, now), body)?;
            return Ok(None);
        }
        Ok(Some(Waiting { owner: Owner::Tenant(campaign.tenant), event: campaign.event, user }))
    }

    async fn finish(&self, unanswered: &Unanswered, body: &mut Vec<u8>) -> Result<(), ApiError> {
        let Waiting { owner, event, user } = &unanswered.waiting;
        let tenant = match owner {
            Owner::Tenant(tenant) => tenant.clone(),
            Owner::Key(key) => {
                let from = unanswered.request.client.0;
                self.service.callers.tenant_of_fresh_key(key, from, Scope::Read).await?
            }
        };
        let campaign = CampaignId::new(tenant, event.clone());
        match user {
            Some(user) => {
                let answer = self.of_users.ask((campaign, user.clone())).await;
                write_json(&answer.map_err(|_| ApiError::unavailable())??, body)
            }
            None => {
                let now = clock::now();
                let sale = self.service.port.sale(&campaign, now).await?;
                let (campaign, sale) = sale.ok_or(ErrorCode::CampaignNotFound)?;
                write_json(&StatusView::new(&campaign, sale, now), body)
            }
        }
    }

    fn recorded(&self, is_of_user: bool) -> &RecordedRoute {
        if is_of_user { &self.recorded.coupons } else { &self.recorded.status }
    }
}

impl HotRoutes for ReadRoute {
    type Undecided = Unanswered;

    fn knows(&self, method: &str, target: &str) -> bool {
        plain_request(method, target).is_some()
    }

    fn knows_caller(&self, head: &HotHead<'_>) -> bool {
        match head.api_key {
            None => self.service.callers.open,
            Some(key) => self.service.callers.keys.may_call(key, Scope::Read),
        }
    }

    fn answer_now(&self, peer: IpAddr, head: &HotHead<'_>, _: &[u8], out: &mut Vec<u8>) -> Option<Unanswered> {
        let mut request = HotRequest::new(&self.limits, peer, head);
        let Some(plain) = plain_request(head.method, head.target) else {
            self.refuse(ErrorCode::InvalidInput, "", out);
            return None;
        };
        let is_of_user = plain.user.is_some();
        BODY.with_borrow_mut(|body| {
            body.clear();
            let answer = match self.begin(&mut request, head, plain, body) {
                Ok(Some(waiting)) => return Some(Unanswered { request, waiting }),
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            };
            self.recorded(is_of_user).reply(&request, answer, None, body, out);
            None
        })
    }

    async fn answer(&self, unanswered: Unanswered, out: &mut Vec<u8>) {
        let mut body = Vec::with_capacity(512);
        let answer = self.finish(&unanswered, &mut body).await;
        let recorded = self.recorded(unanswered.waiting.user.is_some());
        recorded.reply(&unanswered.request, answer, None, &body, out);
    }

    fn refuse(&self, code: ErrorCode, detail: &'static str, out: &mut Vec<u8>) {
        refuse(&self.limits, code, detail, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_requests_are_recognized_and_unusual_ones_left_to_the_router() {
        let plain = |event, user| Some(PlainRequest { event, user });
        for (method, target, expected) in [
            ("GET", "/api/v1/coupons/status/shoes", plain("shoes", None)),
            ("GET", "/api/v1/coupons/user/alice/event/shoes", plain("shoes", Some("alice"))),
            ("GET", "/api/v1/coupons/status/shoes?tenant=acme", None),
            ("GET", "/api/v1/coupons/status/sh%6fes", None),
            ("GET", "/api/v1/coupons/status/", None),
            ("GET", "/api/v1/coupons/status/shoes/", None),
            ("GET", "/api/v1/coupons/user/alice/event/", None),
            ("GET", "/api/v1/coupons/user/alice/event/shoes/event/hats", None),
            ("GET", "/api/v1/coupons/user//event/shoes", None),
            ("GET", "/api/v1/coupons/campaigns", None),
            ("POST", "/api/v1/coupons/status/shoes", None),
            ("HEAD", "/api/v1/coupons/status/shoes", None),
        ] {
            assert_eq!(plain_request(method, target), expected, "{method} {target}");
        }
    }
}
