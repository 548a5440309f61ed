//! One shard of a cluster takes no writes: what lives on the others goes on, whichever shard it is. The kind: one key, in one
//! slot, that every change of every campaign needs.

use domain::coupon::campaign::Switches;
use domain::{Campaign, CampaignId, EventName, IssueOutcome, TenantName, Timestamp, UserId};
use hot::redis::{Ack, RedisEngine, RedisOptions};
use hot::{Completeness, CouponPort, HotError, IssueRequest};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use testkit::{Flavor, Kit, RedisCluster, RedisNode};

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const PATIENCE: Duration = Duration::from_secs(120);
const SHARDS: u16 = 3;

/// The slot of a campaign's keys, which bear its name in braces.
fn slot(tag: &str) -> u16 {
    let bit = |crc: u16| if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 };
    let crc = tag.bytes().fold(0_u16, |crc, byte| (0..8).fold(crc ^ (u16::from(byte) << 8), |crc, _| bit(crc)));
    crc % 16_384
}

/// The third of the slots, as the kit shares them.
fn shard(tag: &str) -> u16 {
    match slot(tag) {
        0..5_461 => 0,
        5_461..10_922 => 1,
        _ => 2,
    }
}

fn campaign(event: &str) -> Campaign {
    let event = EventName::new(event).expect("a name");
    Campaign {
        switches: Switches { opened: true, ..Switches::default() },
        created_at: NOW,
        ..Campaign::new(CampaignId::new(TenantName::default_tenant(), event), 10)
    }
}

/// A new campaign of that shard.
fn campaign_on(wanted: u16, purpose: &str) -> Campaign {
    let mut names = (0..).map(|number| format!("{purpose}-{number}"));
    campaign(&names.find(|name| shard(name) == wanted).expect("one of them"))
}

async fn open(cluster: &RedisCluster) -> RedisEngine {
    crate::open(&cluster.url(), RedisOptions { ack: Ack::Replica, ..RedisOptions::default() }).await
}

async fn put(engine: &RedisEngine, campaign: &Campaign) -> Result<(), HotError> {
    if engine.put_campaign(campaign.clone()).await? == Completeness::Incomplete {
        engine.complete(&campaign.id).await?;
    }
    Ok(())
}

async fn issue(engine: &RedisEngine, campaign: &Campaign, user: &str) -> Result<IssueOutcome, HotError> {
    let user = UserId::new(user).expect("a name");
    let request = IssueRequest { campaign: campaign.id.clone(), user, key: None, admitted: false, coupon_id: None };
    engine.issue(vec![request], NOW).await.remove(0)
}

/// Everything that an operator and a user do with a campaign.
async fn works(engine: &RedisEngine, mut campaign: Campaign) {
    put(engine, &campaign).await.expect("made");
    let given = issue(engine, &campaign, "ann").await;
    assert!(matches!(given, Ok(IssueOutcome::Issued { .. })), "{given:?}");
    campaign.switches.paused = true;
    campaign.revision += 1;
    put(engine, &campaign).await.expect("paused");
    let refused = issue(engine, &campaign, "bob").await;
    assert!(matches!(refused, Ok(IssueOutcome::Paused { .. })), "{refused:?}");
    let known = engine.known_campaigns().await.expect("what is known here");
    assert!(known.contains(&campaign.id), "{known:?}");
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < PATIENCE, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn master_and_replica(cluster: &RedisCluster, shard: u16) -> (&RedisNode, &RedisNode) {
    let master = cluster.master_of(shard * 5_461 + 100).expect("a master");
    let replica = cluster.replica_of(master).expect("a replica");
    (&cluster.nodes()[master], &cluster.nodes()[replica])
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lives_on_the_other_shards_goes_on() {
    let kit = Kit::temporary().expect("a folder");
    let Some(cluster) = testkit::available(RedisCluster::start(&kit, Flavor::Redis)) else { return };
    // As the guide of engines says.
    cluster.nodes().iter().for_each(|node| node.tell(&["CONFIG", "SET", "min-replicas-to-write", "1"]).expect("set"));
    let engine = open(&cluster).await;
    let mut made = BTreeSet::new();
    for is_whole_shard_away in [false, true] {
        for lamed in 0..SHARDS {
            let before = campaign_on(lamed, &format!("before-{lamed}-{is_whole_shard_away}"));
            put(&engine, &before).await.expect("made before");
            made.insert(before.id.clone());
            let (master, replica) = master_and_replica(&cluster, lamed);
            replica.kill().expect("killed");
            if is_whole_shard_away {
                master.kill().expect("killed");
            }
            let paused =
                Campaign { switches: Switches { paused: true, ..before.switches }, revision: 2, ..before.clone() };
            until("the shard takes no writes", async || put(&engine, &paused).await.is_err()).await;
            for other in (0..SHARDS).filter(|other| *other != lamed) {
                let new = campaign_on(other, &format!("new-{lamed}-{other}-{is_whole_shard_away}"));
                made.insert(new.id.clone());
                works(&engine, new).await;
            }
            if is_whole_shard_away {
                master.restart().expect("starts again");
            }
            replica.restart().expect("starts again");
            cluster.wait_until_ready().expect("whole again");
            // The change that failed, again: as the server does that follows the ledger.
            until("it comes into force", async || put(&engine, &paused).await.is_ok()).await;
            let refused = issue(&engine, &before, "ann").await;
            assert!(matches!(refused, Ok(IssueOutcome::Paused { .. })), "{refused:?}");
        }
    }
    let other = open(&cluster).await;
    until("another server reads of all campaigns", async || {
        other.campaigns().await.is_ok_and(|ids| made.iter().all(|id| ids.contains(id)))
    })
    .await;
}
