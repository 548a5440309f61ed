//! The route `POST /api/v1/coupons/issue`, from bytes to bytes: on the server's fast path, and for the router.
//!
//! ```text
//! begin: address limit -> key -> body -> user limit -> outcome known? -> reply      (no lock, no I/O, no task)
//!                                                            no -> finish -> reply
//! ```

use super::json::{IssueBody, parse, write_outcome};
use super::{Begun, CouponIssuing, Decider, Gatekeeper, IssueMetrics, Pending, RawRequest, Undecided};
use ::http::request::Parts;
use access::keys::{Caller, Holder, KeyRing};
use access::scopes::RouteScopes;
use access::{ActsFor, TenantQuotas};
use domain::name::DEFAULT_TENANT;
use domain::{ErrorCode, IdempotencyKey, IssueOutcome, Scope};
use hot::CouponPort;
use onsale_http::error::ApiError;
use onsale_http::extract::json::is_json;
use onsale_http::limits::Limits;
use onsale_http::server::{HotHead, HotRequest, HotRoutes, SampledLine};
use operators::Recorder;
use operators::appeal::Answer;
use std::cell::RefCell;
use std::net::IpAddr;
use std::sync::Arc;

/// When none is logged, one in this many of the replies that needed no decision is timed.
const SAMPLED_ONE_IN: u32 = 1_000;

/// The parts of the route; shared by all workers.
pub struct IssueParts {
    /// The engine that decides.
    pub port: Arc<dyn CouponPort>,
    /// Admits people to gated campaigns; without it, no coupon of those is given.
    pub gate: Option<Arc<dyn Gatekeeper>>,
    /// Resolves API keys.
    pub keys: Arc<KeyRing>,
    /// Which parameters the route takes in its query, as the API document says.
    pub routes: RouteScopes,
    /// How much each tenant may ask.
    pub quotas: Arc<TenantQuotas>,
    /// Rate limits.
    pub limits: Arc<Limits>,
    /// Whether callers without a key are accepted (the demo).
    pub open_issue: bool,
    /// One in this many of the replies that needed no decision is logged; 0 logs none.
    pub log_every: u32,
}

/// The route on one worker.
#[derive(Clone)]
pub struct IssueRoute {
    parts: Arc<IssueParts>,
    issuing: CouponIssuing,
    metrics: Arc<IssueMetrics>,
    /// Notes who was told what; none in tests.
    appeals: Option<Recorder>,
}

/// The parts of a call that the route reads, from the fast path or from the router.
#[derive(Clone, Copy, Debug, Default)]
pub struct IssueCall<'a> {
    /// The `Content-Type` header.
    pub content_type: Option<&'a [u8]>,
    /// The `X-Api-Key` header.
    pub api_key: Option<&'a [u8]>,
    /// The `Idempotency-Key` header.
    pub idempotency_key: Option<&'a [u8]>,
    /// Whether a person with a token calls, who needs no key.
    pub is_of_person: bool,
    /// Whom that person may name.
    pub caller: ActsFor,
    /// The body.
    pub body: &'a [u8],
}

impl<'a> IssueCall<'a> {
    fn of(head: &HotHead<'a>, body: &'a [u8]) -> Self {
        let HotHead { content_type, api_key, idempotency_key, .. } = *head;
        Self { content_type, api_key, idempotency_key, is_of_person: false, caller: ActsFor::default(), body }
    }

    /// The `Idempotency-Key`, where the headers are as they must be.
    fn headers(&self) -> Result<Option<IdempotencyKey>, ApiError> {
        if !is_json(self.content_type) {
            return Err(ErrorCode::UnsupportedMediaType.into());
        }
        let invalid = || ApiError::invalid("Idempotency-Key must be 1 to 255 visible ASCII characters");
        self.idempotency_key.map(|text| IdempotencyKey::new(text).ok_or_else(invalid)).transpose()
    }
}

fn no_key() -> ApiError {
    ApiError::new(ErrorCode::Unauthorized).detail("send a tenant's key in X-Api-Key")
}

fn unknown_key() -> ApiError {
    ApiError::new(ErrorCode::Unauthorized).detail("X-Api-Key is not a valid key")
}

/// The tenant for which the holder of a key may issue.
fn tenant_of(holder: &Holder) -> Result<&str, ApiError> {
    holder.demand(Scope::Issue)?;
    match &holder.caller {
        Caller::Administrator => Ok(DEFAULT_TENANT),
        Caller::Tenant(tenant) => Ok(tenant.as_str()),
        Caller::Service(_) | Caller::Door(_) => Err(ErrorCode::Forbidden.into()),
    }
}

/// A call that has to wait.
pub enum Waiting {
    /// For the decision.
    Decision(Pending),
    /// For the keys to be read again, since this key is unknown.
    Key {
        /// The key in the request.
        key: Vec<u8>,
        /// The request's body.
        body: Vec<u8>,
        /// The caller's `Idempotency-Key`, or what is wrong with the other headers: a stranger is not told.
        headers: Result<Option<IdempotencyKey>, ApiError>,
    },
}

