//! What the issuer hears: what was decided (`coupon.events`), and what the gate asks for (`coupon.requests`).

use super::requests::{Request, Requests};
use super::service::{Heard, Issuer};
use async_trait::async_trait;
use bus::{Failure, FailureKind, HandleError, Handler, Message};
use domain::message::{
    CouponIssued, CouponRedeemed, CouponRequested, CouponRevoked, Envelope, StockExhausted, event_type, topic,
};
use domain::name::check_name;
use domain::{CampaignId, EventName, TenantName, UserId};
use ledger::LedgerError;
use serde::Deserialize;

/// The consumer group `coupon-group`.
pub struct CouponGroup {
    issuer: Issuer,
    requests: Requests,
}

impl CouponGroup {
    /// The group's name (`contract.md`, Messages).
    pub const NAME: &str = "coupon-group";

    /// A group whose messages these deal with.
    pub fn new(issuer: Issuer, requests: Requests) -> Self {
        Self { issuer, requests }
    }

    async fn keep(&self, heard: &[Heard<'_>], failures: &mut Vec<Failure>) -> Result<(), LedgerError> {
        let refused = self.issuer.keep(Self::NAME, heard).await?;
        failures.extend(refused.into_iter().map(|verdict| invalid(verdict.index, verdict.reason)));
        Ok(())
    }

    async fn decide(&self, asked: &[Request<'_>], failures: &mut Vec<Failure>) -> Result<(), LedgerError> {
        let unknown = self.requests.decide(Self::NAME, asked).await?;
        failures.extend(unknown.into_iter().map(|index| invalid(index, "there is no such campaign".to_owned())));
        Ok(())
    }
}

fn invalid(index: usize, error: String) -> Failure {
    Failure { index, kind: FailureKind::Invalid, error }
}

#[async_trait]
impl Handler for CouponGroup {
    fn group(&self) -> &str {
        Self::NAME
    }

    fn topics(&self) -> &[&str] {
        &[topic::COUPON_EVENTS, topic::COUPON_REQUESTS]
    }

    fn knows(&self, kind: &str) -> bool {
        self.topics().iter().any(|topic| topic::carries(topic, kind))
    }

    async fn handle(&self, batch: &[Message]) -> Result<(), HandleError> {
        let (mut failures, mut heard, mut asked) = (Vec::new(), Vec::new(), Vec::new());
        for (index, message) in batch.iter().enumerate() {
            let envelope = message.envelope.as_ref();
            let understood = match envelope.event_type.as_str() {
                event_type::COUPON_REQUESTED => ask(index, envelope).map(|request| asked.push(request)),
                _ => hear(envelope).map(|issued| heard.push(Heard { index, envelope, issued })),
            };
            failures.extend(understood.err().map(|error| invalid(index, error)));
        }
        let failed = |error: LedgerError| match error {
            error @ LedgerError::Unavailable(_) => HandleError::Unavailable(error.into()),
            other => HandleError::Batch(other.into()),
        };
        self.keep(&heard, &mut failures).await.map_err(failed)?;
        self.decide(&asked, &mut failures).await.map_err(failed)?;
        if failures.is_empty() { Ok(()) } else { Err(HandleError::Failed(failures)) }
    }
}

/// Whose turn has come.
fn ask(index: usize, envelope: &Envelope) -> Result<Request<'_>, String> {
    let asked: CouponRequested = payload(envelope)?;
    let named = |field: &'static str| move |error| format!("payload: {field} {error}");
    let tenant = TenantName::new(&asked.tenant).map_err(named("tenant"))?;
    let event = EventName::new(&asked.campaign_id).map_err(named("campaignId"))?;
    let user = UserId::new(&asked.user_id).map_err(named("userId"))?;
    Ok(Request { index, envelope, campaign: CampaignId::new(tenant, event), user })
}

/// The coupon to keep, if the message tells of one. The other kinds were written by the transaction that they tell
/// of; they need only be well formed.
fn hear(envelope: &Envelope) -> Result<Option<CouponIssued>, String> {
    match envelope.event_type.as_str() {
        event_type::COUPON_ISSUED => {
            let issued: CouponIssued = payload(envelope)?;
            check(&issued)?;
            Ok(Some(issued))
        }
        event_type::COUPON_REDEEMED => payload::<CouponRedeemed>(envelope).map(|_| None),
        event_type::COUPON_REVOKED => payload::<CouponRevoked>(envelope).map(|_| None),
        event_type::STOCK_EXHAUSTED => payload::<StockExhausted>(envelope).map(|_| None),
        other => Err(format!("unknown eventType {other:?}")),
    }
}

fn payload<'a, P: Deserialize<'a>>(envelope: &'a Envelope) -> Result<P, String> {
    P::deserialize(&envelope.payload).map_err(|error| format!("payload: {error}"))
}

/// What the tables could hold but must not.
fn check(issued: &CouponIssued) -> Result<(), String> {
    for (field, name) in [("tenant", &issued.tenant), ("campaignId", &issued.campaign_id), ("userId", &issued.user_id)]
    {
        check_name(name).map_err(|error| format!("payload: {field} {error}"))?;
    }
    if issued.issued_at_ms < 0 {
        return Err("payload: issuedAtMs must not be negative".to_owned());
    }
    Ok(())
}
