//! One process with all roles, and combinations of engines that do not work.

use crate::doctor::patient::Patient;
use std::net::TcpListener;
use std::path::Path;
use testkit::onsale::{Server, program, run};

#[test]
fn one_process_with_all_roles_passes() {
    let report = Patient::new(&[]).ask(&[]);
    report.is_well();
    report.is_ok(&[
        "data-folder",
        "data-owner",
        "free-space",
        "journal",
        "lines",
        "database",
        "address",
        "descriptors",
        "openness",
        "flush",
        "dead-letters",
        "demo",
        "documents",
        "proxies",
        "keys",
        "limits",
    ]);
    report.says("database", "ok", "coupon_service: takes a row", "");
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
    report.says("documents", "wrong", "/metrics", "http.management_listen");
    report.says("flush", "wrong", "before the disk flush", "hot.flush = true");
    let (status, output, _) = patient.run(&[]);
    assert_eq!(status, 1);
    assert!(output.lines().any(|line| line.starts_with("WRONG  flush ")), "{output}");
    assert!(output.contains("change: set hot.flush = true"), "{output}");
    let report = patient.ask(&["--allow", "flush", "--allow", "openness", "--allow", "documents"]);
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
    assert!(text.contains("WRONG  data-folder") && text.contains("change: name the server's folder"), "{text}");
    let few = launch::onsale(Path::new("sh"))
        .args(["-c", "ulimit -n 1000; exec \"$0\" doctor --data \"$1\""])
        .arg(program())
        .arg(tempfile::tempdir().expect("a folder").path())
        .current_dir(std::env::temp_dir())
        .output()
        .expect("starts");
    assert!(String::from_utf8_lossy(&few.stdout).contains("warn   descriptors         at most 1000"), "{few:?}");
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
    // A queue server asks; a gate server, which may be the only role of its process, checks the answer.
    for kind in ["pow", "account"] {
        let patient = Patient::new(&[("ONSALE__HOT__URL", away), ("ONSALE__QUEUE__CHALLENGE", kind)]);
        for roles in [&["gate"][..], &["queue"], &[]] {
            match kind {
                "pow" => patient.ask(roles).says("line-keys", "wrong", "challenges", "queue.cookie_key"),
                _ => patient.ask(roles).says("line-keys", "warn", "an opening draw cannot", "queue.receipt_key"),
            }
        }
        assert!(patient.ask(&["coupon"]).check("line-keys").is_none(), "it keeps no lines");
    }
    let cookies = ("ONSALE__QUEUE__COOKIE_KEY", "c7e5a0f2b91d4863a6f8e2d17b305c94");
    let receipts = ("ONSALE__QUEUE__RECEIPT_KEY", "5b0d92e7f41c8a36d0e97f1285b3c64a9e7102d8fb43a5c6071e9d2b84f60c3a");
    let report_of_receipts = Patient::new(&[("ONSALE__HOT__URL", away), receipts]).ask(&["gate"]);
    report_of_receipts.says("line-keys", "warn", "challenges", "queue.cookie_key");
    let report_of_keys = Patient::new(&[("ONSALE__HOT__URL", away), lines, cookies, receipts]).ask(&[]);
    report_of_keys.says("line-keys", "ok", "configured keys", "");
    report.says("apart", "warn", "one process", "set bus.url to a Kafka");
    assert!(report.check("journal").is_none() && report.check("flush").is_none());
    let report = Patient::new(&[("ONSALE__BUS__URL", "kafka://127.0.0.1:1")]).ask(&[]);
    report.says("kafka-brokers", "wrong", "cannot be reached", "bus.url");
    let report = Patient::new(&[("ONSALE__LEDGER__URL", "postgres://a:hunter2@127.0.0.1:1/ticketing")]).ask(&[]);
    report.says("database", "wrong", "cannot be reached", "ledger.url");
}

/// Everything that a stranger could use (each of them was once "ok").
#[test]
fn what_strangers_could_use_is_reported() {
    let public = [("ONSALE__HTTP__LISTEN", "0.0.0.0:0"), ("ONSALE__HTTP__MANAGEMENT_LISTEN", "127.0.0.1:0")];
    for (key, value, check) in [
        ("ONSALE__DEMO__ENABLED", "true", "demo"),
        ("ONSALE__HTTP__TRUSTED_PROXIES", "0.0.0.0/0", "proxies"),
        ("ONSALE__HTTP__TRUSTED_PROXIES", "::/0", "proxies"),
        ("ONSALE__LIMITS__ENABLED", "false", "limits"),
        ("ONSALE__QUEUE__COOKIE_KEY", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "keys"),
        ("ONSALE__HTTP__MANAGEMENT_LISTEN", "0.0.0.0:0", "documents"),
    ] {
        let off = ("ONSALE__DEMO__ENABLED", "false");
        let patient = Patient::new(&[&public[..], &[off, (key, value)]].concat());
        patient.ask(&[]).says(check, "wrong", "", "");
    }
    let patient = Patient::new(&[("ONSALE__HTTP__ALLOW_UNSAFE", "true")]);
    patient.ask(&[]).says("unsafe", "warn", "http.allow_unsafe", "false");
}

#[test]
fn a_folder_that_others_may_write_or_read_is_reported() {
    use std::os::unix::fs::PermissionsExt;
    let patient = Patient::new(&[]);
    let set = |mode| std::fs::set_permissions(patient.folder(), std::fs::Permissions::from_mode(mode)).expect("set");
    set(0o777);
    patient.ask(&[]).says("data-owner", "wrong", "others may write", "chmod 700");
    set(0o755);
    patient.ask(&[]).says("data-folder", "warn", "other users", "chmod 700");
    set(0o700);
    patient.ask(&[]).is_well();
}

/// A file that its user may not write: the server would start, be well, and refuse every change.
#[test]
fn a_file_that_cannot_be_written_is_reported() {
    for (file, check) in [
        ("hot.sqlite", "journal"),
        ("lines.db", "lines"),
        ("coupon_service.sqlite", "database"),
        ("bus.sqlite", "dead-letters"),
    ] {
        let patient = Patient::new(&[]);
        patient.ask(&[]).is_well();
        let path = patient.folder().join(file);
        // As for a file of another user; root may write those, so the medium itself is made read-only for it.
        let Some(_guard) = read_only(&path) else { return testkit::skip("no file can be made read-only here") };
        patient.ask(&[]).says(check, "wrong", "", "");
    }
}

/// Makes a file read-only until the value is dropped, even for root. None where that is not possible.
fn read_only(path: &Path) -> Option<ReadOnly> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o400)).expect("ours");
    if std::fs::File::options().write(true).open(path).is_err() {
        return Some(ReadOnly(None));
    }
    let made = std::process::Command::new("chattr").arg("+i").arg(path).status().is_ok_and(|status| status.success());
    made.then(|| ReadOnly(Some(path.to_owned())))
}

struct ReadOnly(Option<std::path::PathBuf>);

impl Drop for ReadOnly {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = std::process::Command::new("chattr").arg("-i").arg(path).status();
        }
    }
}
