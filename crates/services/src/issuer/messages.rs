//! What the issuer hears on `coupon.events`.

use super::service::{Heard, Issuer};
use async_trait::async_trait;
use bus::{Failure, FailureKind, HandleError, Handler, Message};
use domain::message::{CouponIssued, CouponRedeemed, CouponRevoked, Envelope, StockExhausted, event_type, topic};
use domain::name::check_name;
use ledger::LedgerError;
use serde::Deserialize;

/// The consumer group `coupon-group`.
pub struct CouponGroup {
    issuer: Issuer,
}

impl CouponGroup {
    /// The group's name (`contract.md`, Messages).
    pub const NAME: &str = "coupon-group";

    /// A group whose messages this issuer deals with.
    pub fn new(issuer: Issuer) -> Self {
        Self { issuer }
    }
}

#[async_trait]
impl Handler for CouponGroup {
    fn group(&self) -> &str {
        Self::NAME
    }

    fn topics(&self) -> &[&str] {
        &[topic::COUPON_EVENTS]
    }

    fn knows(&self, kind: &str) -> bool {
        [
            event_type::COUPON_ISSUED,
            event_type::COUPON_REDEEMED,
            event_type::COUPON_REVOKED,
            event_type::STOCK_EXHAUSTED,
        ]
        .contains(&kind)
    }

    async fn handle(&self, batch: &[Message]) -> Result<(), HandleError> {
        let mut failures = Vec::new();
        let mut heard = Vec::with_capacity(batch.len());
        for (index, message) in batch.iter().enumerate() {
            match hear(&message.envelope) {
                Ok(issued) => heard.push(Heard { index, envelope: &message.envelope, issued }),
                Err(error) => failures.push(Failure { index, kind: FailureKind::Invalid, error }),
            }
        }
        let refused = self.issuer.keep(Self::NAME, &heard).await.map_err(|error| match error {
            LedgerError::Unreachable(reason) => HandleError::Away(reason),
            other => HandleError::Batch(other.to_string()),
        })?;
        failures.extend(refused.into_iter().map(|verdict| Failure {
            index: verdict.index,
            kind: FailureKind::Invalid,
            error: verdict.reason,
        }));
        if failures.is_empty() { Ok(()) } else { Err(HandleError::Failed(failures)) }
    }
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
