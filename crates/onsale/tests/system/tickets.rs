//! Gateway, accounts and catalog as processes of their own, behind the shipped NGINX, over Redis Cluster, Kafka and
//! PostgreSQL or MariaDB: the same walk as in one process (`tests/it/tickets_walk.rs`).

use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use testkit::edge::Edge;
use testkit::onsale::{Server, onsale, wait_until};
use testkit::{Flavor, Kafka, Kit, MariaDb, Postgres, PostgresVersion, RedisCluster, available};

/// The script of the walk: base, address and password of an administrator, sandbox.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/walks/tickets.sh");
const ADMIN: &str = "admin@shop.example";
const PASSWORD: &str = "an administrator's own";
/// Keys that the processes share; random, and of these tests alone.
const SECRETS: [(&str, &str); 5] = [
    ("ONSALE__AUTH__JWT_SECRET", "9f2c4be17a3d5586c01d7e94ab36f2580ce1b7d94a6f3382e05d9c71b8a4f6d20e7b3c95d1864af2"),
    ("ONSALE__USER__PERSONAL_DATA_KEY", "IsYG/qGSzwBEZnwi/gtsPmOr5qsv2MSMLa/fQD+tLBA="),
    ("ONSALE__USER__LOOKUP_KEY", "QWo+DzT1ohK72oENYyotu65lduqEZiaANPmFWDR0c5A="),
    ("ONSALE__INTERNAL__KEY__GATEWAY", "7b0d6c52-91f4-4e3a-8a67-2c5f0e91d3b8"),
    ("ONSALE__INTERNAL__KEY__CATALOG", "c41e8f07-5a2d-4b96-9d13-e8f7a6b05c24"),
];

/// A variable of the environment, and its value.
type Setting = (&'static str, String);

/// The processes of one system.
struct System {
    edge: Edge,
    sandbox: String,
    _servers: Vec<Server>,
    _folders: Vec<TempDir>,
}

fn environment(settings: &[Setting]) -> Vec<(&str, &str)> {
    settings.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

fn run(data: &Path, settings: &[Setting], arguments: &[&str], input: &str) {
    use std::io::Write;
    use std::process::Stdio;
    let mut command = onsale(data, arguments);
    command.envs(environment(settings)).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    child.stdin.take().expect("an input").write_all(input.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("the program ends");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

impl System {
    fn start(stores: &[Setting]) -> Option<Self> {
        let mut settings = stores.to_vec();
        settings.extend(SECRETS.map(|(name, value)| (name, value.to_owned())));
        settings.push(("ONSALE__DEMO__ENABLED", "false".to_owned()));
        let folder = || tempfile::tempdir().expect("a folder");
        let folders = vec![folder(), folder(), folder(), folder()];
        let sandbox = Server::start_sandbox(folders[3].path());
        let sandbox_url = format!("http://{}", sandbox.address);
        settings.push(("ONSALE__SANDBOX__URL", sandbox_url.clone()));
        run(folders[0].path(), &settings, &["migrate"], "");
        let make = ["admin", "create-user", "--email", ADMIN, "--role", "ADMIN"];
        run(folders[0].path(), &settings, &make, &format!("{PASSWORD}\n"));
        let role = |name: &str, folder: &TempDir, settings: &[Setting]| {
            Server::start_role(name, folder.path(), &environment(settings))
        };
        let user = role("user", &folders[0], &settings);
        let catalog = role("catalog", &folders[1], &settings);
        settings.push(("ONSALE__GATEWAY__URL__USER", format!("http://{}", user.address)));
        settings.push(("ONSALE__GATEWAY__URL__CATALOG", format!("http://{}", catalog.address)));
        let gateway = role("gateway", &folders[2], &settings);
        let edge = Edge::before_one(gateway.address, &[])?;
        wait_until("the gateway is ready", || gateway.client().get("/health/ready").status == 200);
        Some(Self { edge, sandbox: sandbox_url, _servers: vec![user, catalog, gateway, sandbox], _folders: folders })
    }

    fn walk(&self) {
        let base = format!("http://{}", self.edge.address);
        let walk = Command::new("bash").arg(SCRIPT).args([&base, ADMIN, PASSWORD, &self.sandbox]).output();
        let walk = walk.expect("bash runs");
        let told = format!("{}{}", String::from_utf8_lossy(&walk.stdout), String::from_utf8_lossy(&walk.stderr));
        assert!(walk.status.success() && told.contains("the walk is done"), "{told}");
    }
}

/// Redis Cluster and Kafka; the processes share them.
fn stores(kit: &Kit) -> Option<(RedisCluster, Kafka, Vec<Setting>)> {
    let redis = available(RedisCluster::start(kit, Flavor::Redis))?;
    let kafka = available(Kafka::start(kit, 1))?;
    let settings = vec![("ONSALE__HOT__URL", redis.url()), ("ONSALE__BUS__URL", kafka.url())];
    Some((redis, kafka, settings))
}

#[test]
fn the_walk_goes_through_separate_processes_on_postgresql() {
    let Some(kit) = available(Kit::temporary()) else { return };
    let Some((_redis, _kafka, mut settings)) = stores(&kit) else { return };
    let Some(postgres) = available(Postgres::start(&kit, PostgresVersion::V15)) else { return };
    settings.push(("ONSALE__LEDGER__URL", postgres.fresh_database("ticketing").expect("a database")));
    let Some(system) = System::start(&settings) else { return };
    system.walk();
}

#[test]
fn the_walk_goes_through_separate_processes_on_mariadb() {
    let Some(kit) = available(Kit::temporary()) else { return };
    let Some((_redis, _kafka, mut settings)) = stores(&kit) else { return };
    let Some(maria) = available(MariaDb::start(&kit)) else { return };
    for (variable, database) in [
        ("ONSALE__LEDGER__COUPON__URL", "coupon_service"),
        ("ONSALE__LEDGER__USER__URL", "user_service"),
        ("ONSALE__LEDGER__CATALOG__URL", "event_service"),
    ] {
        settings.push((variable, maria.fresh_database(database).expect("a database")));
    }
    settings.push(("ONSALE__LEDGER__URL", settings.last().expect("one").1.clone()));
    let Some(system) = System::start(&settings) else { return };
    system.walk();
}
