//! The Secrets that `deploy/kubernetes/secrets.sh` makes: each of the nine roles starts with its own alone, and together they
//! sell a ticket. What a role lacks would be seen in a cluster only when its pod does not start, or at its first call. Neither these nor
//! the files that `deploy/docker/secrets/make` writes tell a role what is another's.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;
use testkit::edge::{Edge, reserved};
use testkit::onsale::{Server, onsale, wait_until};
use testkit::{Flavor, Kafka, Kit, Postgres, PostgresVersion, RedisCluster, available};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/kubernetes/secrets.sh");
const MAKE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/docker/secrets/make");
const WALK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/walks/tickets.sh");
const ADMIN: &str = "admin@shop.example";
const PASSWORD: &str = "an administrator's own";
const ROLES: [&str; 9] = ["user", "catalog", "queue", "reservation", "payment", "coupon", "gate", "issuer", "gateway"];

/// The roles with the roles that they call. Nobody calls the gateway or an issuer.
const CALLS: [(&str, &[&str]); 9] = [
    ("gateway", &["user", "catalog", "queue", "reservation", "payment", "coupon", "gate"]),
    ("user", &["catalog", "reservation", "coupon"]),
    ("catalog", &["reservation", "coupon"]),
    ("queue", &["catalog", "reservation", "payment", "coupon"]),
    ("reservation", &["catalog", "queue", "payment", "coupon"]),
    ("payment", &["catalog", "reservation", "coupon"]),
    ("coupon", &[]),
    ("gate", &[]),
    ("issuer", &["gate"]),
];

/// A setting: the variable of the environment, and its value.
type Setting = (String, String);

/// What the script prints: the file of each role, as settings. The files are flat, so that a line is a setting.
fn secrets(stores: &[String]) -> BTreeMap<String, Vec<Setting>> {
    let keys = tempfile::tempdir().expect("a folder");
    let output = Command::new("sh").arg(SCRIPT).arg("--keys").arg(keys.path()).args(stores).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    text.split("\n---\n").filter(|of| !of.trim().is_empty()).map(secret).collect()
}

fn secret(text: &str) -> (String, Vec<Setting>) {
    let name = text.lines().find_map(|line| line.strip_prefix("  name: onsale-")).expect("a name");
    let (_, file) = text.split_once("onsale.toml: |\n").expect("a file");
    (name.to_owned(), settings(file))
}

fn settings(file: &str) -> Vec<Setting> {
    let (mut section, mut settings) = (String::new(), Vec::new());
    for line in file.lines().map(str::trim) {
        if let Some(begun) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = begun.to_owned();
        } else if let Some((key, value)) = line.split_once(" = ") {
            let variable = format!("ONSALE__{section}__{key}").replace('.', "__").to_uppercase();
            settings.push((variable, value.trim_matches('"').to_owned()));
        }
    }
    settings
}

/// The same of the files that the composed system's script writes, into folders in the place of volumes. They get the users of
/// containers there, which the user of a test may not give: `chown` does nothing here.
fn secrets_of_compose() -> BTreeMap<String, Vec<Setting>> {
    let folder = tempfile::tempdir().expect("a folder");
    let tools = folder.path().join("tools");
    for name in [&ROLES[..], &["admin", "postgres", "mariadb", "tools"]].concat() {
        std::fs::create_dir(folder.path().join(name)).expect("made");
    }
    std::fs::write(tools.join("chown"), "#!/bin/sh\n").expect("written");
    std::fs::set_permissions(tools.join("chown"), std::fs::Permissions::from_mode(0o755)).expect("set");
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").expect("a path"));
    let make = || {
        let output = Command::new("sh").arg(MAKE).env("SECRETS", folder.path()).env("PATH", &path).output();
        let output = output.expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let read = |role: &&str| {
            let file = folder.path().join(role).join("onsale.toml");
            ((*role).to_owned(), settings(&std::fs::read_to_string(file).expect("a file")))
        };
        ROLES.iter().map(read).collect::<BTreeMap<_, _>>()
    };
    let made = make();
    assert_eq!(made, make(), "a second run changes nothing");
    made
}

