//! Every query of every dashboard of `deploy/grafana`, and every alert, asked of a real Prometheus after a sale.
//!
//! ```text
//! one program on its own folder     walk of a person, coupons, a line, tickets  \
//! one on Redis, Kafka, PostgreSQL   coupons                                      Prometheus, every second
//! two that are down                                                             /
//! ```

use crate::edge::prometheus::{Pace, Prometheus, number};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use testkit::edge::reserved;
use testkit::onsale::{PATIENCE, Server, World, onsale, wait_until};
use testkit::{Flavor, Kafka, Kit, Postgres, PostgresVersion, RedisCluster, available};

/// The walk of a person through all roles (`tests/it/tickets_walk.rs`).
const WALK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/walks/tickets.sh");
const PASSWORD: &str = "an administrator's own";
const TOKENS: &str = "9f2c4be17a3d5586c01d7e94ab36f2580ce1b7d94a6f3382e05d9c71b8a4f6d20e7b3c95d1864af2";
/// What Grafana puts for its own variable; so long that the whole sale is in it.
const RATE_INTERVAL: &str = "15m";

/// As `rush` sets its own server, so that a small sale is over in seconds; and an audit of the books each second.
const QUICK: [(&str, &str); 11] = [
    ("ONSALE__DEMO__ADMIN_PASSWORD", PASSWORD),
    ("ONSALE__AUTH__JWT_SECRET", TOKENS),
    ("ONSALE__HTTP__MAX_CONNECTIONS_PER_NETWORK", "0"),
    ("ONSALE__QUEUE__STREAMS_MAX_PER_NETWORK", "0"),
    ("ONSALE__QUEUE__RATE_PER_SECOND", "500"),
    ("ONSALE__QUEUE__BATCH_INTERVAL_MS", "100"),
    ("ONSALE__QUEUE__CAPACITY", "1000000"),
    ("ONSALE__QUEUE__STATUS_PER_MINUTE", "100000"),
    ("ONSALE__RESERVATION__HOLD_TTL_SECONDS", "30"),
    ("ONSALE__PAYMENT__SETTLE_AFTER_SECONDS", "2"),
    ("ONSALE__RECONCILE__INTERVAL_SECONDS", "1"),
];

/// Metrics that only the second program has.
const OF_ENGINES: [&str; 8] = [
    "onsale_hot_call_seconds",
    "onsale_hot_shards_failed",
    "onsale_hot_breaker_open",
    "onsale_hot_fenced_campaigns",
    "onsale_hot_news_heard",
    "onsale_bus_paused",
    "onsale_clock_ahead_ms",
    "onsale_wal_",
];

/// The folder of the dashboards.
fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/grafana/dashboards")
}

/// A query, and where it stands.
struct Query {
    place: String,
    text: String,
}

fn queries() -> Vec<Query> {
    let mut all = Vec::new();
    for file in std::fs::read_dir(source()).expect("the dashboards").flatten() {
        let text = std::fs::read_to_string(file.path()).expect("readable");
        let dashboard: Value = serde_json::from_str(&text).expect("JSON");
        for panel in dashboard["panels"].as_array().into_iter().flatten() {
            for target in panel["targets"].as_array().into_iter().flatten() {
                let place = format!("{} / {} / {}", dashboard["title"], panel["title"], target["refId"]);
                let text = target["expr"].as_str().expect("a query").replace("$__rate_interval", RATE_INTERVAL);
                all.push(Query { place, text });
            }
        }
    }
    all
}

/// A program on servers of its own, and what it needs.
struct OnEngines {
    server: Server,
    folder: TempDir,
    key: String,
    _redis: RedisCluster,
    _kafka: Kafka,
    _postgres: Postgres,
}

