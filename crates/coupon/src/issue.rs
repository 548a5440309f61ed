//! The hot route: `POST /api/v1/coupons/issue`, from bytes to bytes.
//!
//! ```text
//! begin: address limit -> key -> body -> user limit -> known already? -> answer     (no lock, no I/O, no task)
//!                                                            no -> batcher -> engine -> answer
//! ```

use super::gatekeeper::{Gatekeeper, coupon_of_pass};
use super::issue_bytes::{IssueBody, is_json, parse, write_outcome};
use super::issue_metrics::IssueMetrics;
use access::keys::{Caller, KeyRing};
use domain::name::DEFAULT_TENANT;
use domain::{CampaignId, ErrorCode, EventName, IdempotencyKey, IssueOutcome, TenantName, UserId};
use hot::batcher::{BatchLimits, Batcher};
use hot::{CouponPort, HotError, IssueRequest, LocalQuestion};
use onsale_http::error::ApiError;
use onsale_http::limits::Limits;
use onsale_http::server::{HotHead, HotRequest, HotRoutes, SampledLine};
use std::cell::RefCell;
use std::net::IpAddr;
use std::sync::Arc;

/// Seconds after which a refused caller may come again when the engine can not decide.
const RETRY_AFTER_SECONDS: u32 = 1;
/// Of the answers that needed no decision one in so many is timed when none is logged.
const SAMPLED_ONE_IN: u32 = 1_000;

/// What the route needs; shared by all workers.
pub struct IssueParts {
    /// Decides.
    pub port: Arc<dyn CouponPort>,
    /// Who may have a coupon of a gated campaign; without one nobody may.
    pub gate: Option<Arc<dyn Gatekeeper>>,
    /// Who calls.
    pub keys: Arc<KeyRing>,
    /// How often anyone may call.
    pub limits: Arc<Limits>,
    /// Whether a caller without a key is believed (the demo).
    pub open_issue: bool,
    /// Of the answers that needed no decision one in so many is logged; 0: none.
    pub log_every: u32,
}

/// The route on one worker.
#[derive(Clone)]
pub struct IssueRoute {
    parts: Arc<IssueParts>,
    batcher: Batcher<IssueRequest, Result<IssueOutcome, HotError>>,
    metrics: Arc<IssueMetrics>,
}

/// A request for which something has to be waited for.
pub enum Waiting {
    /// For the engine.
    Decision(IssueRequest),
    /// For the gate, and then for the engine.
    Gate(IssueRequest),
    /// For the keys to be read again: this one is not known.
    Key {
        /// What was shown.
        key: Vec<u8>,
        /// The request's body.
        body: Vec<u8>,
        /// The caller's `Idempotency-Key`.
        idempotency_key: Option<IdempotencyKey>,
    },
}

/// Either an answer or something to wait for.
pub enum Begun {
    /// Known at once.
    Answer(Result<IssueOutcome, ApiError>),
    /// Not known yet.
    Wait(Waiting),
}

/// Whatever became of it, asking again is safe and tells.
fn can_not_decide(error: &dyn std::error::Error) -> ApiError {
    // The engine says once why; here there may be a million of them.
    tracing::debug!(%error, "a request for a coupon could not be decided");
    ApiError::unavailable(RETRY_AFTER_SECONDS)
}

impl IssueRoute {
    /// Where it is.
    pub const PATH: &'static str = "/api/v1/coupons/issue";

    /// The route with a batcher of its own: call it once on each worker.
    pub fn new(parts: Arc<IssueParts>, metrics: Arc<IssueMetrics>) -> Self {
        let port = parts.port.clone();
        let batcher = Batcher::new(BatchLimits::default(), move |batch| {
            let port = port.clone();
            Box::pin(async move { port.issue(batch, clock::now()).await })
        });
        Self { parts, batcher, metrics }
    }

    /// What the answer needs of a request.
    pub fn asked(&self, peer: IpAddr, head: &HotHead<'_>) -> HotRequest {
        HotRequest::new(&self.parts.limits, peer, head)
    }

    /// Goes as far as is possible without waiting.
    pub fn begin(&self, asked: &mut HotRequest, head: &HotHead<'_>, body: &[u8]) -> Begun {
        match self.try_begin(asked, head, body) {
            Ok(begun) => begun,
            Err(error) => Begun::Answer(Err(error)),
        }
    }