/// A reply, or what the call has to wait for.
pub enum Progress {
    /// The reply.
    Answer(Result<IssueOutcome, ApiError>),
    /// The call has to wait.
    Wait(Waiting),
}

impl From<Undecided> for ApiError {
    fn from(_: Undecided) -> Self {
        ErrorCode::ServiceUnavailable.into()
    }
}

impl IssueRoute {
    /// The path of the route.
    pub const PATH: &'static str = "/api/v1/coupons/issue";

    /// The route with a decider of its own: call it once on each worker.
    pub fn new(parts: Arc<IssueParts>, metrics: Arc<IssueMetrics>) -> Self {
        let issuing = CouponIssuing::new(Decider::new(parts.port.clone()), parts.gate.clone());
        Self { parts, issuing, metrics, appeals: None }
    }

    /// Notes what people are told.
    #[must_use]
    pub fn with_appeals(self, appeals: Recorder) -> Self {
        Self { appeals: Some(appeals), ..self }
    }

    /// Goes as far as possible without waiting.
    pub fn begin(&self, request: &mut HotRequest, call: &IssueCall<'_>) -> Progress {
        match self.try_begin(request, call) {
            Ok(progress) => progress,
            Err(error) => Progress::Answer(Err(error)),
        }
    }

    fn try_begin(&self, request: &mut HotRequest, call: &IssueCall<'_>) -> Result<Progress, ApiError> {
        request.take_ip(&self.parts.limits)?;
        let (headers, body) = (call.headers(), call.body);
        match call.api_key {
            None if self.parts.open_issue || call.is_of_person => {
                self.begin_for(request, DEFAULT_TENANT, (body, call.caller), headers?)
            }
            None => Err(no_key()),
            Some(key) => match self.parts.keys.holder(key, Some(request.client.0)) {
                Some(holder) => self.begin_as(request, &holder, body, headers),
                None => Ok(Progress::Wait(Waiting::Key { key: key.to_vec(), body: body.to_vec(), headers })),
            },
        }
    }

    /// Checks the query of a request whose caller is known: the hot route has none.
    ///
    /// # Errors
    /// `INVALID_INPUT` for a parameter that the route does not take.
    pub fn check_query(&self, parts: &Parts) -> Result<(), ApiError> {
        self.parts.routes.check_query(parts)
    }

    /// Checks the caller of a request whose body has not been read. `from`: the caller's address.
    ///
    /// # Errors
    /// `UNAUTHORIZED` without a key in force, `FORBIDDEN` for a key that may not issue.
    pub async fn check_caller(&self, key: Option<&[u8]>, from: Option<IpAddr>) -> Result<(), ApiError> {
        match key {
            None if self.parts.open_issue => Ok(()),
            None => Err(no_key()),
            Some(key) => {
                let holder = self.parts.keys.holder_fresh(key, from).await.ok_or_else(unknown_key)?;
                tenant_of(&holder).map(drop)
            }
        }
    }

    fn begin_as(
        &self,
        request: &mut HotRequest,
        holder: &Holder,
        body: &[u8],
        headers: Result<Option<IdempotencyKey>, ApiError>,
    ) -> Result<Progress, ApiError> {
        let tenant = tenant_of(holder)?;
        if let Caller::Tenant(own) = &holder.caller {
            self.parts.quotas.take_request(own, request.begun_us)?;
        }
        self.begin_for(request, tenant, (body, ActsFor::default()), headers?)
    }

    fn begin_for(
        &self,
        request: &mut HotRequest,
        tenant: &str,
        (body, caller): (&[u8], ActsFor),
        key: Option<IdempotencyKey>,
    ) -> Result<Progress, ApiError> {
        let IssueBody { user_id, event_id } = parse(body, caller)?;
        request.take_user(&self.parts.limits, tenant, &user_id)?;
        let raw = RawRequest { tenant, event: &event_id, user: &user_id, key };
        let begun = self.issuing.begin(&raw, clock::at(request.begun_us));
        Ok(match begun.map_err(|error| ApiError::invalid(error.to_string()))? {
            Begun::Known(outcome) => {
                self.note(request, (tenant, &event_id, &user_id), &outcome);
                Progress::Answer(Ok(outcome))
            }
            Begun::Pending(pending) => Progress::Wait(Waiting::Decision(pending)),
        })
    }

    /// Waits for the outcome that [`IssueRoute::begin`] did not know.
    ///
    /// # Errors
    /// The errors of the route.
    pub async fn finish(&self, request: &mut HotRequest, waiting: Waiting) -> Result<IssueOutcome, ApiError> {
        let pending = match waiting {
            Waiting::Decision(pending) => pending,
            Waiting::Key { key, body, headers } => {
                let from = Some(request.client.0);
                let holder = self.parts.keys.holder_fresh(&key, from).await.ok_or_else(unknown_key)?;
                match self.begin_as(request, &holder, &body, headers)? {
                    Progress::Answer(answer) => return answer,
                    Progress::Wait(Waiting::Decision(pending)) => pending,
                    Progress::Wait(Waiting::Key { .. }) => return Err(ErrorCode::Unauthorized.into()),
                }
            }
        };
        let (campaign, user) = (pending.request.campaign.clone(), pending.request.user.clone());
        let outcome = self.issuing.finish(pending).await?;
        self.note(request, (campaign.tenant.as_str(), campaign.event.as_str(), user.as_str()), &outcome);
        Ok(outcome)
    }