impl OnEngines {
    /// None: an engine is not installed.
    fn start(kit: &Kit) -> Option<Self> {
        let redis = available(RedisCluster::start(kit, Flavor::Redis))?;
        let kafka = available(Kafka::start(kit, 1))?;
        let postgres = available(Postgres::start(kit, PostgresVersion::V15))?;
        for setting in ["wal_level = 'logical'", "max_slot_wal_keep_size = '2GB'"] {
            postgres.execute(&format!("ALTER SYSTEM SET {setting}")).expect("set");
        }
        postgres.kill().expect("killed");
        postgres.restart().expect("started again");
        let database = postgres.fresh_database("onsale").expect("a database");
        let user = database.split("://").nth(1).and_then(|rest| rest.split(':').next()).expect("a user");
        postgres.execute(&format!("ALTER ROLE {user} REPLICATION")).expect("may read the log");
        let (redis_url, kafka_url) = (redis.url(), kafka.url());
        let engines = [
            ("ONSALE__HOT__URL", redis_url.as_str()),
            ("ONSALE__BUS__URL", kafka_url.as_str()),
            ("ONSALE__LEDGER__URL", database.as_str()),
            ("ONSALE__OUTBOX__SOURCE", "wal"),
        ];
        let settings = [&QUICK[..], &engines[..]].concat();
        let folder = tempfile::tempdir().expect("a folder");
        let run = |arguments: &[&str]| {
            let output = onsale(folder.path(), arguments).envs(settings.iter().copied()).output().expect("it runs");
            assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).expect("text").trim().to_owned()
        };
        run(&["migrate"]);
        let key = run(&["admin", "keys", "create", "--admin"]);
        let server = Server::start(folder.path(), &settings);
        Some(Self { server, folder, key, _redis: redis, _kafka: kafka, _postgres: postgres })
    }
}

/// Runs `rush` against a server that runs, with its books balanced at the end.
fn rush(data: &Path, server: &Server, key: &str, arguments: &[&str]) {
    let (url, report) = (format!("http://{}", server.address), data.join("report.html"));
    let report = report.to_str().expect("a path");
    let place = ["--url", &url, "--key", key, "--connections", "32", "--report", report, "--force"];
    let mut command = onsale(data, &[&["rush"][..], &place, arguments].concat());
    let output = command.env("ONSALE__AUTH__JWT_SECRET", TOKENS).output().expect("it runs");
    let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{arguments:?}: {told}");
}

/// A person's way from the sign-up to a refund: log-ins, a hold, a payment, a door.
fn walk(world: &World) {
    let email = "admin@onsale.local";
    wait_until("the administrator is there", || {
        let login = json!({"email": email, "password": PASSWORD, "recaptchaToken": "pass"});
        world.anyone().post_json("/auth/login", &login).status == 200
    });
    let base = format!("http://{}", world.server.address);
    let walk = Command::new("bash").arg(WALK).args([&base, email, PASSWORD]).output().expect("bash runs");
    assert!(walk.status.success(), "{}", String::from_utf8_lossy(&[walk.stdout, walk.stderr].concat()));
}

/// Somebody gives a paid ticket back in the provider's console.
fn give_back_there(world: &World) {
    let books = rusqlite::Connection::open(world.folder.path().join("sandbox.sqlite")).expect("the sandbox's books");
    let paid = "SELECT payment_key FROM payments WHERE status = 'PAID' AND refunded = 0 LIMIT 1";
    let key: String = books.query_row(paid, [], |row| row.get(0)).expect("somebody has paid");
    let cancel = format!("/sandbox/portone/payments/{key}/cancel");
    world.anyone().post_json(&cancel, &json!({"webhook": true})).ok();
}

/// Waits until nothing is wrong any more; else says what is.
#[track_caller]
fn within<T: std::fmt::Debug>(what: &str, wrong: impl Fn() -> Vec<T>) {
    let asked = testkit::until(what, PATIENCE, || match wrong() {
        none if none.is_empty() => Ok(()),
        some => Err(format!("{some:#?}")),
    });
    asked.unwrap_or_else(|error| panic!("{error}"));
}

/// Counters, and what the books of the embedded program say of the same.
const FIGURES: [(&str, &str, &str); 7] = [
    (
        "onsale_reservation_confirmed_total",
        "reservation",
        "SELECT count(*) FROM reservations WHERE confirmed_at IS NOT NULL",
    ),
    (
        "onsale_reservation_seats_sold_total",
        "reservation",
        "SELECT count(*) FROM reservation_seats JOIN reservations ON id = reservation_id WHERE confirmed_at IS NOT NULL",
    ),
    (
        "onsale_payment_reached_total{status=\"SUCCESS\"}",
        "payment",
        "SELECT count(*) FROM payments WHERE status IN ('SUCCESS', 'REFUNDED')",
    ),
    (
        "onsale_payment_reached_total{status=\"FAILED\"}",
        "payment",
        "SELECT count(*) FROM payments WHERE status = 'FAILED'",
    ),
    (
        "onsale_payment_won_total{what=\"sold\"}",
        "payment",
        "SELECT sum(amount) FROM payments WHERE status IN ('SUCCESS', 'REFUNDED')",
    ),
    ("onsale_payment_won_total{what=\"taken\"}", "payment", "SELECT sum(captured_amount) FROM payments"),
    ("onsale_payment_won_total{what=\"given_back\"}", "payment", "SELECT sum(refunded_amount) FROM payments"),
];

