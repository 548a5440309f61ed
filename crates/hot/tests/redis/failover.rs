//! Many campaigns and lines, and a master that dies: afterwards everything works again without a restart. And at rest,
//! what nobody asks for costs no command.
//!
//! The kind: whatever is kept for each campaign or line, times hundreds of them, through the same few connections. With 81
//! campaigns a lane recovered, with 300 it hung for ever (`docs/decisions/0017-finding-the-node-of-a-key.md`).
//! `ONSALE_MANY=3000` tries as many.

use domain::coupon::campaign::Switches;
use domain::line::{LineId, LineRule};
use domain::{Campaign, CampaignId, EventName, IssueOutcome, PassId, TenantName, Timestamp, UserId};
use futures::future::join_all;
use hot::line::{Clock, LinePort, LineUser};
use hot::redis::{Ack, LineOptions, RedisConnections, RedisEngine, RedisLines, RedisOptions};
use hot::{CallPort, Completeness, CouponPort, HotError, HotHealth, IssueRequest};
use std::time::{Duration, Instant};
use testkit::{Flavor, Kit, RedisCluster, RedisNode};
use uuid::Uuid;

const NOW: Timestamp = Timestamp(1_000_000);
/// Longest wait for what must happen: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(240);
/// Commands a second in all nodes that count as rest, however many campaigns and lines there are.
const AT_REST_MAX: u64 = 40;

fn many() -> usize {
    std::env::var("ONSALE_MANY").ok().and_then(|many| many.parse().ok()).unwrap_or(300)
}

fn campaign(number: usize) -> Campaign {
    let event = EventName::new(&format!("many-{number}")).expect("a name");
    Campaign {
        name: "Many".to_owned(),
        switches: Switches { opened: true, ..Switches::default() },
        revision: 1,
        ..Campaign::new(CampaignId::new(TenantName::default_tenant(), event), 100)
    }
}

fn line(number: usize) -> LineId {
    LineId::Queue(EventName::new(&format!("many-{number}")).expect("a name"))
}

fn user(number: usize) -> UserId {
    UserId::new(&format!("user-{number}")).expect("a name")
}

/// One server: its engines on its own connections, and the looks that its tasks have at everything.
struct Server {
    connections: RedisConnections,
    coupons: RedisEngine,
    lines: RedisLines,
}

impl Server {
    async fn open(url: &str) -> Self {
        let connections = crate::connect(url).await;
        let coupons = RedisEngine::new(connections.clone(), RedisOptions { ack: Ack::Replica, announce: None });
        tokio::spawn(coupons.watch());
        let lines = RedisLines::new(connections.clone(), LineOptions::default());
        Self { connections, coupons, lines }
    }

    async fn make(&self, campaigns: &[Campaign]) {
        for some in campaigns.chunks(32) {
            let made = some.iter().map(|campaign| async {
                if self.coupons.put_campaign(campaign.clone()).await? == Completeness::Incomplete {
                    self.coupons.complete(&campaign.id).await?;
                }
                Ok::<_, HotError>(())
            });
            for made in join_all(made).await {
                made.expect("made");
            }
        }
    }

