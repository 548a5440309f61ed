//! The walls between crates: which crate of the workspace may depend on which.

use crate::commands::{cargo, output_of};
use crate::workspace::root;
use anyhow::Context;
use serde_json::Value;

/// Crates that own a part of the business. One asks another through messages or internal calls, never as a library.
const CONTEXTS: [&str; 8] = ["coupon", "queue", "account", "catalog", "reservation", "payment", "gateway", "pages"];
/// Libraries under the contexts.
const LIBRARIES: [&str; 6] = ["lines", "access", "onsale-http", "outbox", "operators", "web"];
/// Adapters to what keeps state; each can be replaced by itself.
const ENGINES: [&str; 3] = ["hot", "bus", "ledger"];
/// Crates at the bottom, and the only crates of the workspace that each may depend on.
const BOTTOM: [(&str, &[&str]); 7] = [
    ("domain", &[]),
    ("clock", &["domain"]),
    ("call", &["domain", "clock"]),
    ("cut", &[]),
    ("files", &[]),
    ("poster", &[]),
    ("launch", &[]),
];
/// The crates of the product from the bottom up: arrows run down. The program and the tools stand above all of them.
const LAYERS: [&[&str]; 8] = [
    &["domain"],
    &["clock", "cut", "files", "poster"],
    &["call"],
    &ENGINES,
    &["onsale-http"],
    &["access", "lines", "outbox", "operators", "web"],
    &CONTEXTS,
    &["lab", "launch", "sandbox", "books"],
];
/// Crates that are not part of the shipped program.
const TOOLS: [&str; 5] = ["testkit", "ledger-testkit", "simulation", "bench", "xtask"];

/// A dependency of one crate of the workspace on another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrow {
    from: String,
    to: String,
    /// Whether only tests and examples use it.
    is_dev: bool,
}

/// The dependencies between the crates of this workspace.
///
/// # Errors
/// When `cargo metadata` fails.
pub fn arrows() -> anyhow::Result<Vec<Arrow>> {
    let arguments = ["metadata", "--no-deps", "--locked", "--format-version", "1"];
    read(&output_of(cargo(&arguments).current_dir(root()))?)
}

/// The same from the text of `cargo metadata --no-deps`.
fn read(metadata: &str) -> anyhow::Result<Vec<Arrow>> {
    let metadata: Value = serde_json::from_str(metadata)?;
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    let mut arrows = Vec::new();
    for package in packages {
        let from = package["name"].as_str().context("a package without a name")?;
        // Crates of the workspace are dependencies by path.
        let inside = package["dependencies"].as_array().into_iter().flatten().filter(|one| one["path"].is_string());
        for dependency in inside {
            let to = dependency["name"].as_str().context("a dependency without a name")?;
            let is_dev = dependency["kind"] == "dev";
            arrows.push(Arrow { from: from.to_owned(), to: to.to_owned(), is_dev });
        }
    }
    Ok(arrows)
}

/// One sentence for each arrow that goes through a wall.
pub fn faults(arrows: &[Arrow]) -> Vec<String> {
    arrows.iter().filter_map(|arrow| Some(format!("{} -> {}: {}", arrow.from, arrow.to, advice(arrow)?))).collect()
}

/// Whether a wall is known for this crate. A crate in no list would have none, and nobody would notice.
fn is_listed(name: &str) -> bool {
    name == "onsale" || TOOLS.contains(&name) || LAYERS.iter().any(|crates| crates.contains(&name))
}

