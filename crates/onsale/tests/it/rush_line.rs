//! `onsale rush` at waiting lines, on a temporary server and on a running one.

use serde_json::Value;
use std::path::Path;
use testkit::onsale::{World, onsale, run};

/// Runs a small rush, and returns its report.
fn rush(folder: &Path, arguments: &[&str]) -> Value {
    let report = folder.join("report.html");
    let common = ["rush", "--connections", "32", "--users", "400", "--stock", "60", "--poll-ms", "200"];
    let mut command = onsale(folder, &[&common, arguments].concat());
    let output = command.arg("--report").arg(&report).output().expect("the program starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let page = std::fs::read_to_string(&report).expect("the page");
    assert!(page.contains("Ranks over time") && !page.contains("NaN"), "the page shows the line");
    let figures = std::fs::read(report.with_extension("json")).expect("the figures");
    serde_json::from_slice(&figures).expect("JSON")
}

/// Asserts that no check failed. Skipped checks, which occur on a busy machine, are accepted.
#[track_caller]
fn no_check_failed(report: &Value, count: usize) {
    let checks = report["verdict"]["checks"].as_array().expect("checks");
    assert_eq!(checks.len(), count, "{checks:?}");
    for check in checks {
        assert_ne!(check["status"], "failed", "{check}");
    }
    assert_eq!((&report["figures"]["issued"], &report["figures"]["unanswered"]), (&60.into(), &0.into()));
    // Users that arrive after the campaign is sold out do not enter the line.
    assert!(report["line"]["entered"].as_u64().is_some_and(|entered| (60..=400).contains(&entered)));
}

#[test]
fn a_rush_runs_at_a_gate_of_its_own_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let report = rush(folder.path(), &["--gate", "--admit", "400"]);
    no_check_failed(&report, 14);
    assert_eq!(report["line"]["rate_per_second"], 400);
}

#[test]
fn a_rush_runs_with_streams_at_an_existing_line() {
    let world = World::new();
    let url = format!("http://{}", world.server.address);
    let folder = tempfile::tempdir().expect("a folder");
    let to = ["--url", &url, "--key", &world.admin_key];
    let line = ["--line", "gate:followed", "--admit", "400", "--stream-percent", "25"];
    let report = rush(folder.path(), &[&to[..], &line].concat());
    no_check_failed(&report, 15);
    assert_eq!((&report["line"]["streams"], &report["line"]["by_document"]), (&100.into(), &true.into()));
}

#[test]
fn invalid_options_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for (arguments, status) in [
        (&["rush", "--line", "nonsense"][..], 2),
        (&["rush", "--line", "gate:a", "--campaign", "b"], 2),
        (&["rush", "--gate", "--stream-percent", "5"], 2),
        (&["rush", "--gate", "--poll-ms", "1"], 2),
        (&["rush", "--gate", "--leave-percent", "101"], 2),
    ] {
        assert_eq!(run(folder.path(), arguments).status.code(), Some(status), "{arguments:?}");
    }
}
