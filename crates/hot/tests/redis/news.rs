//! Messages of a campaign that one server decides and another relays: the one that relays is woken, and finds them by itself
//! where it hears nothing.
//!
//! The kind: whatever a server is told so that it need not wait for its next look. A message that is lost may cost waiting and
//! nothing else.

use super::open;
use domain::coupon::campaign::Switches;
use domain::{Campaign, CampaignId, EventName, IssueOutcome, TenantName, Timestamp, UserId};
use futures::FutureExt;
use hot::redis::{Ack, RedisEngine, RedisOptions};
use hot::{Completeness, CouponPort, IssueRequest};
use std::time::{Duration, Instant};
use testkit::{Flavor, Kit, RedisCluster, RedisNode};

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const PATIENCE: Duration = Duration::from_secs(60);

fn campaign() -> Campaign {
    let event = EventName::new("relayed").expect("valid");
    Campaign {
        name: "Sale".into(),
        switches: Switches { opened: true, ..Switches::default() },
        created_at: NOW,
        ..Campaign::new(CampaignId::new(TenantName::new("acme").expect("valid"), event), 1_000)
    }
}

async fn server(url: &str) -> RedisEngine {
    let engine = open(url, RedisOptions { ack: Ack::None, ..RedisOptions::default() }).await;
    if engine.put_campaign(campaign()).await.expect("put") == Completeness::Incomplete {
        engine.complete(&campaign().id).await.expect("whole");
    }
    engine
}

/// Whether the user has a coupon now.
async fn has_got(engine: &RedisEngine, user: u32) -> bool {
    let user = UserId::new(&format!("user-{user}")).expect("valid");
    let request = IssueRequest { campaign: campaign().id, user, key: None, admitted: false, coupon_id: None };
    let answers = engine.issue(vec![request], NOW).await;
    matches!(answers[0], Ok(IssueOutcome::Issued { .. } | IssueOutcome::AlreadyIssued { .. }))
}

async fn issue(engine: &RedisEngine, user: u32) {
    assert!(has_got(engine, user).await, "no coupon");
}

/// Hands over what the server finds now; returns how many messages.
async fn relay(engine: &RedisEngine) -> usize {
    let messages = engine.outbox(500).await.expect("read");
    if let Some(last) = messages.last() {
        engine.acknowledge(last.position).await.expect("acknowledged");
    }
    messages.len()
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < PATIENCE, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The server that relays the campaign, and one that only decides. `stays`: lets the lease stay however long the test takes.
async fn relaying_and_deciding(url: &str, stays: impl Fn(&str)) -> (RedisEngine, RedisEngine) {
    let (relaying, deciding) = (server(url).await, server(url).await);
    issue(&relaying, 0).await;
    until("the first server relays", async || relay(&relaying).await == 1).await;
    stays("coupon:{acme/relayed}:relay");
    (relaying, deciding)
}

async fn is_woken(url: &str, stays: impl Fn(&str)) {
    let (relaying, deciding) = relaying_and_deciding(url, stays).await;
    until("both hear", async || relaying.hears_outbox() && deciding.hears_outbox()).await;
    // Nothing is left of its own decision.
    while relaying.outbox_written().now_or_never().is_some() {}
    assert_eq!(relay(&relaying).await, 0);
    issue(&deciding, 1).await;
    let woken = tokio::time::timeout(PATIENCE, relaying.outbox_written()).await;
    assert!(woken.is_ok(), "the server that relays is not woken");
    assert_eq!(relay(&relaying).await, 1, "it looks at once, although the outbox was just empty");
    assert_eq!(relay(&deciding).await, 0, "and the other leaves them to it");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_relays_a_campaign_is_woken_by_a_decision_of_another_server() {
    let kit = Kit::temporary().expect("a folder");
    for flavor in [Flavor::Redis, Flavor::Valkey] {
        let Some(node) = testkit::available(RedisNode::start(&kit, flavor)) else { continue };
        is_woken(&node.url(), |lease| node.tell(&["PERSIST", lease]).expect("stays")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_node_of_a_cluster_it_listens_to() {
    let kit = Kit::temporary().expect("a folder");
    let Some(cluster) = testkit::available(RedisCluster::start(&kit, Flavor::Redis)) else { return };
    // One node has the key; the others refuse.
    let stays = |lease: &str| assert!(cluster.nodes().iter().any(|node| node.tell(&["PERSIST", lease]).is_ok()));
    is_woken(&cluster.url(), stays).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wake_that_is_lost_costs_waiting_only() {
    let kit = Kit::temporary().expect("a folder");
    let Some(node) = testkit::available(RedisNode::start(&kit, Flavor::Redis)) else { return };
    // Neither may publish nor hear, as with access lists made for earlier versions.
    node.tell(&["ACL", "SETUSER", "deaf", "on", ">secret", "resetchannels", "~*", "+@all"]).expect("made");
    let url = format!("redis://deaf:secret@{}", node.address());
    let stays = |lease: &str| node.tell(&["PERSIST", lease]).expect("stays");
    let (relaying, deciding) = relaying_and_deciding(&url, stays).await;
    for user in 1..4 {
        issue(&deciding, user).await;
        until("it is found by looking", async || relay(&relaying).await == 1).await;
    }
    assert!(!relaying.hears_outbox() && !deciding.hears_outbox());
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_connection_was_lost_others_are_heard_again() {
    let kit = Kit::temporary().expect("a folder");
    let Some(node) = testkit::available(RedisNode::start(&kit, Flavor::Redis)) else { return };
    let (relaying, deciding) = relaying_and_deciding(&node.url(), |_| {}).await;
    until("it hears", async || relaying.hears_outbox()).await;
    node.kill().expect("killed");
    until("it hears nothing", async || !relaying.hears_outbox()).await;
    node.restart().expect("starts again");
    until("it hears again", async || relaying.hears_outbox()).await;
    until("the other decides again", async || has_got(&deciding, 1).await).await;
    until("and it is relayed", async || relay(&relaying).await + relay(&deciding).await == 1).await;
}