    /// What a server does all the time: relays, metrics, schedulers, the audit log.
    async fn work(&self, count: usize) {
        let mut round: u32 = 0;
        loop {
            if let Ok(messages) = self.coupons.outbox(500).await
                && let Some(last) = messages.last()
            {
                let _ = self.coupons.acknowledge(last.position).await;
            }
            let _ = self.lines.pending(500).await;
            if round.is_multiple_of(5) {
                self.coupons.stats().await;
                let asked: Vec<LineId> = (0..count).map(line).filter(|line| !self.lines.is_quiet(line)).collect();
                for some in asked.chunks(32) {
                    let admit = |line| self.lines.admit(line, vec![PassId(Uuid::new_v4())], Clock::Engine);
                    join_all(some.iter().map(admit)).await;
                }
            }
            round = round.wrapping_add(1);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn status_of_all(&self, campaigns: &[Campaign]) -> Result<(), HotError> {
        let asked = campaigns.iter().map(|campaign| self.coupons.status(&campaign.id, NOW));
        for status in join_all(asked).await {
            status?.expect("there");
        }
        Ok(())
    }

    async fn issue_of_all(&self, campaigns: &[Campaign], user: &UserId) -> Result<(), HotError> {
        let asked = campaigns.iter().map(|campaign| IssueRequest {
            campaign: campaign.id.clone(),
            user: user.clone(),
            key: None,
            admitted: false,
            coupon_id: None,
        });
        for outcome in self.coupons.issue(asked.collect(), NOW).await {
            let outcome = outcome?;
            let is_held = matches!(outcome, IssueOutcome::Issued { .. } | IssueOutcome::AlreadyIssued { .. });
            assert!(is_held, "{outcome:?}");
        }
        Ok(())
    }

    async fn enter_all(&self, count: usize, user: &UserId) -> Result<(), HotError> {
        let people = (0..count).map(|number| LineUser { line: line(number), user: user.clone() }).collect();
        self.lines.enter(people, Clock::Engine).await.into_iter().try_for_each(|status| status.map(drop))
    }
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> Result<(), String>) {
    let begun = Instant::now();
    while let Err(why) = holds().await {
        assert!(begun.elapsed() < PATIENCE, "never happened: {what}: {why}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!("{what}: after {:?}", begun.elapsed());
}

fn said<T>(result: Result<T, HotError>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}

fn is_well(server: &Server) -> Result<(), String> {
    let health = server.connections.health(false);
    if health == HotHealth::default() { Ok(()) } else { Err(format!("{health:?}")) }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_master_was_killed_every_campaign_and_line_works_again() {
    let kit = Kit::temporary().expect("a folder");
    let Some(cluster) = testkit::available(RedisCluster::start(&kit, Flavor::Redis)) else { return };
    let count = many();
    let campaigns: Vec<Campaign> = (0..count).map(campaign).collect();
    let mut servers = Vec::new();
    for _ in 0..2 {
        servers.push(std::sync::Arc::new(Server::open(&cluster.url()).await));
    }
    for server in &servers {
        server.make(&campaigns).await;
    }
    for number in 0..count {
        let rule = LineRule { capacity: 100, ..LineRule::new(100) };
        servers[0].lines.make_line(&line(number), rule).await.expect("made");
    }
    let workers: Vec<_> = servers
        .iter()
        .map(|server| {
            let server = server.clone();
            tokio::spawn(async move { server.work(count).await })
        })
        .collect();
    for server in &servers {
        until("the server is well before", async || is_well(server)).await;
        until("every status is answered before", async || said(server.status_of_all(&campaigns).await)).await;
    }
    let lost = cluster.master_of(0).expect("a master");
    let node: &RedisNode = &cluster.nodes()[lost];
    node.kill().expect("killed");
    until("a replica is promoted", async || match cluster.master_of(0) {
        Ok(master) if master != lost => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
    for server in &servers {
        until("every master takes writes", async || is_well(server)).await;
        until("every status is answered", async || said(server.status_of_all(&campaigns).await)).await;
        let warnings = server.connections.health(true).warnings;
        assert!(warnings.iter().any(|warning| warning.contains("waits for a replica")), "{warnings:?}");
    }
    node.restart().expect("starts again");
    cluster.wait_until_ready().expect("whole again");
    for (number, server) in servers.iter().enumerate() {
        let (made, user) = ([campaign(1_000_000 + number)], user(number));
        server.make(&made).await;
        until("every campaign gives", async || said(server.issue_of_all(&campaigns, &user).await)).await;
        until("every line is entered", async || said(server.enter_all(count, &user).await)).await;
        until("no server waits for a replica", async || {
            let health = server.connections.health(true);
            if health.warnings.is_empty() { is_well(server) } else { Err(format!("{health:?}")) }
        })
        .await;
    }
    until("every message is handed over", async || {
        let pending = servers[0].coupons.stats().await.outbox_pending;
        if pending == 0 { Ok(()) } else { Err(format!("{pending} left")) }
    })
    .await;
    let given = servers[1].coupons.stats().await.coupons;
    assert_eq!(given, 2 * count as u64, "every server sees all that was given");
    workers.iter().for_each(tokio::task::JoinHandle::abort);
}

/// Commands that the nodes have carried out for us: not what they tell each other, nor what the test asks.
fn commands(cluster: &RedisCluster) -> (u64, String) {
    const THEIRS: [&str; 8] = ["ping", "replconf", "psync", "info", "cluster|", "config|", "role", "client|"];
    let (mut sum, mut all) = (0, Vec::new());
    for node in cluster.nodes() {
        let stats = node.ask(&["INFO", "commandstats"]).expect("answers");
        for line in stats.lines().filter_map(|line| line.strip_prefix("cmdstat_")) {
            let (name, rest) = line.split_once(":calls=").expect("a count");
            let calls: u64 = rest.split(',').next().and_then(|calls| calls.parse().ok()).expect("a number");
            if !THEIRS.iter().any(|theirs| name.starts_with(theirs)) {
                sum += calls;
                all.push(format!("{name} {calls}"));
            }
        }
    }
    (sum, all.join(", "))
}

fn forget_counts(cluster: &RedisCluster) {
    cluster.nodes().iter().for_each(|node| node.tell(&["CONFIG", "RESETSTAT"]).expect("answers"));
}

#[tokio::test(flavor = "multi_thread")]
async fn at_rest_what_nobody_asks_for_costs_no_command() {
    let kit = Kit::temporary().expect("a folder");
    let Some(cluster) = testkit::available(RedisCluster::start(&kit, Flavor::Redis)) else { return };
    let count = many();
    // Half of them will be sold out, as after a rush.
    let stock = |number| if number % 2 == 0 { 1 } else { 100 };
    let campaigns = (0..count).map(|number| Campaign { stock: stock(number), ..campaign(number) });
    let campaigns: Vec<Campaign> = campaigns.collect();
    let server = std::sync::Arc::new(Server::open(&cluster.url()).await);
    server.make(&campaigns).await;
    for number in 0..count {
        server.lines.make_line(&line(number), LineRule::new(100)).await.expect("made");
    }
    server.issue_of_all(&campaigns, &user(1)).await.expect("given");
    let workers = [server.clone(), std::sync::Arc::new(Server::open(&cluster.url()).await)];
    let working = workers.iter().cloned().map(|server| tokio::spawn(async move { server.work(count).await }));
    let working: Vec<_> = working.collect();
    const WINDOW: Duration = Duration::from_secs(5);
    until("the servers come to rest", async || {
        forget_counts(&cluster);
        tokio::time::sleep(WINDOW).await;
        let (sum, all) = commands(&cluster);
        if sum <= AT_REST_MAX * WINDOW.as_secs() { Ok(()) } else { Err(format!("{sum} commands: {all}")) }
    })
    .await;
    let stats = workers[1].coupons.stats().await;
    assert_eq!((stats.coupons, stats.outbox_pending), (0, 0), "this one knows no campaign");
    let stats = server.coupons.stats().await;
    assert_eq!((stats.coupons, stats.outbox_pending), (count as u64, 0), "figures of what is at rest are known");
    // Whoever comes then is served at once, and the other servers hear of it.
    assert!((0..count).all(|number| server.lines.is_quiet(&line(number))), "no line needs a scheduler");
    server.enter_all(1, &user(2)).await.expect("enters");
    assert!(!server.lines.is_quiet(&line(0)));
    workers[1].lines.counts(&line(0), 0, Clock::Engine).await.expect("read");
    until("the other server hears of the line", async || {
        if workers[1].lines.is_quiet(&line(0)) { Err("quiet".to_owned()) } else { Ok(()) }
    })
    .await;
    working.iter().for_each(tokio::task::JoinHandle::abort);
}
