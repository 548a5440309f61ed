//! The packages that a program is made of, from `cargo metadata` and `Cargo.lock`.

use crate::commands::{cargo, output_of};
use crate::workspace::root;
use anyhow::Context;
use figment::Figment;
use figment::providers::{Format, Toml};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The package of the program.
const PROGRAM: &str = "onsale";

/// One package.
pub struct Part {
    pub name: String,
    pub version: String,
    /// As its manifest writes it; none of another kind than our own is without (`cargo xtask check`).
    pub licence: String,
    pub repository: Option<String>,
    /// Its sources.
    pub folder: PathBuf,
    /// SHA-256 of what the registry gave; none of ours.
    pub checksum: Option<String>,
    /// Whether its code is in the program; else it helped to build it.
    pub is_inside: bool,
    /// What it needs: places in the list.
    pub needs: Vec<usize>,
}

impl Part {
    /// Whether it is the program itself.
    pub fn is_program(&self) -> bool {
        self.checksum.is_none() && self.name == PROGRAM
    }

    /// Whether it is of this workspace.
    pub fn is_ours(&self) -> bool {
        self.checksum.is_none()
    }
}

/// Everything that the program is made of or built with, on this target, by name and version.
///
/// # Errors
/// When cargo does not say.
pub fn of(target: &str) -> anyhow::Result<Vec<Part>> {
    let arguments = ["metadata", "--locked", "--format-version", "1", "--filter-platform", target];
    let metadata: Value = serde_json::from_str(&output_of(cargo(&arguments).current_dir(root()))?)?;
    let parts = read(&metadata, &checksums(&root().join("Cargo.lock"))?, Some(&used(target)?));
    let parts = parts.context("cargo metadata says too little")?;
    let inside = parts.iter().filter(|part| part.is_inside && !part.is_ours()).count();
    let tools = parts.iter().filter(|part| !part.is_inside).count();
    println!("{inside} packages of others are in the program, {tools} more helped to build it");
    Ok(parts)
}

/// Names and versions of what a build of the program compiles. `cargo metadata` also has what only features of tests need.
fn used(target: &str) -> anyhow::Result<Used> {
    let words =
        ["tree", "--locked", "--package", PROGRAM, "--edges", "normal,build", "--prefix", "none", "--target", target];
    let tree = output_of(cargo(&words).current_dir(root()))?;
    let line = |line: &str| {
        let mut words = line.split(' ');
        Some((words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned()))
    };
    Ok(tree.lines().filter_map(line).collect())
}

type Used = BTreeSet<(String, String)>;

type Checksums = BTreeMap<(String, String), String>;

fn checksums(lock: &Path) -> anyhow::Result<Checksums> {
    let packages: Vec<Value> = Figment::from(Toml::file_exact(lock)).extract_inner("package").context("Cargo.lock")?;
    let text = |package: &Value, key: &str| package[key].as_str().map(str::to_owned);
    let rows = packages
        .iter()
        .filter_map(|package| Some(((text(package, "name")?, text(package, "version")?), text(package, "checksum")?)));
    Ok(rows.collect())
}

/// Which packages are reached from the program, and how.
struct Reached<'m> {
    nodes: BTreeMap<&'m str, &'m Value>,
    packages: BTreeMap<&'m str, &'m Value>,
    inside: BTreeSet<&'m str>,
    all: BTreeSet<&'m str>,
    /// What there may be; none: everything.
    used: Option<&'m Used>,
}

impl<'m> Reached<'m> {
    fn is_used(&self, id: &str) -> bool {
        let text = |key: &str| self.packages.get(id).and_then(|package| package[key].as_str()).unwrap_or_default();
        self.used.is_none_or(|used| used.contains(&(text("name").to_owned(), text("version").to_owned())))
    }

    fn visit(&mut self, id: &'m str, is_inside: bool) -> Option<()> {
        if !self.is_used(id) {
            return Some(());
        }
        let is_new = self.all.insert(id);
        if !(is_new || is_inside && !self.inside.contains(id)) {
            return Some(());
        }
        if is_inside {
            self.inside.insert(id);
        }
        let node = self.nodes.get(id).copied()?;
        for need in node["deps"].as_array()? {
            let kinds: Vec<Option<&str>> =
                need["dep_kinds"].as_array()?.iter().map(|kind| kind["kind"].as_str()).collect();
            let package = need["pkg"].as_str()?;
            if kinds.contains(&None) {
                // A macro runs in the compiler: neither it nor what it needs is in the program.
                self.visit(package, is_inside && !is_macro(self.packages.get(package)?))?;
            } else if kinds.contains(&Some("build")) {
                self.visit(package, false)?;
            }
        }
        Some(())
    }
}

fn is_macro(package: &Value) -> bool {
    let mut targets = package["targets"].as_array().into_iter().flatten();
    targets.any(|target| target["kind"].as_array().is_some_and(|kinds| kinds.contains(&"proc-macro".into())))
}

