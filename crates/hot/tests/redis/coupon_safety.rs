//! The promises of the engine on Redis when Redis loses data, and when several processes use it.

use domain::coupon::Coupon;
use domain::coupon::campaign::Switches;
use domain::limit::Rate;
use domain::{Campaign, CampaignId, CouponId, EventName, IssueOutcome, TenantName, Timestamp, UserId};
use hot::embedded::EmbeddedKeys;
use hot::redis::{Ack, Announce, RedisEngine, RedisKeys, RedisLimits, RedisOptions};
use hot::{Completeness, CouponPort, HotError, IssueRequest, KeyPort, LimitPort, LocalQuestion};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::{Flavor, Kit, RedisCluster, RedisNode};
use uuid::Uuid;

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const PATIENCE: Duration = Duration::from_secs(60);

fn campaign(stock: u32) -> Campaign {
    let event = EventName::new(&format!("sale-{}", Uuid::new_v4().simple())).expect("valid");
    Campaign {
        name: "Sale".into(),
        switches: Switches { opened: true, ..Switches::default() },
        created_at: NOW,
        ..Campaign::new(CampaignId::new(TenantName::default_tenant(), event), stock)
    }
}

fn user(n: u32) -> UserId {
    UserId::new(&format!("user-{n}")).expect("valid")
}

fn requests(sale: &Campaign, users: std::ops::Range<u32>) -> Vec<IssueRequest> {
    let request =
        |n| IssueRequest { campaign: sale.id.clone(), user: user(n), key: None, admitted: false, coupon_id: None };
    users.map(request).collect()
}

async fn open(url: &str, ack: Ack) -> RedisEngine {
    crate::open(url, RedisOptions { ack, ..RedisOptions::default() }).await
}

async fn make(engine: &RedisEngine, sale: &Campaign) {
    if engine.put_campaign(sale.clone()).await.expect("put") == Completeness::Incomplete {
        engine.complete(&sale.id).await.expect("it has no coupons");
    }
}

