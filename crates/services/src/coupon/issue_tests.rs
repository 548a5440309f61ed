//! The hot route of a gated campaign when one user asks in two places at once.

use super::gatekeeper::Gatekeeper;
use super::issue::{IssueParts, IssueRoute, Waiting};
use super::issue_metrics::IssueMetrics;
use crate::coupon::campaigns::open_with_stock;
use crate::http::TrustedProxies;
use crate::http::door::HotHead;
use crate::http::error::ApiError;
use crate::http::limits::{LimitSettings, Limits};
use crate::keys::KeyRing;
use ::coupon::schema::SCHEMA;
use async_trait::async_trait;
use domain::{Campaign, CampaignId, EventName, IssueOutcome, TenantName, UserId};
use hot::embedded::{EmbeddedEngine, JournalOptions};
use hot::{CouponPort, IssueRequest};
use ledger::{Ledger, LedgerOptions};
use std::net::IpAddr;
use std::sync::Arc;
use uuid::Uuid;

/// A gate at which the user's other call uses up the pass just before this one is looked at.
struct UsedElsewhere(EmbeddedEngine);

#[async_trait]
impl Gatekeeper for UsedElsewhere {
    async fn active_pass(&self, campaign: &CampaignId, user: &UserId) -> Result<Option<Uuid>, ApiError> {
        let other =
            IssueRequest { campaign: campaign.clone(), user: user.clone(), key: None, admitted: true, coupon_id: None };
        let decided = self.0.issue(vec![other], clock::now()).await.remove(0).expect("decided");
        assert!(matches!(decided, IssueOutcome::Issued { .. }), "{decided:?}");
        Ok(None)
    }

    async fn used(&self, _: &CampaignId, _: &UserId, _: bool) {
        panic!("nobody came in by this call");
    }
}

#[tokio::test]
async fn whoever_used_the_pass_in_another_call_hears_of_the_coupon() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = Ledger::connect(&SCHEMA.embedded_url(folder.path()), &SCHEMA, LedgerOptions::default())
        .await
        .expect("connects");
    ledger.migrate().await.expect("migrates");
    let engine = EmbeddedEngine::open(folder.path(), JournalOptions::default()).expect("opens");
    let sale = CampaignId::new(TenantName::default_tenant(), EventName::new("sale").expect("a name"));
    let gated = Campaign { gated: true, ..open_with_stock(sale.clone(), "Sale", 10) };
    engine.put_campaign(gated).await.expect("put");
    let parts = IssueParts {
        port: Arc::new(engine.clone()),
        gate: Some(Arc::new(UsedElsewhere(engine))),
        keys: KeyRing::load(ledger).await.expect("read"),
        limits: Arc::new(Limits::new(LimitSettings {
            enabled: false,
            per_ip_per_second: 1,
            per_ip_burst: 1,
            issue_per_user_per_second: 1,
            trusted_proxies: TrustedProxies::default(),
        })),
        open_issue: true,
        log_every: 0,
    };
    let route = IssueRoute::new(Arc::new(parts), Arc::new(IssueMetrics::new()));
    let mut asked = route.asked(IpAddr::from([127, 0, 0, 1]), &HotHead::default());
    for (user, known_to_have_a_gate) in [("ann", true), ("bob", false)] {
        let user = UserId::new(user).expect("a name");
        let request = IssueRequest { campaign: sale.clone(), user, key: None, admitted: false, coupon_id: None };
        let waiting = if known_to_have_a_gate { Waiting::Gate(request) } else { Waiting::Decision(request) };
        let outcome = route.finish(&mut asked, waiting).await.expect("decided");
        assert!(matches!(outcome, IssueOutcome::AlreadyIssued { .. }), "{outcome:?}");
    }
}