/// What is wrong with an arrow, and what to do; none when it is allowed.
fn advice(Arrow { from, to, is_dev }: &Arrow) -> Option<String> {
    let (from, to) = (from.as_str(), to.as_str());
    if let Some(unlisted) = [from, to].into_iter().find(|name| !is_listed(name)) {
        return Some(format!(
            "`{unlisted}` is in no list, so no wall holds for it. Add it to its list in xtask/src/check/walls.rs"
        ));
    }
    let (from_context, to_context) = (CONTEXTS.contains(&from), CONTEXTS.contains(&to));
    if from_context && to_context && from != to {
        let advice = "a context must not depend on another context, not even in tests. Send a message over the bus, \
                      call its internal API, or move what both need into `domain` or a library";
        return Some(advice.to_owned());
    }
    if *is_dev {
        return None;
    }
    if TOOLS.contains(&to) && !TOOLS.contains(&from) {
        let advice = "this would ship test code in the program. Make it a dev-dependency, or move what the program \
                      needs out of it";
        return Some(advice.to_owned());
    }
    if LIBRARIES.contains(&from) && to_context {
        return Some(format!("a library must not know a context. Let `{to}` pass in what `{from}` needs"));
    }
    if ENGINES.contains(&from) && ENGINES.contains(&to) && from != to {
        return Some("engines must not depend on each other. Join them where both are used".to_owned());
    }
    if let Some((_, allowed)) = BOTTOM.iter().find(|(name, _)| *name == from) {
        let advice = format!("`{from}` is at the bottom. Turn the dependency around, or move this code up");
        return (!allowed.contains(&to)).then_some(advice);
    }
    let layer = |name: &str| LAYERS.iter().position(|crates| crates.contains(&name));
    let points_up = matches!((layer(from), layer(to)), (Some(from), Some(to)) if from < to);
    points_up.then(|| format!("`{to}` stands above `{from}`. Turn the dependency around, or move this code down"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn faults_of(from: &str, to: &str, kind: Option<&str>) -> Vec<String> {
        let outside = json!({"name": "serde", "kind": null, "path": null});
        let dependency = json!({"name": to, "kind": kind, "path": format!("/somewhere/{to}")});
        let package = json!({"name": from, "dependencies": [outside, dependency]});
        faults(&read(&json!({"packages": [package]}).to_string()).expect("metadata"))
    }

    #[test]
    fn a_crate_in_no_list_is_refused() {
        for (from, to) in [("guest", "coupon"), ("guest", "ledger"), ("onsale", "guest")] {
            let found = faults_of(from, to, None);
            assert!(found.len() == 1 && found[0].contains("`guest` is in no list"), "{found:?}");
        }
    }

    #[test]
    fn every_wall_stops_an_arrow_and_names_it() {
        for (from, to) in [
            ("coupon", "queue"),
            ("payment", "reservation"),
            ("lines", "coupon"),
            ("access", "account"),
            ("onsale-http", "pages"),
            ("hot", "ledger"),
            ("bus", "hot"),
            ("ledger", "bus"),
            ("domain", "clock"),
            ("clock", "hot"),
            ("launch", "domain"),
            ("bus", "onsale-http"),
            ("ledger", "lines"),
            ("onsale-http", "access"),
            ("coupon", "lab"),
            ("queue", "launch"),
            ("lab", "testkit"),
            ("onsale", "bench"),
        ] {
            for kind in [None, Some("build")] {
                let found = faults_of(from, to, kind);
                assert_eq!(found.len(), 1, "{from} -> {to}");
                assert!(found[0].starts_with(&format!("{from} -> {to}: ")), "{found:?}");
            }
        }
    }

    #[test]
    fn contexts_do_not_meet_in_tests_either() {
        assert_eq!(faults_of("coupon", "queue", Some("dev")).len(), 1);
    }

    #[test]
    fn arrows_that_run_downward_pass() {
        for (from, to, kind) in [
            ("coupon", "lines", None),
            ("coupon", "hot", None),
            ("lines", "hot", None),
            ("hot", "domain", None),
            ("clock", "domain", None),
            ("onsale", "coupon", None),
            ("bench", "testkit", None),
            ("testkit", "launch", None),
            ("hot", "testkit", Some("dev")),
            ("hot", "hot", Some("dev")),
            ("domain", "testkit", Some("dev")),
        ] {
            assert_eq!(faults_of(from, to, kind), Vec::<String>::new(), "{from} -> {to}");
        }
    }
}
