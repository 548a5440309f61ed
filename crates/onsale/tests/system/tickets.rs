//! Every role of tickets as a process of its own, behind the shipped NGINX, over Redis Cluster, Kafka and
//! PostgreSQL or MariaDB: the same walk as in one process (`tests/it/tickets_walk.rs`).

use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use testkit::edge::{Edge, reserved};
use testkit::http::Client;
use testkit::onsale::{Server, onsale, wait_until};
use testkit::{Flavor, Kafka, Kit, MariaDb, Port, Postgres, PostgresVersion, RedisCluster, available};

/// The script of the walk: base, address and password of an administrator, sandbox.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/walks/tickets.sh");
const ADMIN: &str = "admin@shop.example";
const PASSWORD: &str = "an administrator's own";
/// Keys that the processes share; random, and of these tests alone.
const SECRETS: [(&str, &str); 10] = [
    ("ONSALE__AUTH__JWT_SECRET", "9f2c4be17a3d5586c01d7e94ab36f2580ce1b7d94a6f3382e05d9c71b8a4f6d20e7b3c95d1864af2"),
    ("ONSALE__USER__PERSONAL_DATA_KEY", "IsYG/qGSzwBEZnwi/gtsPmOr5qsv2MSMLa/fQD+tLBA="),
    ("ONSALE__USER__LOOKUP_KEY", "QWo+DzT1ohK72oENYyotu65lduqEZiaANPmFWDR0c5A="),
    ("ONSALE__INTERNAL__KEY__GATEWAY", "7b0d6c52-91f4-4e3a-8a67-2c5f0e91d3b8"),
    ("ONSALE__INTERNAL__KEY__CATALOG", "c41e8f07-5a2d-4b96-9d13-e8f7a6b05c24"),
    ("ONSALE__INTERNAL__KEY__USER", "0a9d4c37-62be-4f81-b5d9-17c3e60f8a42"),
    ("ONSALE__INTERNAL__KEY__QUEUE", "e3b85f16-0c7a-4d92-a6f4-91d20b7c58e3"),
    ("ONSALE__INTERNAL__KEY__RESERVATION", "58c0e7d2-b391-4a6f-8e05-d47f2a1c9b63"),
    ("ONSALE__INTERNAL__KEY__PAYMENT", "96f1a3b8-4d0e-47c5-9b72-0e8c5d63fa17"),
    ("ONSALE__RESERVATION__TICKET_KEY", "qN3hV0dXy7mU1sT5kR9wB2eG6jL8pZ4cA0fH3iK7oM4="),
];

/// A role of its own process, and the settings by which the others reach it.
struct RoleOfItsOwn {
    name: &'static str,
    gateway_url: &'static str,
    internal_url: Option<&'static str>,
}

const fn role(name: &'static str, gateway_url: &'static str, internal_url: Option<&'static str>) -> RoleOfItsOwn {
    RoleOfItsOwn { name, gateway_url, internal_url }
}

const ROLES: [RoleOfItsOwn; 6] = [
    role("user", "ONSALE__GATEWAY__URL__USER", None),
    role("catalog", "ONSALE__GATEWAY__URL__CATALOG", Some("ONSALE__INTERNAL__URL__CATALOG")),
    role("queue", "ONSALE__GATEWAY__URL__QUEUE", Some("ONSALE__INTERNAL__URL__QUEUE")),
    role("reservation", "ONSALE__GATEWAY__URL__RESERVATION", Some("ONSALE__INTERNAL__URL__RESERVATION")),
    role("payment", "ONSALE__GATEWAY__URL__PAYMENT", Some("ONSALE__INTERNAL__URL__PAYMENT")),
    role("coupon", "ONSALE__GATEWAY__URL__COUPON", Some("ONSALE__INTERNAL__URL__COUPON")),
];

/// A variable of the environment, and its value.
type Setting = (&'static str, String);

/// The processes of one system.
struct System {
    edge: Edge,
    sandbox: String,
    /// The sandbox, the roles in their order, the gateway.
    servers: Vec<Server>,
    _folders: Vec<TempDir>,
    _ports: Vec<Port>,
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
        let folders: Vec<TempDir> = (0..9).map(|_| folder()).collect();
        let (mail_port, mail) = reserved();
        let sandbox = Server::start_sandbox_with_mail(folders[8].path(), mail);
        let sandbox_url = format!("http://{}", sandbox.address);
        settings.push(("ONSALE__SANDBOX__URL", sandbox_url.clone()));
        settings.push(("ONSALE__USER__SMTP__URL", format!("smtp://{mail}")));
        run(folders[0].path(), &settings, &["migrate"], "");
        let make = ["admin", "create-user", "--email", ADMIN, "--role", "ADMIN"];
        run(folders[0].path(), &settings, &make, &format!("{PASSWORD}\n"));
        // Roles call each other in a circle, so that their ports must be known before the first starts.
        let (mut reservations, ports): (Vec<Port>, Vec<u16>) =
            ROLES.iter().map(|_| reserved()).map(|(port, address)| (port, address.port())).unzip();
        reservations.push(mail_port);
        for (role, port) in ROLES.iter().zip(&ports) {
            let url = format!("http://127.0.0.1:{port}");
            settings.push((role.gateway_url, url.clone()));
            settings.extend(role.internal_url.map(|key| (key, url)));
        }
        let mut servers = vec![sandbox];
        for ((role, port), folder) in ROLES.iter().zip(&ports).zip(&folders) {
            servers.push(Server::start_role_on(role.name, *port, folder.path(), &environment(&settings)));
        }
        let gateway = Server::start_role("gateway", folders[7].path(), &environment(&settings));
        let edge = Edge::before_one(gateway.address, &[])?;
        wait_until("the gateway is ready", || gateway.client().get("/health/ready").status == 200);
        servers.push(gateway);
        Some(Self { edge, sandbox: sandbox_url, servers, _folders: folders, _ports: reservations })
    }

    fn walk(&self) {
        let base = format!("http://{}", self.edge.address);
        let walk = Command::new("bash").arg(SCRIPT).args([&base, ADMIN, PASSWORD, &self.sandbox]).output();
        let walk = walk.expect("bash runs");
        let told = format!("{}{}", String::from_utf8_lossy(&walk.stdout), String::from_utf8_lossy(&walk.stderr));
        assert!(walk.status.success() && told.contains("the walk is done"), "{told}");
    }
}

