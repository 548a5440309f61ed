//! The temporary server of `onsale rush`: started, used, stopped, also when the load test fails.

use std::path::Path;
use std::process::Output;
use testkit::onsale::onsale;

/// Runs a small load test with `folder` as the folder of all temporary files, and keeps its data.
fn rush(folder: &Path, report: &Path) -> Output {
    let arguments = ["rush", "--users", "500", "--connections", "20", "--stock", "50", "--keep"];
    let mut command = onsale(folder, &arguments);
    command.arg("--report").arg(report).env("TMPDIR", folder).output().expect("the program starts")
}

/// Processes whose command line names the folder.
fn servers(folder: &Path) -> Vec<String> {
    let folder = folder.to_str().expect("a name in ASCII");
    let processes = std::fs::read_dir("/proc").expect("Linux").flatten();
    let commands = processes.filter_map(|process| std::fs::read_to_string(process.path().join("cmdline")).ok());
    commands.filter(|command| command.contains(folder)).collect()
}

/// Whether the data of a temporary server is in the folder.
fn has_data(folder: &Path) -> bool {
    let mut folders = std::fs::read_dir(folder).expect("ours").flatten();
    folders.any(|entry| entry.path().join("data").is_dir())
}

#[test]
fn the_server_is_started_used_and_ended() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = rush(folder.path(), &folder.path().join("report.html"));
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(has_data(folder.path()), "{output:?}");
    assert_eq!(servers(folder.path()), Vec::<String>::new());
    let figures = std::fs::read(folder.path().join("report.json")).expect("the figures");
    let report: serde_json::Value = serde_json::from_slice(&figures).expect("JSON");
    let checks = report["verdict"]["checks"].as_array().expect("checks");
    assert_eq!((report["figures"]["issued"].as_u64(), checks.len()), (Some(50), 7));
    assert!(report["processor"]["server"].is_array(), "{report}");
}

/// The place of the report is looked at before a load test of many minutes, and what somebody else wrote is not lost.
#[test]
fn a_report_that_cannot_be_written_or_would_replace_another_file_is_refused_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let other = folder.path().join("mine.json");
    std::fs::write(&other, "{\"mine\": 1}").expect("written");
    for report in ["mine.html", "mine.json", "nowhere/mine.html"] {
        let output = rush(folder.path(), &folder.path().join(report));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{report}: {said}");
        assert!(said.contains("--report"), "{report}: {said}");
        assert!(!has_data(folder.path()), "{report}: no server was started");
    }
    assert_eq!(std::fs::read_to_string(&other).expect("read"), "{\"mine\": 1}");
    assert!(!folder.path().join("mine.html").exists());
}
