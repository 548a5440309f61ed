//! Gates of several campaigns, one of whose lines does not answer.

use super::faulty_lines::FaultyLines;
use super::{coupons, settings};
use crate::Gatekeeper;
use crate::campaigns::open_with_stock;
use crate::gate::GateService;
use domain::line::{LineId, LineOutcome};
use domain::{Campaign, CampaignId, ErrorCode, EventName, TenantName, UserId};
use hot::embedded::{EmbeddedLines, JournalOptions};
use hot::line::LinePort;
use lines::LineClient;
use onsale_http::ApiError;
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
async fn a_failing_campaign_does_not_keep_the_others_from_their_gates() {
    let folder = tempfile::tempdir().expect("a folder");
    let coupons = coupons(folder.path()).await;
    for name in ["boots", "hats", "shoes"] {
        let id = CampaignId::new(TenantName::default_tenant(), EventName::new(name).expect("a name"));
        let campaign = Campaign { gated: true, ..open_with_stock(id, name, 10) };
        coupons.create_campaign(campaign).await.expect("created");
    }
    let all = coupons.port.campaigns().await.expect("read");
    let lines = EmbeddedLines::open(folder.path(), JournalOptions::default()).expect("opened");
    let port = Arc::new(FaultyLines::new(lines));
    // The campaign that is followed first.
    port.unavailable.set(LineId::Gate(all[0].clone())).expect("set once");
    let gate = GateService::new(LineClient::new(port.clone()), coupons, settings());
    assert!(gate.follow().await.is_err(), "the failure is reported");
    let mut made = port.lines().await.expect("read");
    made.sort();
    let mut expected: Vec<LineId> = all[1..].iter().cloned().map(LineId::Gate).collect();
    expected.sort();
    assert_eq!(made, expected);
}

#[tokio::test]
async fn a_hanging_line_does_not_block_a_request_for_a_coupon() {
    let folder = tempfile::tempdir().expect("a folder");
    let coupons = coupons(folder.path()).await;
    let lines = EmbeddedLines::open(folder.path(), JournalOptions::default()).expect("opened");
    let id = CampaignId::new(TenantName::default_tenant(), EventName::new("shoes").expect("a name"));
    let port = Arc::new(FaultyLines::new(lines));
    port.unavailable.set(LineId::Gate(id.clone())).expect("set once");
    let gate = GateService::new(LineClient::new(port), coupons, settings());
    let user = UserId::new("ann").expect("a name");
    tokio::time::pause();
    let request = async {
        let error = gate.active_pass(&id, &user).await.expect_err("the line does not answer");
        assert_eq!(ApiError::from(error).code, ErrorCode::ServiceUnavailable);
        gate.record(&id, &user, LineOutcome::Issued).await;
    };
    tokio::time::timeout(Duration::from_secs(30), request).await.expect("a reply");
}