/// What operators see over processes.
impl System {
    fn administrator(&self) -> Client {
        let login = json!({"email": ADMIN, "password": PASSWORD, "recaptchaToken": "pass"});
        let token = self.edge.client().post_json("/auth/login", &login).ok()["accessToken"].clone();
        self.edge.client().with("Authorization", &format!("Bearer {}", token.as_str().expect("a token")))
    }

    fn operators_see_all_roles(&self) {
        let admin = self.administrator();
        let audit = admin.get("/api/v1/admin/audit?size=100").ok();
        let all = ["coupon", "user", "catalog", "reservation", "payment"].map(|role| json!({ "role": role }));
        assert_eq!(audit["parts"], json!(all), "{audit}");
        let of_catalog = audit["list"].as_array().expect("a list").iter().any(|one| one["role"] == "catalog");
        assert!(of_catalog, "the walk has made venue and event: {audit}");
        assert_eq!(admin.get("/api/v1/admin/dead-letters").ok()["list"], json!([]));
        for part in ["seats", "payments", "coupons"] {
            let compared = admin.get(&format!("/api/v1/admin/reconcile?part={part}")).ok();
            assert!(compared["differences"].is_array(), "{part}: {compared}");
        }
        let nowhere = json!({"scheduleId": "0190a1b2-0000-7000-8000-0000000000aa"});
        let refused = admin.post_json("/queue/enter", &nowhere);
        assert_eq!(refused.status, 404);
        let path = format!("/api/v1/admin/appeal?traceId={}", refused.header("x-trace-id").expect("a trace id"));
        wait_until("the queue has told the coupon role", || {
            let list = admin.get(&path).ok()["list"].clone();
            list[0]["role"] == "queue" && list[0]["status"] == 404
        });
    }

    fn operators_see_which_role_is_away(&mut self) {
        let admin = self.administrator();
        let event = admin.get("/events").ok()["list"][0]["id"].as_str().expect("an event").to_owned();
        let path = format!("/api/v1/admin/sales?eventId={event}");
        let sales = || admin.get(&path).ok();
        let whole = sales();
        assert!(whole["schedules"][0]["captured"].is_i64() && whole["schedules"][0]["held"].is_i64(), "{whole}");
        for away in ["payment", "reservation"] {
            let place = 1 + ROLES.iter().position(|role| role.name == away).expect("a role");
            assert_eq!(self.servers[place].terminate(), Some(0));
            let parts = sales()["parts"].clone();
            let part = parts.as_array().expect("parts").iter().find(|part| part["role"] == away);
            assert_eq!(part, Some(&json!({"role": away, "error": "SERVICE_UNAVAILABLE"})), "{parts}");
        }
        let without = sales();
        let schedule = &without["schedules"][0];
        assert_eq!(
            (&schedule["captured"], &schedule["held"], &schedule["free"]),
            (&Value::Null, &Value::Null, &Value::Null)
        );
        assert_eq!(schedule["sold"], whole["schedules"][0]["sold"], "the others' parts are shown");
        admin.get("/api/v1/admin/reconcile?part=payments").is_error(503, "SERVICE_UNAVAILABLE");
        let parts = admin.get("/api/v1/admin/audit").ok()["parts"].clone();
        let error = |role: &str| parts.as_array()?.iter().find(|part| part["role"] == role)?.get("error").cloned();
        assert_eq!(
            ["coupon", "catalog", "reservation", "payment"].map(|role| error(role).is_some()),
            [false, false, true, true]
        );
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
    let Some(mut system) = System::start(&settings) else { return };
    system.walk();
    system.operators_see_all_roles();
    system.operators_see_which_role_is_away();
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
        ("ONSALE__LEDGER__RESERVATION__URL", "reservation_service"),
        ("ONSALE__LEDGER__PAYMENT__URL", "payment_service"),
    ] {
        settings.push((variable, maria.fresh_database(database).expect("a database")));
    }
    settings.push(("ONSALE__LEDGER__URL", settings.last().expect("one").1.clone()));
    let Some(system) = System::start(&settings) else { return };
    system.walk();
}
