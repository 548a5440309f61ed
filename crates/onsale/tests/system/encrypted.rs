//! TLS towards every store at once, by the program as it is shipped: Redis Cluster, PostgreSQL, and Kafka with a log-in. Each
//! has a certificate of an authority that only the settings name; with another authority the start is refused.

use crate::doctor::patient::Patient;
use crate::doctor::serve::refused;
use serde_json::json;
use tempfile::TempDir;
use testkit::onsale::{CAMPAIGNS, Server, onsale, wait_until};
use testkit::{Authority, Flavor, Kafka, Kit, Postgres, PostgresVersion, RedisCluster, available};

const LOGIN: (&str, &str) = ("onsale", "a-long-password");

/// A variable of the environment, and its value.
type Setting = (&'static str, String);

/// Three kinds of servers that speak TLS, with their authority, and one that has signed nothing of theirs.
struct Stores {
    right: Authority,
    wrong: Authority,
    redis: RedisCluster,
    postgres: Postgres,
    /// None where there is no JDK; the messages then stay in the process.
    kafka: Option<Kafka>,
    _kit: Kit,
    _folder: TempDir,
}

impl Stores {
    fn start() -> Option<Self> {
        let (kit, folder) = (available(Kit::temporary())?, tempfile::tempdir().expect("a folder"));
        let make = |name| Authority::make(folder.path(), name).expect("made");
        let (right, wrong) = (make("right"), make("wrong"));
        let certificate = right.sign_here().expect("signed");
        let redis = available(RedisCluster::start_encrypted(&kit, Flavor::Redis, &certificate))?;
        let postgres = available(Postgres::start_encrypted(&kit, PostgresVersion::V15, &certificate))?;
        let kafka = available(Kafka::start_encrypted(&kit, &certificate, LOGIN));
        Some(Self { right, wrong, redis, postgres, kafka, _kit: kit, _folder: folder })
    }

    fn settings(&self) -> Vec<Setting> {
        let authority = self.right.file().display().to_string();
        let database = self.postgres.fresh_database("encrypted").expect("a database");
        let mut settings = vec![
            ("ONSALE__HOT__URL", self.redis.encrypted_url()),
            ("ONSALE__HOT__ACK", "replica".to_owned()),
            ("ONSALE__HOT__CA_FILE", authority.clone()),
            ("ONSALE__LEDGER__URL", format!("{database}?sslmode=verify-full")),
            ("ONSALE__LEDGER__CA_FILE", authority.clone()),
        ];
        if let Some(kafka) = &self.kafka {
            settings.extend([
                ("ONSALE__BUS__URL", format!("kafka+ssl://{}", kafka.with_login())),
                ("ONSALE__BUS__CA_FILE", authority),
                ("ONSALE__BUS__SASL_MECHANISM", "SCRAM-SHA-512".to_owned()),
                ("ONSALE__BUS__SASL_USERNAME", LOGIN.0.to_owned()),
                ("ONSALE__BUS__SASL_PASSWORD", LOGIN.1.to_owned()),
            ]);
        }
        settings
    }

    /// The same settings, but one file names an authority that has signed nothing.
    fn wrong(&self, settings: &[Setting], variable: &str) -> Vec<Setting> {
        let wrong = self.wrong.file().display().to_string();
        let value = |name: &str, right: &str| if name == variable { wrong.clone() } else { right.to_owned() };
        settings.iter().map(|(name, right)| (*name, value(name, right))).collect()
    }
}

fn environment(settings: &[Setting]) -> Vec<(&str, &str)> {
    settings.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[test]
fn a_sale_is_held_over_tls_to_every_store_and_an_unknown_authority_is_refused() {
    let Some(stores) = Stores::start() else { return };
    let settings = stores.settings();
    a_sale_is_held(&settings);
    let report = Patient::new(&environment(&settings)).ask(&[]);
    report.is_well();
    report.is_ok(&["redis-nodes", "redis-replica", "database", "database-tables", "database-write"]);
    assert_eq!(report.check("kafka-brokers").is_some(), stores.kafka.is_some());

    for (variable, setting, check) in [
        ("ONSALE__HOT__CA_FILE", "hot.ca_file", "redis-nodes"),
        ("ONSALE__LEDGER__CA_FILE", "ledger.ca_file", "database"),
        ("ONSALE__BUS__CA_FILE", "bus.ca_file", "kafka-brokers"),
    ] {
        if !settings.iter().any(|(name, _)| *name == variable) {
            continue;
        }
        let wrong = stores.wrong(&settings, variable);
        let said = refused(&environment(&wrong));
        assert!(said.contains(setting) && said.contains("certificate"), "{setting} is not in: {said}");
        Patient::new(&environment(&wrong)).ask(&[]).says(check, "wrong", "certificate", setting);
    }
}

/// A campaign is made, a coupon issued, and its row kept: Redis decides, Kafka carries, PostgreSQL keeps.
fn a_sale_is_held(settings: &[Setting]) {
    let data = tempfile::tempdir().expect("a folder");
    let mut command = onsale(data.path(), &["admin", "keys", "create", "--admin"]);
    let made = command.envs(environment(settings)).output().expect("the program starts");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let key = String::from_utf8(made.stdout).expect("a key");
    let mut server = Server::start(data.path(), &environment(settings));
    let admin = server.client().with("X-Api-Key", key.trim());
    let discount = json!({"type": "fixed", "value": 1_000});
    admin.make_campaign(&json!({"event_id": "sale", "name": "Sale", "stock": 3, "discount": discount}));
    admin.open_campaign("sale");
    let coupon = server.client().issue("ann", "sale");
    assert_eq!(coupon.code(), "ISSUED", "{}", coupon.text());
    let rows = || admin.get(&format!("{CAMPAIGNS}/sale/coupons")).ok();
    wait_until("the row is kept", || rows()["totalElements"] == 1);
    assert_eq!(
        (&rows()["list"][0]["coupon_id"], &rows()["list"][0]["user_id"]),
        (&coupon.ok()["coupon_id"], &json!("ann"))
    );
    assert_eq!(server.client().get("/health/ready").status, 200);
    assert_eq!(server.terminate(), Some(0));
}
