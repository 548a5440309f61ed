//! Every metric that the program reports is explained in both guides.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// All `"onsale_..."` that are names of metrics in the sources below this folder.
fn collect(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            if entry.file_name().is_none_or(|name| name != "tests" && name != "target") {
                collect(&entry, names);
            }
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&entry).expect("readable");
            for part in ["counter!(", "gauge!(", "histogram!("] {
                let calls = source.split(part).skip(1).filter_map(|rest| rest.trim_start().strip_prefix("\"onsale_"));
                names.extend(calls.filter_map(|rest| Some(format!("onsale_{}", rest.split_once('"')?.0))));
            }
        }
    }
}

#[test]
fn every_metric_is_explained_in_both_guides() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut names = BTreeSet::new();
    collect(&root.join("crates"), &mut names);
    assert!(names.len() > 30, "{names:?}");
    for guide in ["docs/guide.en.md", "docs/guide.ko.md"] {
        let text = fs::read_to_string(root.join(guide)).expect("a guide");
        let explained = |name: &String| text.contains(&format!("`{name}`")) || text.contains(&format!("`{name}{{"));
        let missing: Vec<&String> = names.iter().filter(|name| !explained(name)).collect();
        assert!(missing.is_empty(), "{guide} does not explain {missing:?}");
    }
}

/// A counter that appears with its first event has no growth to alert on: all are there before anything happens.
#[test]
fn every_counter_of_the_guides_is_shown_by_a_fresh_server() {
    let world = testkit::onsale::World::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let guide = fs::read_to_string(root.join("docs/guide.en.md")).expect("a guide");
    let named = guide.split('`').filter(|word| word.starts_with("onsale_"));
    let counters: BTreeSet<&str> =
        named.map(|word| word.split('{').next().unwrap_or(word)).filter(|name| name.ends_with("_total")).collect();
    assert!(counters.len() > 20, "{counters:?}");
    // A route is counted from its first request on.
    world.anyone().get("/api/v1/coupons/status/sample_event").ok();
    testkit::onsale::wait_until("the route is counted", || {
        world.anyone().get("/metrics").text().contains(r#"route="/api/v1/coupons/status/{event_id}""#)
    });
    let shown = world.anyone().get("/metrics").text();
    let has =
        |name: &str| shown.lines().any(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{'])));
    let missing: Vec<&&str> = counters.iter().filter(|name| !has(name)).collect();
    assert!(missing.is_empty(), "{missing:?} are not in\n{shown}");
    every_metric_is_described(&shown, &guide);
}

/// Whoever reads the page of metrics needs no guide, and the guide knows all that is on it.
fn every_metric_is_described(shown: &str, guide: &str) {
    let names = shown.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let names: BTreeSet<&str> = names.collect();
    assert!(names.len() > 50, "{names:?}");
    let is_described = |name: &str| shown.contains(&format!("# HELP {name} "));
    let is_explained = |name: &str| guide.contains(&format!("`{name}`")) || guide.contains(&format!("`{name}{{"));
    let missing: Vec<&&str> = names.iter().filter(|name| !is_described(name) || !is_explained(name)).collect();
    assert!(missing.is_empty(), "{missing:?} lack a HELP text or a row of the guide");
}
