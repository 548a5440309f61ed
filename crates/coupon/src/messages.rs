//! The messages that role `coupon` receives: revocations.
//!
//! The call that revokes a coupon in the ledger also revokes it in the hot state. The message does so if the process died
//! in between. A repeated revocation changes nothing.

use async_trait::async_trait;
use bus::{Failure, FailureKind, HandleError, Handler, Message};
use domain::message::{CouponRevoked, event_type, topic};
use domain::{CampaignId, EventName, TenantName, UserId};
use hot::CouponPort;
use serde::Deserialize;
use std::sync::Arc;

/// The consumer group that brings revocations to the hot state. It keeps no place of its own (hole 8): its effect stands in no
/// database that could be put back, and a hot state that has lost revocations gets them from the ledger's rows (`rebuild`).
pub struct RevocationGroup {
    port: Arc<dyn CouponPort>,
}

impl RevocationGroup {
    /// The group's name.
    pub const NAME: &str = "coupon-revocation-consumer";

    /// A group that revokes coupons in this engine.
    pub fn new(port: Arc<dyn CouponPort>) -> Self {
        Self { port }
    }

    async fn revoke(&self, revoked: &CouponRevoked) -> Result<(), HandleError> {
        let names = || -> Result<_, domain::name::NameError> {
            let id = CampaignId::new(TenantName::stored(&revoked.tenant)?, EventName::stored(&revoked.campaign_id)?);
            Ok((id, UserId::stored(&revoked.user_id)?))
        };
        let (id, user) = names().map_err(|error| HandleError::Batch(error.into()))?;
        let outcome = self.port.revoke(&id, &user, revoked.coupon_id, revoked.return_to_stock).await;
        outcome.map(|_| ()).map_err(|error| HandleError::Unavailable(error.into()))
    }
}

#[async_trait]
impl Handler for RevocationGroup {
    fn group(&self) -> &str {
        Self::NAME
    }

    fn topics(&self) -> &[&str] {
        &[topic::COUPON_EVENTS]
    }

    async fn handle(&self, batch: &[Message]) -> Result<(), HandleError> {
        let mut failures = Vec::new();
        for (index, message) in batch.iter().enumerate() {
            if message.envelope.event_type != event_type::COUPON_REVOKED {
                continue;
            }
            match CouponRevoked::deserialize(&message.envelope.payload) {
                Ok(revoked) => self.revoke(&revoked).await?,
                Err(error) => {
                    failures.push(Failure { index, kind: FailureKind::Invalid, error: format!("payload: {error}") })
                }
            }
        }
        if failures.is_empty() { Ok(()) } else { Err(HandleError::Failed(failures)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaigns::open_with_stock;
    use bus::Delivery;
    use domain::message::Envelope;
    use domain::{IssueOutcome, Timestamp};
    use hot::IssueRequest;
    use hot::embedded::{EmbeddedEngine, JournalOptions};
    use uuid::Uuid;

    fn message(payload: &CouponRevoked) -> Message {
        let (id, key) = (Uuid::new_v4(), payload.campaign_id.clone());
        let envelope = Envelope::about_campaign(id, event_type::COUPON_REVOKED, key, Timestamp(0), None, payload);
        let envelope = Arc::new(envelope);
        Message { delivery: Delivery::of(&topic::COUPON_EVENTS.into(), 0, &envelope), envelope }
    }

    /// The process died between the row and the hot state: the message alone returns the number to stock, once.
    #[tokio::test]
    async fn a_coupon_revoked_in_the_ledger_is_revoked_in_the_hot_state() {
        let folder = tempfile::tempdir().expect("a folder");
        let engine = EmbeddedEngine::open(folder.path(), JournalOptions::default()).expect("opens");
        let id = CampaignId::new(TenantName::default_tenant(), EventName::new("shoes").expect("valid"));
        engine.put_campaign(open_with_stock(id.clone(), "Shoes", 1)).await.expect("made");
        let user = UserId::new("alice").expect("valid");
        let request = IssueRequest { campaign: id.clone(), user, key: None, admitted: false, coupon_id: None };
        let given = engine.issue(vec![request.clone()], Timestamp(i64::MAX / 2)).await.pop().expect("an answer");
        let Ok(IssueOutcome::Issued { coupon, .. }) = given else { panic!("{given:?}") };
        let revoked = CouponRevoked {
            tenant: "default".into(),
            campaign_id: "shoes".into(),
            coupon_id: coupon.coupon_id,
            user_id: "alice".into(),
            return_to_stock: true,
        };
        let group = RevocationGroup::new(Arc::new(engine.clone()));
        for _ in 0..2 {
            group.handle(&[message(&revoked)]).await.expect("handled");
            let status = engine.status(&id, Timestamp(5)).await.expect("reads").expect("is there");
            assert_eq!(status.remaining, 1);
        }
        let coupons = engine.coupons(&id).await.expect("reads");
        assert!(coupons.len() == 1 && coupons[0].revoked);
    }
}