    fn try_begin(&self, asked: &mut HotRequest, head: &HotHead<'_>, body: &[u8]) -> Result<Begun, ApiError> {
        asked.take_ip(&self.parts.limits)?;
        if !is_json(head.content_type) {
            return Err(ErrorCode::UnsupportedMediaType.into());
        }
        let idempotency_key = match head.idempotency_key {
            None => None,
            Some(text) => Some(
                IdempotencyKey::new(text)
                    .ok_or_else(|| ApiError::invalid("Idempotency-Key must be 1 to 255 visible ASCII characters"))?,
            ),
        };
        match head.api_key {
            None if self.parts.open_issue => self.ask(asked, DEFAULT_TENANT, body, idempotency_key),
            None => Err(ApiError::new(ErrorCode::Unauthorized).detail("send a tenant's key in X-Api-Key")),
            Some(key) => match self.parts.keys.caller(key) {
                Some(caller) => self.ask_as(asked, &caller, body, idempotency_key),
                None => Ok(Begun::Wait(Waiting::Key { key: key.to_vec(), body: body.to_vec(), idempotency_key })),
            },
        }
    }

    fn ask_as(
        &self,
        asked: &mut HotRequest,
        caller: &Caller,
        body: &[u8],
        key: Option<IdempotencyKey>,
    ) -> Result<Begun, ApiError> {
        match caller {
            Caller::Administrator => self.ask(asked, DEFAULT_TENANT, body, key),
            Caller::Tenant(tenant) => self.ask(asked, tenant.as_str(), body, key),
            Caller::Service(_) => Err(ErrorCode::Forbidden.into()),
        }
    }

    fn ask(
        &self,
        asked: &mut HotRequest,
        tenant: &str,
        body: &[u8],
        key: Option<IdempotencyKey>,
    ) -> Result<Begun, ApiError> {
        let IssueBody { user_id, event_id } = parse(body)?;
        asked.take_user(&self.parts.limits, tenant, &user_id)?;
        let question = LocalQuestion { tenant, event: &event_id, user: &user_id, key, admitted: false };
        let known = self.parts.port.answer_locally(&question, clock::at(asked.begun_us));
        // The gate may have let the user in.
        let gate_decides = self.parts.gate.is_some() && matches!(known, Some(IssueOutcome::NotAdmitted { .. }));
        if let Some(outcome) = known.filter(|_| !gate_decides) {
            return Ok(Begun::Answer(Ok(outcome)));
        }
        let named = |error: domain::name::NameError| ApiError::invalid(error.to_string());
        let campaign =
            CampaignId::new(TenantName::new(tenant).map_err(named)?, EventName::new(&event_id).map_err(named)?);
        let user = UserId::new(&user_id).map_err(named)?;
        let request = IssueRequest { campaign, user, key, admitted: false, coupon_id: None };
        Ok(Begun::Wait(if gate_decides { Waiting::Gate(request) } else { Waiting::Decision(request) }))
    }

    /// Waits for what [`IssueRoute::begin`] could not know.
    pub async fn finish(&self, asked: &mut HotRequest, waiting: Waiting) -> Result<IssueOutcome, ApiError> {
        match waiting {
            Waiting::Decision(request) => self.decide_anywhere(request).await,
            Waiting::Gate(request) => self.decide_at_the_gate(request).await,
            Waiting::Key { key, body, idempotency_key } => {
                let caller = self.parts.keys.caller_fresh(&key).await;
                let caller = caller
                    .ok_or_else(|| ApiError::new(ErrorCode::Unauthorized).detail("X-Api-Key is not a key in force"))?;
                match self.ask_as(asked, &caller, &body, idempotency_key)? {
                    Begun::Answer(answer) => answer,
                    Begun::Wait(Waiting::Decision(request)) => self.decide_anywhere(request).await,
                    Begun::Wait(Waiting::Gate(request)) => self.decide_at_the_gate(request).await,
                    Begun::Wait(Waiting::Key { .. }) => Err(ErrorCode::Unauthorized.into()),
                }
            }
        }
    }

    /// It is not known here whether the campaign has a gate.
    async fn decide_anywhere(&self, request: IssueRequest) -> Result<IssueOutcome, ApiError> {
        match self.decide(request.clone()).await? {
            IssueOutcome::NotAdmitted { .. } if self.parts.gate.is_some() => self.decide_at_the_gate(request).await,
            outcome => Ok(outcome),
        }
    }

    async fn decide(&self, request: IssueRequest) -> Result<IssueOutcome, ApiError> {
        match self.batcher.ask(request).await {
            Ok(decided) => decided.map_err(|error| can_not_decide(&error)),
            Err(error) => Err(can_not_decide(&error)),
        }
    }

