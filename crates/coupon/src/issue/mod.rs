//! Issuing a coupon (FCFS-001..005): the use case, without HTTP.
//!
//! ```text
//! begin:  outcome known? --> outcome          no lock, no I/O, no task
//! finish: gate (its campaigns) --> batcher --> engine --> outcome
//! ```
//!
//! It has three callers: the server's fast path and the router (both by `route`), and the gate's own route, which decides
//! with [`Decider`] after it has checked the pass.

pub mod gatekeeper;
mod json;
pub mod metrics;
pub mod route;
#[cfg(test)]
mod tests;

pub use gatekeeper::Gatekeeper;
pub use metrics::IssueMetrics;
pub use route::{IssueParts, IssueRoute};

use domain::name::NameError;
use domain::{CampaignId, CouponId, EventName, IdempotencyKey, IssueOutcome, TenantName, Timestamp, UserId};
use gatekeeper::coupon_of_pass;
use hot::batcher::{BatchLimits, Batcher};
use hot::{CouponPort, HotError, IssueRequest, LocalQuestion};
use std::error::Error;
use std::sync::Arc;

/// The request was not decided, or its outcome is unknown. It can safely be repeated, which shows the outcome.
#[derive(Debug, thiserror::Error)]
#[error("the request for a coupon could not be decided")]
pub struct Undecided(#[source] Box<dyn Error + Send + Sync>);

impl Undecided {
    /// Logs at debug level only: the engine logs the cause once, and a million requests may fail of it.
    pub(crate) fn because(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let error = error.into();
        tracing::debug!(%error, "a request for a coupon could not be decided");
        Self(error)
    }
}

/// Decides requests in batches: while one call to the engine is in flight, the next requests gather.
#[derive(Clone)]
pub struct Decider {
    port: Arc<dyn CouponPort>,
    batcher: Batcher<IssueRequest, Result<IssueOutcome, HotError>>,
}

impl Decider {
    /// A decider over this engine. Make one for each worker, so that a batch never crosses to another core.
    pub fn new(port: Arc<dyn CouponPort>) -> Self {
        let engine = port.clone();
        let batcher = Batcher::new(BatchLimits::default(), move |batch| {
            let engine = engine.clone();
            Box::pin(async move { engine.issue(batch, clock::now()).await })
        });
        Self { port, batcher }
    }

    /// Decides one request.
    ///
    /// # Errors
    /// [`Undecided`].
    pub async fn decide(&self, request: IssueRequest) -> Result<IssueOutcome, Undecided> {
        match self.batcher.ask(request).await {
            Ok(decided) => decided.map_err(Undecided::because),
            Err(error) => Err(Undecided::because(error)),
        }
    }
}

/// A user's request for a coupon, not checked yet.
pub struct RawRequest<'a> {
    /// The campaign's tenant.
    pub tenant: &'a str,
    /// The campaign's name.
    pub event: &'a str,
    /// The user.
    pub user: &'a str,
    /// The caller's `Idempotency-Key`.
    pub key: Option<IdempotencyKey>,
}

/// The result of a request as far as it is known without waiting.
pub enum Begun {
    /// Its outcome is known.
    Known(IssueOutcome),
    /// It has to be decided.
    Pending(Pending),
}

/// A request that has to be decided.
pub struct Pending {
    pub(crate) request: IssueRequest,
    /// The campaign is known to have a gate.
    pub(crate) is_gated: bool,
}

/// The use case on one worker. Cheap to clone.
#[derive(Clone)]
pub struct CouponIssuing {
    decider: Decider,
    gate: Option<Arc<dyn Gatekeeper>>,
}

impl CouponIssuing {
    /// Decides with `decider`. Without a gate, no coupon of a gated campaign is given.
    pub fn new(decider: Decider, gate: Option<Arc<dyn Gatekeeper>>) -> Self {
        Self { decider, gate }
    }

