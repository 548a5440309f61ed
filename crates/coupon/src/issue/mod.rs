//! Issuing a coupon (FCFS-001..005): the use case, without HTTP.
//!
//! ```text
//! begin:  known already? --> outcome          no lock, no I/O, no task
//! finish: gate (its campaigns) --> batcher --> engine --> outcome
//! ```
//!
//! Three ways lead here: the server's fast path and the router (both by `route`), and the gate's own route, which
//! decides with [`Decider`] after it has seen the pass.

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
use domain::{CampaignId, EventName, IdempotencyKey, IssueOutcome, TenantName, Timestamp, UserId};
use gatekeeper::coupon_of_pass;
use hot::batcher::{BatchLimits, Batcher};
use hot::{CouponPort, HotError, IssueRequest, LocalQuestion};
use std::error::Error;
use std::sync::Arc;

/// The request was not decided, or its outcome is unknown. The same again is safe, and tells.
#[derive(Debug, thiserror::Error)]
#[error("the request for a coupon could not be decided")]
pub struct Undecided(#[source] Box<dyn Error + Send + Sync>);

impl Undecided {
    /// The engine says once why; here there may be a million of them.
    pub(crate) fn because(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let error = error.into();
        tracing::debug!(%error, "a request for a coupon could not be decided");
        Self(error)
    }
}

/// Decides requests. While one call to the engine is in flight the next requests gather, and go together.
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

/// A user's wish for a coupon, as it came in.
pub struct Wish<'a> {
    /// Whose campaign.
    pub tenant: &'a str,
    /// Which campaign.
    pub event: &'a str,
    /// For whom.
    pub user: &'a str,
    /// The caller's `Idempotency-Key`.
    pub key: Option<IdempotencyKey>,
}

/// How far a wish came without waiting.
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
    /// Decides with `decider`. Without a gate nobody may have a coupon of a gated campaign.
    pub fn new(decider: Decider, gate: Option<Arc<dyn Gatekeeper>>) -> Self {
        Self { decider, gate }
    }

    /// Goes as far as is possible without waiting.
    ///
    /// # Errors
    /// [`NameError`] for a name that cannot be one.
    pub fn begin(&self, wish: &Wish<'_>, now: Timestamp) -> Result<Begun, NameError> {
        let Wish { tenant, event, user, key } = *wish;
        let question = LocalQuestion { tenant, event, user, key, admitted: false };
        let known = self.decider.port.answer_locally(&question, now);
        // The gate may have let the user in.
        let is_gated = self.gate.is_some() && matches!(known, Some(IssueOutcome::NotAdmitted { .. }));
        if let Some(outcome) = known.filter(|_| !is_gated) {
            return Ok(Begun::Known(outcome));
        }
        let campaign = CampaignId::new(TenantName::new(tenant)?, EventName::new(event)?);
        let request = IssueRequest { campaign, user: UserId::new(user)?, key, admitted: false, coupon_id: None };
        Ok(Begun::Pending(Pending { request, is_gated }))
    }

    /// Decides what [`CouponIssuing::begin`] could not know.
    ///
    /// # Errors
    /// [`Undecided`].
    pub async fn finish(&self, pending: Pending) -> Result<IssueOutcome, Undecided> {
        let Pending { request, is_gated } = pending;
        if is_gated {
            return self.decide_at_the_gate(request).await;
        }
        // It is not known here whether the campaign has a gate.
        match self.decider.decide(request.clone()).await? {
            IssueOutcome::NotAdmitted { .. } if self.gate.is_some() => self.decide_at_the_gate(request).await,
            outcome => Ok(outcome),
        }
    }

    /// The campaign has a gate. The engine is asked after the gate and never only before it: a user without a pass,
    /// because another call of theirs has just used it, has the coupon and must hear that.
    ///
    /// One pass is one coupon. Asked again with it, by this route or the gate's own, the user hears `ALREADY_ISSUED`;
    /// the yes itself under the `Idempotency-Key` alone that led to it.
    async fn decide_at_the_gate(&self, request: IssueRequest) -> Result<IssueOutcome, Undecided> {
        let (campaign, user) = (request.campaign.clone(), request.user.clone());
        let Some(gate) = &self.gate else { return self.decider.decide(request).await };
        let coupon_id = gate.active_pass(&campaign, &user).await?.map(coupon_of_pass);
        let outcome = self.decider.decide(IssueRequest { admitted: coupon_id.is_some(), coupon_id, ..request }).await?;
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
}