/// The figures that differ from the books now.
fn wrong_figures(prometheus: &Prometheus, world: &World) -> Vec<String> {
    let instance = world.server.address.to_string();
    let compare = |(name, book, count): &(&str, &str, &str)| {
        let (plain, labels) = name.split_once('{').unwrap_or((name, "}"));
        let query = format!("sum({plain}{{instance=\"{instance}\", {labels})");
        let shown = prometheus.value(&query);
        let file = world.folder.path().join(format!("{book}_service.sqlite"));
        let books = rusqlite::Connection::open(file).expect("the books");
        let counted: i64 = books.query_row(count, [], |row| row.get(0)).expect("a number");
        (counted == 0 || shown != Some(counted as f64))
            .then(|| format!("{name}: {shown:?}, and in the books {counted}"))
    };
    FIGURES.iter().filter_map(compare).collect()
}

/// The names of the alerts that fire.
fn firing(prometheus: &Prometheus) -> BTreeSet<String> {
    let series = prometheus.series("ALERTS{alertstate=\"firing\"}");
    series.iter().filter_map(|one| one["metric"]["alertname"].as_str().map(str::to_owned)).collect()
}

#[test]
fn every_query_of_the_dashboards_has_data_after_a_sale_and_planted_faults_are_alerts() {
    let Some(kit) = available(Kit::temporary()) else { return };
    let world = World::with(&QUICK);
    let on_engines = OnEngines::start(&kit);
    let own = [Some(world.server.address), on_engines.as_ref().map(|one| one.server.address)];
    let own: Vec<String> = own.into_iter().flatten().map(|address| address.to_string()).collect();
    // Planted: nobody listens there.
    let (_port, nobody) = reserved();
    let targets = [("coupon", [own, vec![nobody.to_string()]].concat()), ("issuer", vec![nobody.to_string()])];
    let Some(prometheus) = Prometheus::start(Pace::EachSecond, &targets) else { return };
    wait_until("the servers are scraped", || prometheus.value("min(onsale_hot_available)") == Some(1.0));

    let sale = ["--users", "600", "--stock", "100"];
    walk(&world);
    rush(world.folder.path(), &world.server, &world.admin_key, &[&sale[..], &["--gate", "--admit", "200"]].concat());
    rush(
        world.folder.path(),
        &world.server,
        &world.admin_key,
        &["--tickets", "--users", "150", "--seats", "60", "--hold-seconds", "30"],
    );
    if let Some(one) = &on_engines {
        rush(one.folder.path(), &one.server, &one.key, &sale);
    }
    rush(world.folder.path(), &world.server, &world.admin_key, &sale);
    give_back_there(&world);
    let planted = ["OnsaleSoldOut", "OnsaleServerDown", "OnsaleRoleAway", "OnsalePaymentAlarm"];
    within("the planted faults are alerts", || {
        let firing = firing(&prometheus);
        planted.iter().filter(|name| !firing.contains(**name)).collect()
    });

    let is_asked = |query: &&Query| on_engines.is_some() || !OF_ENGINES.iter().any(|name| query.text.contains(name));
    let all = queries();
    let asked: Vec<&Query> = all.iter().filter(is_asked).collect();
    assert!(asked.len() > 100, "{}", asked.len());
    // Infinite is an answer: a small line lets everybody in before its first scrape. No number is none.
    let has_data =
        |query: &&&Query| prometheus.series(&query.text).iter().filter_map(number).any(|value| !value.is_nan());
    let empty = || asked.iter().filter(|query| !has_data(query)).map(|query| &query.place).collect::<Vec<_>>();
    within("every query has data", empty);

    let rules = prometheus.rules();
    assert!(rules.len() > 50, "{}", rules.len());
    for rule in &rules {
        assert_eq!(rule["health"], "ok", "{rule}");
        assert_eq!(prometheus.reply(rule["query"].as_str().expect("an expression")).status, 200, "{rule}");
    }
    within("the figures are those of the books", || wrong_figures(&prometheus, &world));
    // What is in order is no alert.
    let firing = firing(&prometheus);
    let quiet =
        ["OnsaleBooksDoNotBalance", "OnsaleRowsRefused", "OnsaleReservationsBehind", "OnsalePaymentsNotDecided"];
    assert!(!quiet.iter().any(|name| firing.contains(*name)), "{firing:?}");
}