    /// The campaign has a gate. The engine is asked after the gate and never only before it: whoever has no pass because
    /// another call of theirs has just used it has the coupon, and must hear that.
    ///
    /// One pass is one coupon. HotRequest again with it, by this route or the gate's own, the user hears `ALREADY_ISSUED`; the
    /// yes itself under the `Idempotency-Key` alone that led to it.
    async fn decide_at_the_gate(&self, request: IssueRequest) -> Result<IssueOutcome, ApiError> {
        let (campaign, user) = (request.campaign.clone(), request.user.clone());
        let Some(gate) = &self.parts.gate else { return self.decide(request).await };
        let coupon_id = gate.active_pass(&campaign, &user).await?.map(coupon_of_pass);
        let outcome = self.decide(IssueRequest { admitted: coupon_id.is_some(), coupon_id, ..request }).await?;
        match outcome {
            _ if coupon_id.is_none() => {}
            // An earlier yes, heard again by its key: this pass is still good.
            IssueOutcome::Issued { coupon, .. } if Some(coupon.coupon_id) != coupon_id => {}
            IssueOutcome::Issued { .. } | IssueOutcome::AlreadyIssued { .. } => gate.used(&campaign, &user, true).await,
            IssueOutcome::SoldOut => gate.used(&campaign, &user, false).await,
            _ => {}
        }
        Ok(outcome)
    }

    /// Appends the body of an answer; returns its status and `Retry-After`.
    pub fn write_body(
        &self,
        asked: &HotRequest,
        answer: Result<IssueOutcome, ApiError>,
        out: &mut Vec<u8>,
    ) -> (u16, Option<u32>) {
        let error = match answer {
            Ok(IssueOutcome::NoCampaign) => ApiError::new(ErrorCode::CampaignNotFound),
            Ok(IssueOutcome::KeyReused) => ApiError::new(ErrorCode::IdempotencyKeyReused),
            Ok(outcome) => {
                self.metrics.count_outcome(&outcome);
                write_outcome(&outcome, asked.language, out);
                return (200, None);
            }
            Err(error) => error,
        };
        self.metrics.count_error(error.code);
        asked.write_error(&error, out)
    }

    fn reply(&self, asked: &HotRequest, answer: Result<IssueOutcome, ApiError>, decided: bool, out: &mut Vec<u8>) {
        thread_local! {
            static BODY: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
        }
        BODY.with_borrow_mut(|body| {
            body.clear();
            let status = self.write_body(asked, answer, body);
            asked.reply(status, false).write(body, out);
            self.log(asked, status.0, decided, body.len());
        });
    }

    fn log(&self, asked: &HotRequest, status: u16, decided: bool, bytes: usize) {
        let sampled =
            self.metrics.is_sampled(if self.parts.log_every == 0 { SAMPLED_ONE_IN } else { self.parts.log_every });
        if decided || sampled {
            self.metrics.record_seconds(decided, asked.took().as_secs_f64());
        }
        if sampled && self.parts.log_every > 0 {
            let one_in = self.parts.log_every;
            asked.log(&SampledLine { method: "POST", path: Self::PATH, status, bytes, one_in });
        }
    }
}

impl HotRoutes for IssueRoute {
    type Undecided = (HotRequest, Waiting);

    fn knows(&self, method: &str, target: &str) -> bool {
        method == "POST" && target == Self::PATH
    }

    fn answer_now(
        &self,
        peer: IpAddr,
        head: &HotHead<'_>,
        body: &[u8],
        out: &mut Vec<u8>,
    ) -> Option<(HotRequest, Waiting)> {
        let mut asked = self.asked(peer, head);
        match self.begin(&mut asked, head, body) {
            Begun::Answer(answer) => {
                self.reply(&asked, answer, false, out);
                None
            }
            Begun::Wait(waiting) => Some((asked, waiting)),
        }
    }

    async fn answer(&self, (mut asked, waiting): (HotRequest, Waiting), out: &mut Vec<u8>) {
        let answer = self.finish(&mut asked, waiting).await;
        self.reply(&asked, answer, true, out);
    }

    fn refuse(&self, code: ErrorCode, detail: &'static str, out: &mut Vec<u8>) {
        let head = HotHead { close: true, ..HotHead::default() };
        let asked = self.asked(IpAddr::from([0, 0, 0, 0]), &head);
        let mut error = ApiError::new(code);
        error.detail = (!detail.is_empty()).then(|| detail.to_owned());
        self.reply(&asked, Err(error), false, out);
    }
}
