//! The dashboards of `deploy/grafana` as files: what Grafana would take and show wrongly, or not at all. Whether a query has
//! data is asked of a real Prometheus (`tests/system/dashboards.rs`).

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const NAMES: [&str; 7] = ["coupons", "edge", "engines", "evening", "lines", "money", "tickets"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn dashboard(name: &str) -> Value {
    serde_json::from_str(&text(&format!("deploy/grafana/dashboards/{name}.json"))).expect("JSON")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// The panels of a dashboard that show something.
fn panels(dashboard: &Value) -> Vec<&Value> {
    list(&dashboard["panels"]).iter().filter(|panel| panel["type"] != "row").collect()
}

/// The names of our metrics in a text, without the endings of histograms.
pub fn metrics_in(text: &str) -> BTreeSet<String> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let rests = text.match_indices("onsale_").map(|(at, _)| &text[at..]);
    let names = rests.map(|rest| &rest[..rest.find(|character| !is_part(character)).unwrap_or(rest.len())]);
    let plain = |name: &str| {
        let ending = ["_bucket", "_sum", "_count"].into_iter().find_map(|ending| name.strip_suffix(ending));
        ending.unwrap_or(name).to_owned()
    };
    names.map(plain).collect()
}

/// The metrics that a guide explains.
pub fn explained(guide: &str) -> BTreeSet<String> {
    let text = text(guide);
    let named = text.split('`').filter(|word| word.starts_with("onsale_"));
    named.map(|word| word.split('{').next().unwrap_or(word).to_owned()).collect()
}

#[test]
fn the_folder_has_these_dashboards_and_its_page_names_them() {
    let folder = std::fs::read_dir(root().join("deploy/grafana/dashboards")).expect("the folder");
    let mut files: Vec<String> = folder.flatten().map(|file| file.file_name().to_string_lossy().into_owned()).collect();
    files.sort();
    assert_eq!(files, NAMES.map(|name| format!("{name}.json")));
    let page = text("deploy/grafana/README.md");
    for name in NAMES {
        assert!(page.contains(&format!("[{name}](dashboards/{name}.json)")), "{name}");
    }
}

#[test]
fn each_dashboard_is_found_by_a_name_of_its_own_and_asks_the_chosen_prometheus() {
    let mut titles = BTreeSet::new();
    for name in NAMES {
        let dashboard = dashboard(name);
        assert_eq!(dashboard["uid"], format!("onsale-{name}"));
        assert!(titles.insert(word(&dashboard, "title").to_owned()), "{name}: the title");
        assert_eq!(dashboard["tags"], serde_json::json!(["onsale"]), "{name}: the links go by it");
        let variable = &dashboard["templating"]["list"][0];
        assert_eq!((word(variable, "name"), word(variable, "type")), ("datasource", "datasource"), "{name}");
        assert!(dashboard["schemaVersion"].as_i64().is_some_and(|version| version >= 36), "{name}");
        for panel in panels(&dashboard) {
            for asked in list(&panel["targets"]).iter().chain([panel]) {
                assert_eq!(asked["datasource"]["uid"], "${datasource}", "{name}: {}", panel["title"]);
            }
        }
    }
}

#[test]
fn each_panel_has_a_title_a_sentence_a_unit_and_queries() {
    for name in NAMES {
        let dashboard = dashboard(name);
        let (mut ids, mut titles) = (BTreeSet::new(), BTreeSet::new());
        for panel in list(&dashboard["panels"]) {
            assert!(ids.insert(panel["id"].as_i64().expect("an id")), "{name}: two panels {}", panel["id"]);
            assert!(!word(panel, "title").is_empty(), "{name}: {panel}");
        }
        let panels = panels(&dashboard);
        assert!(panels.len() >= 10, "{name}");
        for panel in panels {
            let title = word(panel, "title");
            assert!(titles.insert(title), "{name}: two panels {title}");
            assert!(word(panel, "description").ends_with('.'), "{name}: {title} has no sentence");
            assert!(!word(&panel["fieldConfig"]["defaults"], "unit").is_empty(), "{name}: {title} has no unit");
            let targets = list(&panel["targets"]);
            assert!(!targets.is_empty(), "{name}: {title} is empty");
            let letters: BTreeSet<&str> = targets.iter().map(|target| word(target, "refId")).collect();
            assert_eq!(letters.len(), targets.len(), "{name}: {title}: letters");
            for target in targets {
                assert!(!word(target, "expr").trim().is_empty(), "{name}: {title}: an empty query");
                let is_named = targets.len() == 1 || word(target, "legendFormat") != "__auto";
                assert!(is_named, "{name}: {title}: of several queries each names its series");
            }
        }
    }
}

/// Left, right, top and bottom of a panel.
fn place(panel: &Value) -> [i64; 4] {
    let [x, y, width, height] = ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_i64().expect("a place"));
    [x, x + width, y, y + height]
}

#[test]
fn no_panel_lies_on_another() {
    for name in NAMES {
        let dashboard = dashboard(name);
        let panels = list(&dashboard["panels"]);
        for (number, panel) in panels.iter().enumerate() {
            let [left, right, top, bottom] = place(panel);
            assert!(left >= 0 && right <= 24 && right > left && bottom > top, "{name}: {}", panel["title"]);
            for other in &panels[number + 1..] {
                let [other_left, other_right, other_top, other_bottom] = place(other);
                let is_apart = right <= other_left || other_right <= left || bottom <= other_top || other_bottom <= top;
                assert!(is_apart, "{name}: {} and {}", panel["title"], other["title"]);
            }
        }
    }
}

/// Who sees a figure finds out what it means, and what is worth a row in the guides is worth a panel.
#[test]
fn dashboards_and_guides_know_the_same_metrics() {
    let asked: String = NAMES.map(|name| text(&format!("deploy/grafana/dashboards/{name}.json"))).concat();
    let asked = metrics_in(&asked);
    for guide in ["docs/guide.en.md", "docs/guide.ko.md"] {
        let explained = explained(guide);
        let unknown: Vec<&String> = asked.difference(&explained).collect();
        assert!(unknown.is_empty(), "{guide} does not explain {unknown:?}");
        let unseen: Vec<&String> = explained.difference(&asked).collect();
        assert!(unseen.is_empty(), "no dashboard shows {unseen:?} of {guide}");
    }
}

#[test]
fn what_grafana_is_given_at_its_start_names_what_is_there() {
    let source = text("deploy/grafana/provisioning/datasources/prometheus.yml");
    assert!(source.contains("type: prometheus") && source.contains("url: ${PROMETHEUS_URL}"), "{source}");
    let interval = "timeInterval: 5s";
    let scraped = text("deploy/prometheus/prometheus.yml").contains("scrape_interval: 5s");
    assert!(source.contains(interval) && scraped, "$__rate_interval follows from the interval of scrapes");
    assert!(text("deploy/grafana/provisioning/dashboards/onsale.yml").contains("path: /var/lib/grafana/dashboards"));
}
