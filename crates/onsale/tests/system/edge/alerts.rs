//! The rules of `deploy/prometheus` (FCFS-013).

use crate::edge::prometheus::{RULES, source, with_promtool};
use std::collections::BTreeSet;
use std::path::Path;

/// The tests of the rules.
const TESTS: [&str; 2] = ["alerts_test.yml", "business_test.yml"];

#[test]
fn promtool_accepts_the_configuration() {
    with_promtool(&["check", "config", "prometheus.yml"]);
}

#[test]
fn promtool_accepts_the_rules() {
    with_promtool(&[&["check", "rules"][..], &RULES].concat());
}

#[test]
fn alerts_fire_only_when_they_should() {
    with_promtool(&[&["test", "rules"][..], &TESTS].concat());
}

/// All files of these.
fn text_of(files: [&str; 2]) -> String {
    files.map(|file| std::fs::read_to_string(source().join(file)).expect("the file is there")).concat()
}

/// The name after `begin`.
fn names_after<'a>(text: &'a str, begin: &str) -> BTreeSet<&'a str> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let rests = text.split(begin).skip(1);
    rests.map(|rest| &rest[..rest.find(|character| !is_part(character)).unwrap_or(rest.len())]).collect()
}

#[test]
fn every_alert_has_a_test_that_fires_and_one_that_does_not() {
    let (rules, tests) = (text_of(RULES), text_of(TESTS));
    let alerts = names_after(&rules, "- alert: ");
    assert!(alerts.len() > 50, "{alerts:?}");
    for alert in alerts {
        let asked: Vec<&str> = tests.split(&format!("ALERTS{{alertname=\"{alert}\", ")).skip(1).collect();
        let expects_none = |rest: &&&str| rest.lines().nth(2).is_some_and(|line| line.trim() == "exp_samples: []");
        let none = asked.iter().filter(expects_none).count();
        assert!(none >= 1 && none < asked.len(), "{alert}: {} tests, {none} of them quiet", asked.len());
    }
}

#[test]
fn every_alert_names_its_severity_and_its_remedy() {
    for rule in text_of(RULES).split("- alert: ").skip(1) {
        let severities = ["page", "warning", "info"].map(|name| format!("severity: {name} }}"));
        assert!(severities.iter().any(|severity| rule.contains(severity)), "{rule}");
        for annotation in ["summary: \"", "runbook: >-", "runbook_url: ", "runbook_url_ko: "] {
            assert!(rule.contains(annotation), "{annotation} in {rule}");
        }
    }
}

/// All program text of the crates, tests and test modules included.
fn program_text(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            program_text(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            *into += &std::fs::read_to_string(&path).expect("text");
        }
    }
}

/// A rule about a metric that is not exported never fires.
#[test]
fn every_metric_in_the_rules_is_exported() {
    let mut program = String::new();
    for entry in std::fs::read_dir(source().join("../../crates")).expect("the crates").flatten() {
        program_text(&entry.path().join("src"), &mut program);
    }
    let rules = text_of(RULES);
    let figures: BTreeSet<&str> = names_after(&rules, "onsale_");
    assert!(figures.len() > 12, "{figures:?}");
    for figure in figures {
        let name = format!("onsale_{}", figure.strip_suffix("_bucket").unwrap_or(figure));
        let is_shown = program.contains(&format!("\"{name}\"")) || program.contains(&format!("# TYPE {name} "));
        assert!(is_shown, "{name} is in a rule, and nothing shows it");
    }
}
