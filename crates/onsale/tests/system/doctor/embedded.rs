//! One process with all roles, and combinations of engines that do not work.

use crate::doctor::patient::Patient;
use std::net::TcpListener;
use std::process::Command;
use testkit::onsale::{Server, program, run};

#[test]
fn one_process_with_all_roles_passes() {
    let report = Patient::new(&[]).ask(&[]);
    report.is_well();
    report.is_ok(&[
        "data-folder",
        "free-space",
        "journal",
        "lines",
        "database",
        "address",
        "descriptors",
        "openness",
        "flush",
    ]);
    report.says("database", "ok", "coupon_service: answers", "");
    report.says("apart", "ok", "all roles in one process", "");
    for absent in ["line-keys", "redis-nodes", "kafka-brokers", "clocks", "acknowledgement", "database-version"] {
        assert!(report.check(absent).is_none(), "{absent}");
    }
}

#[test]
fn findings_are_reported_and_may_be_allowed() {
    let patient = Patient::new(&[
        ("ONSALE__HOT__FLUSH", "false"),
        ("ONSALE__COUPON__OPEN_ISSUE", "true"),
        ("ONSALE__HTTP__LISTEN", "0.0.0.0:0"),
        ("ONSALE__DEMO__ENABLED", "false"),
    ]);
    let report = patient.ask(&[]);
    report.says("openness", "wrong", "without a key", "coupon.open_issue = false");
    report.says("flush", "wrong", "before the disk flush", "hot.flush = true");
    let (status, output, _) = patient.run(&[]);
    assert_eq!(status, 1);
    assert!(output.lines().any(|line| line.starts_with("WRONG  flush ")), "{output}");
    assert!(output.contains("change: set hot.flush = true"), "{output}");
    let report = patient.ask(&["--allow", "flush", "--allow", "openness"]);
    report.is_well();
    report.says("flush", "warn", "(allowed)", "hot.flush = true");
    let (status, _, errors) = patient.run(&["--allow", "flushes"]);
    assert_eq!(status, 2, "{errors}");
    assert!(errors.contains("unknown check") && errors.contains("redis-replica"), "{errors}");
}

#[test]
fn an_unfit_machine_is_reported() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let report = Patient::new(&[("ONSALE__HTTP__LISTEN", &address)]).ask(&[]);
    report.says("address", "wrong", &address, "http.listen");
    let file = tempfile::NamedTempFile::new().expect("a file");
    let output = run(file.path(), &["doctor"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("WRONG  data-folder") && text.contains("change: set data.dir"), "{text}");
    let few = Command::new("sh")
        .args(["-c", "ulimit -n 1000; exec \"$0\" doctor --data \"$1\""])
        .arg(program())
        .arg(tempfile::tempdir().expect("a folder").path())
        .current_dir(std::env::temp_dir())
        .output()
        .expect("starts");
    assert!(String::from_utf8_lossy(&few.stdout).contains("WRONG  descriptors         at most 1000"), "{few:?}");
}

#[test]
fn a_running_server_is_recognised() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path(), &[]);
    let listen = server.address.to_string();
    let mut command = testkit::onsale::onsale(folder.path(), &["doctor", "--json"]);
    let output = command.env("ONSALE__HTTP__LISTEN", &listen).output().expect("starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    assert!(text.contains("a server is running"), "{text}");
}

#[test]
fn an_unreadable_journal_of_lines_is_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("lines.db"), "this is no journal, but long enough to be taken for one")
        .expect("written");
    let output = run(folder.path(), &["doctor"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("WRONG  lines ") && text.contains("a backup of lines.db"), "{text}");
}

#[test]
fn engines_that_do_not_fit_together_are_refused() {
    let report = Patient::new(&[]).ask(&["coupon"]);
    report.says("apart", "wrong", "cannot run in a process of their own", "set hot.url to a Redis");
    let away = "redis://127.0.0.1:1";
    let report = Patient::on_redis(away, "bus").ask(&[]);
    report.says("redis-nodes", "wrong", "cannot be reached", "hot.url");
    report.says("acknowledgement", "wrong", "this bus stores nothing", "set bus.url");
    report.says("line-keys", "warn", "an opening draw cannot", "queue.receipt_key");
    let lines = ("ONSALE__QUEUE__LINES", "shop");
    let report_of_lines = Patient::new(&[("ONSALE__HOT__URL", away), lines]).ask(&[]);
    report_of_lines.says("line-keys", "wrong", "visitors' cookies", "queue.cookie_key");
    let cookies = ("ONSALE__QUEUE__COOKIE_KEY", "0123456789abcdef0123456789abcdef");
    let receipts = ("ONSALE__QUEUE__RECEIPT_KEY", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    let report_of_keys = Patient::new(&[("ONSALE__HOT__URL", away), lines, cookies, receipts]).ask(&[]);
    report_of_keys.says("line-keys", "ok", "configured keys", "");
    report.says("apart", "warn", "one process", "set bus.url to a Kafka");
    assert!(report.check("journal").is_none() && report.check("flush").is_none());
    let report = Patient::new(&[("ONSALE__BUS__URL", "kafka://127.0.0.1:1")]).ask(&[]);
    report.says("kafka-brokers", "wrong", "cannot be reached", "bus.url");
    let report = Patient::new(&[("ONSALE__LEDGER__URL", "postgres://a:hunter2@127.0.0.1:1/ticketing")]).ask(&[]);
    report.says("database", "wrong", "cannot be reached", "ledger.url");
}
