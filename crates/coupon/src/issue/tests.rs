//! The issue route of a gated campaign with two concurrent calls of one user.

use super::{CouponIssuing, Decider, Gatekeeper, Pending, Undecided};
use crate::campaigns::open_with_stock;
use async_trait::async_trait;
use domain::{Campaign, CampaignId, EventName, IssueOutcome, PassId, TenantName, UserId};
use hot::embedded::{EmbeddedEngine, JournalOptions};
use hot::{CouponPort, IssueRequest};
use std::sync::Arc;

/// A gate where another call of the user uses the pass just before this call is checked.
struct UsedElsewhere(EmbeddedEngine);

#[async_trait]
impl Gatekeeper for UsedElsewhere {
    async fn active_pass(&self, campaign: &CampaignId, user: &UserId) -> Result<Option<PassId>, Undecided> {
        let other =
            IssueRequest { campaign: campaign.clone(), user: user.clone(), key: None, admitted: true, coupon_id: None };
        let decided = self.0.issue(vec![other], clock::now()).await.remove(0).expect("decided");
        assert!(matches!(decided, IssueOutcome::Issued { .. }), "{decided:?}");
        Ok(None)
    }

    async fn used(&self, _: &CampaignId, _: &UserId, _: bool) {
        panic!("this call used no pass");
    }
}

#[tokio::test]
async fn a_user_whose_other_call_used_the_pass_gets_the_coupon_in_the_reply() {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = EmbeddedEngine::open(folder.path(), JournalOptions::default()).expect("opens");
    let sale = CampaignId::new(TenantName::default_tenant(), EventName::new("sale").expect("a name"));
    let gated = Campaign { gated: true, ..open_with_stock(sale.clone(), "Sale", 10) };
    engine.put_campaign(gated).await.expect("put");
    let issuing = CouponIssuing::new(Decider::new(Arc::new(engine.clone())), Some(Arc::new(UsedElsewhere(engine))));
    for (user, is_gated) in [("ann", true), ("bob", false)] {
        let user = UserId::new(user).expect("a name");
        let request = IssueRequest { campaign: sale.clone(), user, key: None, admitted: false, coupon_id: None };
        let outcome = issuing.finish(Pending { request, is_gated }).await.expect("decided");
        assert!(matches!(outcome, IssueOutcome::AlreadyIssued { .. }), "{outcome:?}");
    }
}