/// Winners of a batch: user and number.
async fn winners(engine: &RedisEngine, sale: &Campaign, users: std::ops::Range<u32>) -> Vec<u32> {
    let answers = engine.issue(requests(sale, users), NOW).await;
    let serial = |answer: &Result<IssueOutcome, HotError>| match answer {
        Ok(IssueOutcome::Issued { coupon, .. }) => Some(coupon.serial),
        _ => None,
    };
    answers.iter().filter_map(serial).collect()
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < PATIENCE, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A server of its own, since these tests make it lose data.
fn own_redis() -> Option<(Kit, RedisNode)> {
    let kit = Kit::temporary().expect("a folder");
    let node = testkit::available(RedisNode::start(&kit, Flavor::Redis))?;
    Some((kit, node))
}

async fn all_refuse(engine: &RedisEngine, sale: &Campaign, users: std::ops::Range<u32>) {
    for answer in engine.issue(requests(sale, users), NOW).await {
        assert!(matches!(answer, Err(HotError::Unavailable(_))), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_redis_decides_nothing_until_it_is_put_together_again() {
    let Some((_kit, redis)) = own_redis() else { return };
    let (engine, sale) = (open(&redis.url(), Ack::None).await, campaign(10));
    make(&engine, &sale).await;
    assert_eq!(winners(&engine, &sale, 0..6).await, [1, 2, 3, 4, 5, 6]);
    let kept: Vec<Coupon> = engine.coupons(&sale.id).await.expect("reads");
    redis.tell(&["FLUSHALL"]).expect("flushed");
    all_refuse(&engine, &sale, 6..9).await;
    // Another server follows the ledger and creates the campaign again. Neither of them may sell now.
    let other = open(&redis.url(), Ack::None).await;
    assert_eq!(other.put_campaign(sale.clone()).await, Ok(Completeness::Incomplete));
    all_refuse(&other, &sale, 6..9).await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    all_refuse(&engine, &sale, 6..9).await;
    assert_eq!(other.restore(&sale.id, kept.clone()).await, Ok(Vec::new()));
    assert_eq!(other.restore(&sale.id, kept).await, Ok(Vec::new()), "a repeated call changes nothing");
    other.complete(&sale.id).await.expect("whole again");
    until("the first server continues", async || winners(&engine, &sale, 6..7).await == [7]).await;
    assert_eq!(
        winners(&other, &sale, 0..20).await,
        [8, 9, 10],
        "holders get nothing twice, and no number is given twice"
    );
    assert_eq!(engine.counts(&sale.id).await.expect("counts").expect("there").given, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_knows_less_than_was_confirmed_is_fenced() {
    let Some((_kit, redis)) = own_redis() else { return };
    let (engine, sale) = (open(&redis.url(), Ack::None).await, campaign(10));
    make(&engine, &sale).await;
    assert_eq!(winners(&engine, &sale, 0..6).await.len(), 6);
    // The state of a replica that was promoted without the last two decisions.
    let policy = format!("coupon:{{{}}}:policy", sale.id);
    redis.tell(&["HINCRBY", &policy, "count", "-2"]).expect("set back");
    all_refuse(&engine, &sale, 6..9).await;
    assert_eq!(
        engine.put_campaign(sale.clone()).await,
        Ok(Completeness::Incomplete),
        "whoever follows the ledger is told"
    );
    engine.suspend(&sale.id).await.expect("suspended");
    engine.complete(&sale.id).await.expect("rebuilt by a server that compared the books");
    until("it continues", async || winners(&engine, &sale, 6..7).await.len() == 1).await;
}

/// With `bus`: receives every coupon, and can run a step first.
struct Herald {
    before: Option<(RedisEngine, CampaignId)>,
}

#[async_trait::async_trait]
impl Announce for Herald {
    async fn announce(&self, _: Vec<domain::message::Envelope>) -> Result<(), String> {
        if let Some((engine, id)) = &self.before {
            engine.suspend(id).await.map_err(|error| error.to_string())?;
            engine.complete(id).await.map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

async fn open_with_bus(url: &str, before: Option<(RedisEngine, CampaignId)>) -> RedisEngine {
    let announce: Option<Arc<dyn Announce>> = Some(Arc::new(Herald { before }));
    crate::open(url, RedisOptions { ack: Ack::Bus, announce }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_bus_a_node_that_ran_anew_decides_nothing_before_the_books_are_compared() {
    let Some(redis) = testkit::available(testkit::shared().redis_cluster()) else { return };
    let sale = campaign(10);
    let (seller, stranger) = (open_with_bus(&redis.url(), None).await, open_with_bus(&redis.url(), None).await);
    make(&seller, &sale).await;
    assert_eq!(winners(&seller, &sale, 0..3).await, [1, 2, 3]);
    // The state of both nodes of a shard after a restart: another run. The stranger has seen nothing, so no count can warn
    // it.
    let policy = format!("coupon:{{{}}}:policy", sale.id);
    let moved = |node: &&RedisNode| node.tell(&["HSET", &policy, "run", "an-earlier-one"]).is_ok();
    assert!(redis.nodes().iter().find(moved).is_some(), "its master is one of them");
    all_refuse(&stranger, &sale, 3..6).await;
    tokio::time::timeout(PATIENCE, stranger.lost()).await.expect("the loss is reported at once");
    all_refuse(&seller, &sale, 3..6).await;
    assert_eq!(stranger.put_campaign(sale.clone()).await, Ok(Completeness::Incomplete));
    stranger.complete(&sale.id).await.expect("compared");
    until("it continues", async || winners(&stranger, &sale, 3..4).await == [4]).await;
    until("the other server continues too", async || winners(&seller, &sale, 4..5).await == [5]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_published_during_a_rebuild_is_no_success() {
    let Some(redis) = testkit::available(testkit::shared().redis_cluster()) else { return };
    let sale = campaign(10);
    let keeper = open_with_bus(&redis.url(), None).await;
    make(&keeper, &sale).await;
    let late = open_with_bus(&redis.url(), Some((keeper.clone(), sale.id.clone()))).await;
    for answer in late.issue(requests(&sale, 0..2), NOW).await {
        assert!(matches!(answer, Err(HotError::Unknown(_))), "{answer:?}");
    }
    let answers = keeper.issue(requests(&sale, 0..2), NOW).await;
    assert!(answers.iter().all(|answer| matches!(answer, Ok(IssueOutcome::AlreadyIssued { .. }))), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn forgotten_scripts_are_loaded_again_unnoticed() {
    let Some((_kit, redis)) = own_redis() else { return };
    let (engine, sale) = (open(&redis.url(), Ack::None).await, campaign(100));
    make(&engine, &sale).await;
    for n in 0..10 {
        redis.tell(&["SCRIPT", "FLUSH"]).expect("flushed");
        assert_eq!(winners(&engine, &sale, n * 5..n * 5 + 5).await.len(), 5);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_replica_no_request_succeeds_and_afterwards_every_reply_is_true() {
    let kit = Kit::temporary().expect("a folder");
    let Some(cluster) = testkit::available(RedisCluster::start(&kit, Flavor::Redis)) else { return };
    let (engine, sale) = (open(&cluster.url(), Ack::Replica).await, campaign(50));
    make(&engine, &sale).await;
    assert_eq!(winners(&engine, &sale, 0..5).await.len(), 5);
    let policy = format!("coupon:{{{}}}:policy", sale.id);
    // Only its master answers for a key; the other nodes redirect.
    let has_it = |node: &RedisNode| node.ask(&["TYPE", &policy]).is_ok_and(|kind| kind == "hash");
    let master = cluster.nodes().iter().position(has_it).expect("a master");
    let replica = cluster.replica_of(master).expect("a replica");
    cluster.nodes()[replica].stall().expect("stalled");
    for answer in engine.issue(requests(&sale, 5..9), NOW).await {
        assert!(matches!(answer, Err(HotError::Unknown(_))), "{answer:?}");
    }
    // Another server is asked about these decisions: it must not reply with an unconfirmed success either.
    let other = open(&cluster.url(), Ack::Replica).await;
    for answer in other.issue(requests(&sale, 5..6), NOW).await {
        assert!(answer.is_err(), "{answer:?}");
    }
    assert!(other.coupons_of(&sale.id, &user(6)).await.is_err());
    cluster.nodes()[replica].resume().expect("resumed");
    until("the outcome is confirmed", async || {
        let answers = engine.issue(requests(&sale, 0..9), NOW).await;
        answers.iter().all(|answer| matches!(answer, Ok(IssueOutcome::AlreadyIssued { .. })))
    })
    .await;
    let coupons = engine.coupons(&sale.id).await.expect("reads");
    assert_eq!(coupons.iter().map(|coupon| coupon.serial).collect::<Vec<_>>(), (1..=9).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_servers_sell_exactly_the_stock_and_no_user_gets_two() {
    let Some(redis) = testkit::available(testkit::shared().redis_cluster()) else { return };
    const SERVERS: u32 = 4;
    const STOCK: u32 = 1_000;
    let sale = campaign(STOCK);
    let mut servers = Vec::new();
    for _ in 0..SERVERS {
        let engine = open(&redis.url(), Ack::Replica).await;
        make(&engine, &sale).await;
        servers.push(engine);
    }
    let selling = servers.iter().enumerate().map(|(n, engine)| {
        let (engine, sale) = (engine.clone(), sale.clone());
        tokio::spawn(async move {
            let mut heard = Vec::new();
            // Every user asks every server, each in another order.
            for part in 0..20u32 {
                let first = ((part + n as u32 * 5) % 20) * 100;
                let batch = requests(&sale, first..first + 100);
                let answers = engine.issue(batch.clone(), NOW).await;
                heard.extend(batch.into_iter().map(|request| request.user).zip(answers));
            }
            heard
        })
    });
    let mut yes: Vec<(UserId, u32)> = Vec::new();
    let mut held: BTreeMap<UserId, BTreeSet<CouponId>> = BTreeMap::new();
    for heard in futures::future::join_all(selling).await {
        for (user, answer) in heard.expect("runs") {
            match answer.expect("decided") {
                IssueOutcome::Issued { coupon, .. } => {
                    yes.push((user.clone(), coupon.serial));
                    held.entry(user).or_default().insert(coupon.coupon_id);
                }
                IssueOutcome::AlreadyIssued { coupon, .. } => {
                    held.entry(user).or_default().insert(coupon.coupon_id);
                }
                other => assert_eq!(other, IssueOutcome::SoldOut),
            }
        }
    }
    assert_eq!(yes.len() as u32, STOCK);
    assert_eq!(yes.iter().map(|(_, serial)| *serial).collect::<BTreeSet<_>>(), (1..=STOCK).collect());
    assert!(held.values().all(|coupons| coupons.len() == 1), "a user got two coupons");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_relay_at_a_time_and_the_next_when_it_dies() {
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    let (first, second, sale) =
        (open(&redis.url(), Ack::None).await, open(&redis.url(), Ack::None).await, campaign(2_000));
    make(&first, &sale).await;
    make(&second, &sale).await;
    for part in 0..10 {
        assert_eq!(winners(&first, &sale, part * 100..part * 100 + 100).await.len(), 100);
    }
    let serials = |messages: &[hot::OutboxMessage]| -> Vec<u64> {
        messages.iter().filter_map(|message| message.envelope.payload["serial"].as_u64()).collect()
    };
    let offered = first.outbox(500).await.expect("reads");
    assert_eq!(serials(&offered), (1..=500).collect::<Vec<_>>());
    // However long the test takes: until its relay looks again.
    redis.tell(&["PERSIST", &format!("coupon:{{{}}}:relay", sale.id)]).expect("stays");
    assert_eq!(second.outbox(500).await.expect("reads").len(), 0, "another relay has it");
    let again = first.outbox(500).await.expect("reads");
    let ids = |messages: &[hot::OutboxMessage]| messages.iter().map(|one| one.envelope.event_id).collect::<Vec<_>>();
    assert_eq!(ids(&again), ids(&offered), "the same messages, with the same ids");
    first.acknowledge(again[249].position).await.expect("forgotten");
    drop(first);
    // Its lease expires. Messages that it had not acknowledged are offered again, in order.
    let mut rest = Vec::new();
    until("the other takes over", async || {
        rest = second.outbox(1_000).await.expect("reads");
        !rest.is_empty()
    })
    .await;
    assert_eq!(serials(&rest), (201..=1_000).collect::<Vec<_>>(), "only whole entries are deleted");
    second.acknowledge(rest.last().expect("some").position).await.expect("forgotten");
    assert_eq!(second.stats().await.outbox_pending, 0);
}

/// A server tells of a campaign once. One that is told before it knows the campaign must not forget it: the messages of the
/// other would lie for ten minutes.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hears_of_a_campaign_before_it_knows_it_relays_it_too() {
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    let (first, second, sale) =
        (open(&redis.url(), Ack::None).await, open(&redis.url(), Ack::None).await, campaign(10));
    make(&first, &sale).await;
    assert_eq!(winners(&first, &sale, 0..5).await.len(), 5);
    // Longer than between two looks at what others tell.
    tokio::time::sleep(Duration::from_secs(4)).await;
    make(&second, &sale).await;
    assert_eq!(first.outbox(10).await.expect("reads").len(), 5);
    // The lease stays however long the test takes.
    let lease = format!("coupon:{{{}}}:relay", sale.id);
    redis.tell(&["PERSIST", &lease]).expect("stays");
    assert_eq!(second.outbox(10).await.expect("reads").len(), 0, "the other relays it");
    drop(first);
    redis.tell(&["PEXPIRE", &lease, "5000"]).expect("ends");
    until("the other takes over", async || second.outbox(10).await.expect("reads").len() == 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restock_elsewhere_ends_local_refusals() {
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    let (here, there, sale) = (open(&redis.url(), Ack::None).await, open(&redis.url(), Ack::None).await, campaign(3));
    make(&here, &sale).await;
    make(&there, &sale).await;
    assert_eq!(winners(&here, &sale, 0..5).await, [1, 2, 3]);
    let event = sale.id.event.to_string();
    let ask = |user: &str| {
        let question = LocalQuestion { tenant: "default", event: &event, user, key: None, admitted: false };
        here.answer_locally(&question, NOW)
    };
    until("answered locally", async || ask("user-4") == Some(IssueOutcome::SoldOut)).await;
    assert!(matches!(ask("user-1"), Some(IssueOutcome::AlreadyIssued { coupon, .. }) if coupon.serial == 2));
    there.put_campaign(Campaign { stock: 4, revision: 2, ..sale.clone() }).await.expect("restocked");
    until("seen here", async || ask("user-4").is_none()).await;
    assert_eq!(winners(&here, &sale, 4..5).await, [4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn values_and_limits_are_those_of_one_process() {
    let Some(redis) = testkit::available(testkit::shared().redis_cluster()) else { return };
    let connections = crate::connect(&redis.url()).await;
    let (keys, twin) = (RedisKeys::new(connections.clone()), EmbeddedKeys::default());
    let name = |n: u32| format!("value:{n}:{}", std::process::id());
    for ports in [&keys as &dyn KeyPort, &twin] {
        ports.put(vec![(name(1), b"a".to_vec())], 60_000, NOW).await.expect("put");
        let claimed = ports.claim(vec![(name(1), b"b".to_vec()), (name(2), b"c".to_vec())], 60_000, NOW).await;
        assert_eq!(claimed, Ok(vec![false, true]));
        let got = ports.get(&[name(1), name(2), name(3)], NOW).await;
        assert_eq!(got, Ok(vec![Some(b"a".to_vec()), Some(b"c".to_vec()), None]));
        assert_eq!(ports.remove_if(&name(2), b"b", NOW).await, Ok(false), "another value stays");
        assert_eq!(ports.get(&[name(2)], NOW).await, Ok(vec![Some(b"c".to_vec())]));
        for removed in [true, false] {
            assert_eq!(ports.remove_if(&name(2), b"c", NOW).await, Ok(removed));
        }
        ports.remove(&[name(1), name(3)]).await.expect("removed");
        assert_eq!(ports.get(&[name(1)], NOW).await, Ok(vec![None]));
    }
    let limits = RedisLimits::new(connections.clone());
    let rate = Rate::per_second(10, 3);
    let bucket = format!("bucket-{}", Uuid::new_v4().simple());
    let mut full_at_us = 0;
    for step in 0..100u64 {
        let taken = limits.take(&[(bucket.clone(), rate)], 0).await.expect("asked")[0];
        // Redis's time then: what a server believes does not count.
        let now_us = taken.full_at_us - taken.reset_after_us;
        let expected = rate.take(full_at_us, now_us);
        full_at_us = expected.full_at_us;
        assert_eq!(taken, expected, "step {step}");
    }
    // The contract's name of the key. A minute's bucket is long enough there to be looked at.
    let person = format!("user:{}", Uuid::new_v4());
    limits.take(&[(person.clone(), Rate::per_minute(1))], 0).await.expect("asked");
    let kept = KeyPort::get(&RedisKeys::new(connections), &[format!("rate:{person}")], NOW).await.expect("read");
    assert!(kept[0].is_some(), "rate:{person}");
}

/// Kind: two gateways whose clocks were five seconds apart refused payments by a bucket that was nearly unused; and a clock
/// that was set back refused everybody until it was where it had been.
#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_goes_by_the_clock_of_redis_and_is_never_emptier_than_empty() {
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    let connections = crate::connect(&redis.url()).await;
    let (here, there) = (RedisLimits::new(connections.clone()), RedisLimits::new(connections.clone()));
    let name = || format!("bucket-{}", Uuid::new_v4().simple());
    let (bucket, rate, now_us) = ([(name(), Rate::per_second(1, 2))], Rate::per_minute(1), 1_700_000_000_000_000);
    let ahead = here.take(&bucket, now_us + 5_000_000).await.expect("asked")[0];
    let behind = there.take(&bucket, now_us).await.expect("asked")[0];
    assert!(ahead.allowed && behind.allowed, "{ahead:?}, {behind:?}");

    let bucket = [(name(), rate)];
    let first = here.take(&bucket, now_us).await.expect("asked")[0];
    let later_us = (first.full_at_us + 3_600_000_000).to_string();
    let entry = vec![(format!("rate:{}", bucket[0].0), later_us.into_bytes())];
    KeyPort::put(&RedisKeys::new(connections), entry, 3_600_000, NOW).await.expect("put");
    let refused = here.take(&bucket, now_us).await.expect("asked")[0];
    assert_eq!((refused.allowed, refused.retry_after_us), (false, rate.interval_us()));
    assert_eq!(refused.reset_after_us, rate.window_us(), "it is empty, and no emptier");
    let again = here.take(&bucket, now_us).await.expect("asked")[0];
    // Redis's time then. The moment from before the clock was set back is kept no longer.
    assert_eq!(again, rate.take(refused.full_at_us, again.full_at_us - again.reset_after_us));
}

/// The keys of the campaign, each of which must end: Redis is not to fill up with campaigns that are over.
fn ending_keys(redis: &RedisNode, sale: &Campaign) -> Vec<String> {
    let script = "local keys = redis.call('KEYS', ARGV[1])
        for i, key in ipairs(keys) do keys[i] = key .. ' ' .. redis.call('PTTL', key) end
        return table.concat(keys, '\\n')";
    let found = redis.ask(&["EVAL", script, "0", &format!("coupon:{{{}}}:*", sale.id)]).expect("answers");
    let lives = found.lines().filter_map(|line| line.rsplit_once(' '));
    let key_of = |(key, life_ms): (&str, &str)| {
        assert!(life_ms.parse::<i64>().expect("a number") >= 0, "{key} has no life");
        key.rsplit_once(':').expect("a name").1.to_owned()
    };
    lives.map(key_of).collect()
}

/// Kind: numbers that had been taken back stayed in Redis for ever.
#[tokio::test(flavor = "multi_thread")]
async fn every_key_of_a_campaign_ends_with_it_also_after_coupons_were_revoked_or_restored() {
    let Some((_kit, redis)) = own_redis() else { return };
    let (engine, open_sale) = (open(&redis.url(), Ack::None).await, campaign(3));
    let sale = Campaign { closes_at: Some(clock::now().plus_seconds(3_600)), ..open_sale };
    make(&engine, &sale).await;
    assert_eq!(winners(&engine, &sale, 0..3).await, [1, 2, 3]);
    let given: Vec<Coupon> = engine.coupons(&sale.id).await.expect("reads");
    let returned = |redis| ending_keys(redis, &sale).contains(&"returned".to_owned());
    for (place, newcomer) in [(0, 3), (1, 4)] {
        let coupon = &given[place];
        assert_eq!(engine.revoke(&sale.id, &coupon.user, coupon.coupon_id, true).await, Ok(true));
        assert!(returned(&redis));
        assert_eq!(winners(&engine, &sale, newcomer..newcomer + 1).await, [coupon.serial]);
        assert!(!returned(&redis), "its number was given again, and the next one to come back makes the list anew");
    }
    redis.tell(&["FLUSHALL"]).expect("flushed");
    let other = open(&redis.url(), Ack::None).await;
    assert_eq!(other.put_campaign(sale.clone()).await, Ok(Completeness::Incomplete));
    let without_first = given.into_iter().filter(|coupon| coupon.serial > 1).collect();
    assert_eq!(other.restore(&sale.id, without_first).await, Ok(Vec::new()));
    let keys = ending_keys(&redis, &sale);
    assert!(["participants", "returned"].iter().all(|key| keys.iter().any(|known| known == key)), "{keys:?}");
}