    /// Goes as far as possible without waiting.
    ///
    /// # Errors
    /// [`NameError`] for an invalid name.
    pub fn begin(&self, raw: &RawRequest<'_>, now: Timestamp) -> Result<Begun, NameError> {
        let RawRequest { tenant, event, user, key } = *raw;
        let question = LocalQuestion { tenant, event, user, key, admitted: false };
        let known = self.decider.port.answer_locally(&question, now);
        // The gate may have admitted the user.
        let is_gated = self.gate.is_some() && known.as_ref().is_some_and(needs_pass);
        if let Some(outcome) = known.filter(|_| !is_gated) {
            return Ok(Begun::Known(outcome));
        }
        let campaign = CampaignId::new(TenantName::new(tenant)?, EventName::new(event)?);
        let request = IssueRequest { campaign, user: UserId::new(user)?, key, admitted: false, coupon_id: None };
        Ok(Begun::Pending(Pending { request, is_gated }))
    }

    /// Decides a request whose outcome [`CouponIssuing::begin`] did not know.
    ///
    /// # Errors
    /// [`Undecided`].
    pub async fn finish(&self, pending: Pending) -> Result<IssueOutcome, Undecided> {
        let Pending { request, is_gated } = pending;
        if is_gated {
            return self.decide_at_the_gate(request).await;
        }
        // This server does not know whether the campaign has a gate.
        match self.decider.decide(request.clone()).await? {
            outcome if self.gate.is_some() && needs_pass(&outcome) => self.decide_at_the_gate(request).await,
            outcome => Ok(outcome),
        }
    }

    /// Decides for a campaign with a gate. The engine always decides after the gate was asked: a user has no pass after
    /// another call has just used it, and must get the reply that the coupon exists.
    ///
    /// One pass gives one coupon. A repeated call with the pass, on this route or the gate's own, gets `ALREADY_ISSUED`; only
    /// a call with the `Idempotency-Key` that led to the coupon gets `ISSUED` again.
    async fn decide_at_the_gate(&self, request: IssueRequest) -> Result<IssueOutcome, Undecided> {
        let (campaign, user) = (request.campaign.clone(), request.user.clone());
        let Some(gate) = &self.gate else { return self.decider.decide(request).await };
        let coupon_id = gate.active_pass(&campaign, &user).await?.map(coupon_of_pass);
        let outcome = self.decider.decide(IssueRequest { admitted: coupon_id.is_some(), coupon_id, ..request }).await?;
        if let Some(has_coupon) = coupon_id.and_then(|of_pass| use_of_pass(&outcome, of_pass)) {
            gate.used(&campaign, &user, has_coupon).await;
        }
        Ok(outcome)
    }
}

/// Whether a pass may change this outcome.
fn needs_pass(outcome: &IssueOutcome) -> bool {
    match outcome {
        IssueOutcome::NotAdmitted { .. } => true,
        IssueOutcome::Issued { .. }
        | IssueOutcome::AlreadyIssued { .. }
        | IssueOutcome::NotOpen { .. }
        | IssueOutcome::Closed { .. }
        | IssueOutcome::Paused { .. }
        | IssueOutcome::SoldOut
        | IssueOutcome::KeyReused
        | IssueOutcome::NoCampaign => false,
    }
}

/// Whether this outcome uses up the pass whose coupon is `of_pass`, and whether the user has a coupon then. `None`: the
/// pass stays valid.
fn use_of_pass(outcome: &IssueOutcome, of_pass: CouponId) -> Option<bool> {
    match outcome {
        // An earlier success, repeated for its key.
        IssueOutcome::Issued { coupon, .. } if coupon.coupon_id != of_pass => None,
        IssueOutcome::Issued { .. } | IssueOutcome::AlreadyIssued { .. } => Some(true),
        IssueOutcome::SoldOut => Some(false),
        IssueOutcome::NotOpen { .. }
        | IssueOutcome::Closed { .. }
        | IssueOutcome::Paused { .. }
        | IssueOutcome::NotAdmitted { .. }
        | IssueOutcome::KeyReused
        | IssueOutcome::NoCampaign => None,
    }
}