fn run(data: &Path, settings: &[Setting], arguments: &[&str], input: &str) {
    use std::io::Write;
    let mut command = onsale(data, arguments);
    command.envs(settings.iter().cloned()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    child.stdin.take().expect("an input").write_all(input.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("the program ends");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn nine_roles_with_their_own_secrets_alone_sell_a_ticket() {
    let Some(kit) = available(Kit::temporary()) else { return };
    let Some(redis) = available(RedisCluster::start(&kit, Flavor::Redis)) else { return };
    let Some(kafka) = available(Kafka::start(&kit, 1)) else { return };
    let Some(postgres) = available(Postgres::start(&kit, PostgresVersion::V15)) else { return };
    let ledger = postgres.fresh_database("ticketing").expect("a database");
    let stores = ["--hot", &redis.url(), "--bus", &kafka.url(), "--ledger", &ledger].map(str::to_owned);
    let secrets = secrets(&stores);
    let folders: Vec<TempDir> = (0..=ROLES.len()).map(|_| tempfile::tempdir().expect("a folder")).collect();
    let (_mail_port, mail) = reserved();
    let sandbox = Server::start_sandbox_with_mail(folders[ROLES.len()].path(), mail);
    let sandbox_url = format!("http://{}", sandbox.address);
    // What the chart puts into the environment: where the roles are, and that this is no demonstration.
    let mut shared = vec![
        ("ONSALE__DEMO__ENABLED".to_owned(), "false".to_owned()),
        ("ONSALE__SANDBOX__URL".to_owned(), sandbox_url.clone()),
        ("ONSALE__USER__SMTP__URL".to_owned(), format!("smtp://{mail}")),
    ];
    let ports: Vec<_> = ROLES.iter().map(|_| reserved()).collect();
    for (role, (_, address)) in ROLES.iter().zip(&ports) {
        for (section, is_set) in [
            ("GATEWAY", !matches!(*role, "issuer" | "gateway")),
            ("INTERNAL", !matches!(*role, "issuer" | "gateway" | "user")),
        ] {
            let variable = format!("ONSALE__{section}__URL__{}", role.to_uppercase());
            shared.extend(is_set.then(|| (variable, format!("http://{address}"))));
        }
    }
    let of = |role: &str| {
        let mut settings = [shared.clone(), secrets[role].clone()].concat();
        // As the chart does for roles without a database: else they would count as keeping rows in a folder of theirs.
        if !settings.iter().any(|(name, _)| name == "ONSALE__LEDGER__URL") {
            settings.push(("ONSALE__LEDGER__URL".to_owned(), "postgres://none@none.invalid/none".to_owned()));
        }
        settings
    };
    run(folders[0].path(), &of("migrate"), &["migrate"], "");
    let make = ["admin", "create-user", "--email", ADMIN, "--role", "ADMIN"];
    run(folders[0].path(), &of("user"), &make, &format!("{PASSWORD}\n"));
    let numbers: Vec<u16> = ports.iter().map(|(_, address)| address.port()).collect();
    let start = |(place, role): (usize, &&str)| {
        let settings = of(role);
        let settings: Vec<_> = settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Server::start_role_on(role, numbers[place], folders[place].path(), &settings)
    };
    let servers: Vec<Server> = ROLES.iter().enumerate().map(start).collect();
    for (role, server) in ROLES.iter().zip(&servers) {
        wait_until(&format!("{role} is ready"), || server.client().get("/health/ready").status == 200);
    }
    let gateway = servers.last().expect("the gateway");
    let Some(edge) = Edge::before_one(gateway.address, &[]) else { return };
    let base = format!("http://{}", edge.address);
    let walk = Command::new("bash").arg(WALK).args([&base, ADMIN, PASSWORD, &sandbox_url]).output().expect("bash runs");
    let told = format!("{}{}", String::from_utf8_lossy(&walk.stdout), String::from_utf8_lossy(&walk.stderr));
    assert!(walk.status.success() && told.contains("the walk is done"), "{told}");
}

#[test]
fn a_role_has_nothing_of_another() {
    let mut of_kubernetes =
        secrets(&["--hot", "redis://h:1", "--bus", "kafka://k:1", "--ledger", "postgres://u:p@d/t"].map(str::to_owned));
    let migrate = of_kubernetes.remove("migrate").expect("the job's");
    assert_eq!(migrate.len(), 1, "tables alone");
    for (script, secrets) in [(SCRIPT, of_kubernetes), (MAKE, secrets_of_compose())] {
        assert_eq!(secrets.len(), ROLES.len(), "{script}");
        // Of a setting, or of anything in a section.
        let holders = |of: &str| -> Vec<&str> {
            let is = |name: &str| name == of || (of.ends_with("__") && name.starts_with(of));
            let has = |settings: &[Setting]| settings.iter().any(|(name, _)| is(name));
            secrets.iter().filter(|(_, settings)| has(settings)).map(|(role, _)| role.as_str()).collect()
        };
        assert_eq!(holders("ONSALE__AUTH__"), ["gateway", "user"], "{script}");
        assert_eq!(holders("ONSALE__USER__"), ["user"], "{script}");
        assert_eq!(holders("ONSALE__RESERVATION__"), ["reservation"], "{script}");
        // The queue role asks challenges and shows the key of receipts; the gate role checks answers and signs receipts.
        for key in ["COOKIE_KEY", "RECEIPT_KEY"] {
            assert_eq!(holders(&format!("ONSALE__QUEUE__{key}")), ["gate", "queue"], "{key}: {script}");
        }
        // Whoever holds the key of a role may speak as that role.
        for (caller, callees) in CALLS {
            let mut may = [&[caller][..], callees].concat();
            may.sort_unstable();
            let key = format!("ONSALE__INTERNAL__KEY__{}", caller.to_uppercase());
            assert_eq!(holders(&key), may, "{caller}: {script}");
        }
        let rows = ["catalog", "coupon", "gate", "issuer", "payment", "reservation", "user"];
        assert_eq!(holders("ONSALE__LEDGER__"), rows, "{script}");
    }
}