    /// Notes what a user is told, if there is room: nobody waits for it.
    fn note(&self, request: &HotRequest, (tenant, event, user): (&str, &str, &str), outcome: &IssueOutcome) {
        let Some(appeals) = &self.appeals else { return };
        onsale_http::told::noted();
        let is_refusal = !matches!(outcome, IssueOutcome::Issued { .. });
        let at = clock::at(request.begun_us);
        appeals.note(at, is_refusal, |role| {
            let is_own = tenant == DEFAULT_TENANT;
            Answer {
                at_ms: at.millis(),
                role: role.to_owned(),
                route: "POST /api/v1/coupons/issue".to_owned(),
                status: outcome.error().map_or(200, ErrorCode::status),
                code: Some(outcome.code().to_owned()),
                target: Some(if is_own { event.to_owned() } else { format!("{tenant}/{event}") }),
                trace_id: request.trace_id.as_str().to_owned(),
                user_id: Some(user.to_owned()),
                times: 1,
            }
        });
    }

    /// Appends the body of a decision.
    ///
    /// # Errors
    /// The call's error, which has no body here.
    pub fn write_decision(
        &self,
        request: &HotRequest,
        answer: Result<IssueOutcome, ApiError>,
        out: &mut Vec<u8>,
    ) -> Result<(), ApiError> {
        let error = match answer {
            Ok(IssueOutcome::NoCampaign) => ApiError::new(ErrorCode::CampaignNotFound),
            Ok(IssueOutcome::KeyReused) => ApiError::new(ErrorCode::IdempotencyKeyReused),
            Ok(outcome) => {
                self.metrics.count_outcome(&outcome);
                write_outcome(&outcome, request.language, out);
                return Ok(());
            }
            Err(error) => error,
        };
        self.metrics.count_error(error.code);
        Err(error)
    }

    fn reply(&self, request: &HotRequest, answer: Result<IssueOutcome, ApiError>, decided: bool, out: &mut Vec<u8>) {
        thread_local! {
            static BODY: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
        }
        BODY.with_borrow_mut(|body| {
            body.clear();
            let status = match self.write_decision(request, answer, body) {
                Ok(()) => (200, None),
                Err(error) => request.write_error(&error, body),
            };
            request.reply(status, true).write(body, out);
            self.log(request, status.0, decided, body.len());
        });
    }

    fn log(&self, request: &HotRequest, status: u16, decided: bool, bytes: usize) {
        let sampled =
            self.metrics.is_sampled(if self.parts.log_every == 0 { SAMPLED_ONE_IN } else { self.parts.log_every });
        if decided || sampled {
            self.metrics.record_seconds(decided, request.took().as_secs_f64());
        }
        if sampled && self.parts.log_every > 0 {
            let one_in = self.parts.log_every;
            request.log(&SampledLine { method: "POST", path: Self::PATH, status, bytes, one_in });
        }
    }
}

impl HotRoutes for IssueRoute {
    type Undecided = (HotRequest, Waiting);

    fn knows(&self, method: &str, target: &str) -> bool {
        method == "POST" && target == Self::PATH
    }

    fn knows_caller(&self, head: &HotHead<'_>) -> bool {
        match head.api_key {
            None => self.parts.open_issue,
            Some(key) => self.parts.keys.may_call(key, Scope::Issue),
        }
    }

    fn answer_now(
        &self,
        peer: IpAddr,
        head: &HotHead<'_>,
        body: &[u8],
        out: &mut Vec<u8>,
    ) -> Option<(HotRequest, Waiting)> {
        let mut request = HotRequest::new(&self.parts.limits, peer, head);
        match self.begin(&mut request, &IssueCall::of(head, body)) {
            Progress::Answer(answer) => {
                self.reply(&request, answer, false, out);
                None
            }
            Progress::Wait(waiting) => Some((request, waiting)),
        }
    }

    async fn answer(&self, (mut request, waiting): (HotRequest, Waiting), out: &mut Vec<u8>) {
        let answer = self.finish(&mut request, waiting).await;
        self.reply(&request, answer, true, out);
    }

    fn refuse(&self, code: ErrorCode, detail: &'static str, out: &mut Vec<u8>) {
        let head = HotHead { close: true, ..HotHead::default() };
        let request = HotRequest::new(&self.parts.limits, IpAddr::from([0, 0, 0, 0]), &head);
        let mut error = ApiError::new(code);
        error.detail = (!detail.is_empty()).then(|| detail.to_owned());
        self.reply(&request, Err(error), false, out);
    }
}