fn read(metadata: &Value, checksums: &Checksums, used: Option<&Used>) -> Option<Vec<Part>> {
    let by_id = |list: &Value| -> Option<BTreeMap<String, Value>> {
        list.as_array()?.iter().map(|item| Some((item["id"].as_str()?.to_owned(), item.clone()))).collect()
    };
    let (packages, nodes) = (by_id(&metadata["packages"])?, by_id(&metadata["resolve"]["nodes"])?);
    let is_program = |package: &Value| package["name"] == PROGRAM && package["source"].is_null();
    let program = packages.iter().find(|(_, package)| is_program(package))?.0.as_str();
    let mut reached = Reached {
        nodes: nodes.iter().map(|(id, node)| (id.as_str(), node)).collect(),
        packages: packages.iter().map(|(id, package)| (id.as_str(), package)).collect(),
        inside: BTreeSet::new(),
        all: BTreeSet::new(),
        used,
    };
    reached.visit(program, true)?;
    let mut ids: Vec<&str> = reached.all.iter().copied().collect();
    let text = |id: &str, key: &str| packages.get(id).and_then(|package| package[key].as_str()).unwrap_or_default();
    ids.sort_by_key(|id| (text(id, "name"), text(id, "version"), *id));
    let place = |wanted: &str| ids.iter().position(|id| *id == wanted);
    ids.iter()
        .map(|id| {
            let (name, version) = (text(id, "name").to_owned(), text(id, "version").to_owned());
            let needs = nodes.get(*id)?["deps"].as_array()?;
            Some(Part {
                checksum: checksums.get(&(name.clone(), version.clone())).cloned(),
                licence: text(id, "license").to_owned(),
                repository: Some(text(id, "repository").to_owned()).filter(|text| !text.is_empty()),
                folder: Path::new(text(id, "manifest_path")).parent()?.to_owned(),
                is_inside: reached.inside.contains(id),
                needs: needs.iter().filter_map(|need| place(need["pkg"].as_str()?)).collect(),
                name,
                version,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn package(name: &str, kind: &str, source: Option<&str>) -> Value {
        json!({"id": name, "name": name, "version": "1.0.0", "license": "MIT", "source": source,
            "manifest_path": format!("/{name}/Cargo.toml"), "targets": [{"kind": [kind]}]})
    }

    fn node(name: &str, needs: &[(&str, Option<&str>)]) -> Value {
        let needs: Vec<Value> =
            needs.iter().map(|(name, kind)| json!({"pkg": name, "dep_kinds": [{"kind": kind}]})).collect();
        json!({"id": name, "deps": needs})
    }

    #[test]
    fn what_only_builds_or_tests_is_not_inside() {
        let names = [
            ("onsale", "bin"),
            ("lib", "lib"),
            ("macro", "proc-macro"),
            ("syn", "lib"),
            ("cc", "lib"),
            ("test", "lib"),
            ("both", "lib"),
        ];
        let source = |name: &str| (name != "onsale").then_some("registry");
        let packages: Vec<Value> = names.iter().map(|(name, kind)| package(name, kind, source(name))).collect();
        let nodes = json!([
            node("onsale", &[("lib", None), ("macro", None), ("cc", Some("build")), ("test", Some("dev"))]),
            node("lib", &[("both", None)]),
            node("macro", &[("syn", None)]),
            node("syn", &[("both", None)]),
            node("cc", &[]),
            node("test", &[]),
            node("both", &[]),
        ]);
        let checksums = names[1..].iter().map(|(name, _)| (((*name).to_owned(), "1.0.0".to_owned()), "c0".to_owned()));
        let metadata = json!({"packages": packages, "resolve": {"nodes": nodes}});
        let parts = read(&metadata, &checksums.collect(), None).expect("read");
        let named = |is_inside: bool| -> Vec<&str> {
            parts.iter().filter(|part| part.is_inside == is_inside).map(|part| part.name.as_str()).collect()
        };
        assert_eq!(named(true), ["both", "lib", "onsale"]);
        assert_eq!(named(false), ["cc", "macro", "syn"], "`test` is not there at all");
        let program = parts.iter().find(|part| part.is_program()).expect("the program");
        let needs: Vec<&str> = program.needs.iter().map(|place| parts[*place].name.as_str()).collect();
        assert_eq!(needs, ["lib", "macro", "cc"]);
    }

    #[test]
    fn the_program_of_this_workspace_has_its_parts() {
        let parts = of("x86_64-unknown-linux-gnu").expect("cargo says");
        let inside = |name: &str| parts.iter().find(|part| part.name == name).map(|part| part.is_inside);
        assert_eq!(inside("rusqlite"), Some(true));
        assert_eq!(inside("syn"), Some(false), "a tool of macros");
        assert_eq!(inside("testkit"), None, "tests are no part");
        assert_eq!(inside("proptest"), None, "nor what a feature of tests needs");
        let bare = parts.iter().find(|part| part.is_inside && !part.is_ours() && part.licence.is_empty());
        assert!(bare.is_none(), "{}", bare.map_or("", |part| &part.name));
    }
}
