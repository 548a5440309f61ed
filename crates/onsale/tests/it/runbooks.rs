//! A runbook in both languages for each alert of `deploy/prometheus`, found by its annotations.

use crate::dashboards::{explained, metrics_in};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A language, and the headings of its runbooks: what it means, what to look at, what to do, when it is over.
const LANGUAGES: [(&str, [&str; 4]); 2] = [
    ("en", ["## What it means", "## What to look at", "## What to do", "## It is over when"]),
    ("ko", ["## 무슨 뜻인가", "## 무엇을 볼까", "## 무엇을 할까", "## 언제 끝나는가"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn rules() -> String {
    ["alerts", "business"].map(|name| text(&format!("deploy/prometheus/{name}.yml"))).concat()
}

/// Each alert with what stands of it.
fn alerts(rules: &str) -> Vec<(&str, &str)> {
    let alerts = rules.split("- alert: ").skip(1);
    alerts.filter_map(|alert| alert.split_once('\n').map(|(name, rest)| (name.trim(), rest))).collect()
}

#[test]
fn each_alert_leads_to_its_runbook_in_both_languages() {
    let rules = rules();
    let alerts = alerts(&rules);
    assert!(alerts.len() > 50, "{}", alerts.len());
    for (name, rest) in alerts {
        let own = rest.split("- record: ").next().unwrap_or(rest);
        for (language, annotation) in [("en", "runbook_url"), ("ko", "runbook_url_ko")] {
            let line = format!("{annotation}: docs/runbooks/{language}/{name}.md");
            assert!(own.lines().any(|one| one.trim() == line), "{name} lacks {line}");
        }
    }
}

#[test]
fn each_runbook_says_what_it_means_what_to_do_and_when_it_is_over() {
    for (name, rest) in alerts(&rules()) {
        let severity = rest.split("severity: ").nth(1).and_then(|rest| rest.split(' ').next()).expect("a severity");
        for (language, headings) in LANGUAGES {
            let path = format!("docs/runbooks/{language}/{name}.md");
            let page = text(&path);
            assert!(page.starts_with(&format!("# {name}\n\n`{severity}`")), "{path}: its name and severity come first");
            let found: Vec<&str> = page.lines().filter(|line| line.starts_with("## ")).collect();
            assert_eq!(found, headings, "{path}");
            for section in page.split("\n## ").skip(1) {
                let said = section.split_once('\n').map_or("", |(_, said)| said.trim());
                assert!(said.chars().count() >= 12, "{path}: {section}");
            }
            // The page in the other language is named in its own words.
            let korean = page.chars().filter(|character| ('가'..='힣').contains(character)).count();
            assert_eq!(korean > 50, language == "ko", "{path}: its language");
        }
    }
}

#[test]
fn no_runbook_is_left_over_and_the_pages_that_list_them_are_whole() {
    let rules = rules();
    let names: BTreeSet<String> = alerts(&rules).iter().map(|(name, _)| format!("{name}.md")).collect();
    for (language, _) in LANGUAGES {
        let folder = std::fs::read_dir(root().join(format!("docs/runbooks/{language}"))).expect("the folder");
        let files: BTreeSet<String> =
            folder.flatten().map(|file| file.file_name().to_string_lossy().into_owned()).collect();
        let page = text(&format!("docs/runbooks/{language}/README.md"));
        let all: BTreeSet<String> = names.iter().cloned().chain(["README.md".to_owned()]).collect();
        assert_eq!(files, all, "{language}");
        for name in &names {
            assert!(page.contains(&format!("({name})")), "{language}/README.md does not list {name}");
        }
    }
}

#[test]
fn every_metric_in_rules_and_runbooks_is_explained_in_both_guides() {
    let mut all = rules();
    for (name, _) in alerts(&rules()) {
        all += &LANGUAGES.map(|(language, _)| text(&format!("docs/runbooks/{language}/{name}.md"))).concat();
    }
    let named = metrics_in(&all);
    assert!(named.len() > 40, "{named:?}");
    for guide in ["docs/guide.en.md", "docs/guide.ko.md"] {
        let explained = explained(guide);
        let unknown: Vec<&String> = named.difference(&explained).collect();
        assert!(unknown.is_empty(), "{guide} does not explain {unknown:?}");
    }
}
