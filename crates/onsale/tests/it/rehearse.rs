//! `onsale rehearse`: an evening in small, its certificate, and what becomes of one that somebody has changed (OPS-001).

use std::path::Path;
use std::process::Output;
use testkit::onsale::onsale;

fn run(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = onsale(folder, arguments);
    command.envs(environment.iter().copied()).env("TMPDIR", folder).output().expect("the program starts")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn an_evening_is_rehearsed_and_its_certificate_cannot_be_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("evening.html");
    let out = page.to_str().expect("ASCII");
    let small = [
        ("ONSALE__REHEARSAL__CONNECTIONS", "20"),
        ("ONSALE__REHEARSAL__COUPONS", "30"),
        ("ONSALE__REHEARSAL__ADMIT_PER_SECOND", "0"),
        ("ONSALE__REHEARSAL__SEATS", "0"),
        ("ONSALE__REHEARSAL__P99_MS", "600000"),
    ];
    let rehearse = ["rehearse", "--people", "200", "--out", out];
    let output = run(folder.path(), &rehearse, &small);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("A whole sale of tickets"), "what is left out is said: {}", said(&output));
    for file in ["evening.html", "evening.json", "evening-coupons.html", "evening-coupons.json"] {
        assert!(folder.path().join(file).exists(), "{file}");
    }
    let again = run(folder.path(), &rehearse, &small);
    assert_eq!(again.status.code(), Some(2), "a certificate is not written over: {}", said(&again));

    let data = folder.path().join("evening.json");
    let verify = ["rehearse", "verify", data.to_str().expect("ASCII")];
    let output = run(folder.path(), &verify, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("genuine"), "{}", said(&output));

    let written = std::fs::read_to_string(&data).expect("read");
    let other = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let of_another = run(folder.path(), &[&verify[..], &["--public-key", other]].concat(), &[]);
    assert_eq!(of_another.status.code(), Some(1), "{}", said(&of_another));
    std::fs::write(&data, written.replacen("\"people\": 200", "\"people\": 200000", 1)).expect("written");
    let changed = run(folder.path(), &verify, &[]);
    assert_eq!(changed.status.code(), Some(1), "{}", said(&changed));
    assert!(said(&changed).contains("NOT genuine"), "{}", said(&changed));
}
