//! The Dockerfile and the compose files name only roles, settings, files and images that there are. No YAML is read: what is asked about
//! stands in words that no other part of such a file has. Where Docker is, it reads the files as well.

use crate::commands::works;
use crate::images::STAND_INS;
use crate::workspace::root;
use anyhow::Context;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// The files.
const FILES: [&str; 3] = ["Dockerfile", "docker-compose.yml", "docker-compose.small.yml"];
/// Our own image, and the base of all stand-ins.
const OWN: [&str; 2] = ["onsale", "debian:bookworm-slim"];

/// What may be named.
struct Known {
    /// Settings, such as `http.listen`.
    settings: BTreeSet<String>,
    /// Roles with their ports.
    roles: BTreeMap<String, String>,
}

/// One sentence for each wrong name.
///
/// # Errors
/// When a file is missing.
pub fn faults() -> anyhow::Result<Vec<String>> {
    let root = root();
    let read = |path: &str| std::fs::read_to_string(root.join(path)).with_context(|| path.to_owned());
    let known = Known {
        settings: settings(&read("crates/onsale/default.toml")?),
        roles: roles(&read("crates/onsale/src/cli/role.rs")?),
    };
    let mut faults = Vec::new();
    for path in FILES {
        let text = read(path)?;
        let found = judge(&text, &known, &|file| root.join(file).exists());
        faults.extend(found.into_iter().map(|fault| format!("{path}: {fault}")));
        if path.ends_with(".yml") && has_compose() && !reads(&root.join(path)) {
            faults.push(format!("{path}: `docker compose --file {path} config` refuses it"));
        }
    }
    Ok(faults)
}

fn has_compose() -> bool {
    works(Command::new("docker").args(["compose", "version"]))
}

fn reads(path: &Path) -> bool {
    works(Command::new("docker").args(["compose", "--file"]).arg(path).args(["config", "--quiet"]))
}

/// The keys of `default.toml`, with their sections.
fn settings(text: &str) -> BTreeSet<String> {
    let mut section = "";
    let mut found = BTreeSet::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
        } else if let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            found.insert(format!("{section}.{key}"));
        }
    }
    found
}

/// The table of `role.rs`: `Coupon = "coupon" on 8086;`.
fn roles(text: &str) -> BTreeMap<String, String> {
    let rows =
        text.lines().filter_map(|line| line.trim().strip_suffix(';')?.split_once(" = \"")?.1.split_once("\" on "));
    rows.map(|(name, port)| (name.to_owned(), port.to_owned())).collect()
}

fn judge(text: &str, known: &Known, exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    let mut faults = Vec::new();
    let mut role: Option<&str> = None;
    for line in lines {
        for name in words_after(line, "ONSALE__") {
            let key = name.replace("__", ".").to_lowercase();
            if !known.settings.contains(&key) {
                faults.push(format!("there is no setting {key}"));
            }
        }
        for path in line.split(['"', ' ', ':', '[', ',']).filter_map(|word| word.strip_prefix("./")) {
            if !exists(path) {
                faults.push(format!("there is no {path}"));
            }
        }
        if let Some(image) = image(line).filter(|image| !is_known(image)) {
            faults.push(format!("the image {image} has no stand-in in xtask/src/images/stand_ins.rs"));
        }
        if let Some(served) = line.split_once("[serve, ").map(|(_, rest)| rest.split(',').next().unwrap_or(rest)) {
            if !known.roles.contains_key(served) {
                faults.push(format!("there is no role {served}"));
            }
            role = Some(served);
        }
        let port = line.split_once("ONSALE__HTTP__LISTEN: \"0.0.0.0:").and_then(|(_, rest)| rest.split('"').next());
        if let (Some(port), Some(role)) = (port, role.take_if(|_| port.is_some()))
            && known.roles.get(role).is_some_and(|usual| usual != port)
        {
            faults.push(format!("the role {role} does not listen on {port} elsewhere"));
        }
    }
    faults
}

/// The rest of each word that begins so.
fn words_after<'t>(line: &'t str, start: &'t str) -> impl Iterator<Item = &'t str> {
    let ends = |letter: char| !(letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_');
    line.split(start).skip(1).map(move |rest| rest.split(ends).next().unwrap_or(rest))
}

/// The image that a line asks for.
fn image(line: &str) -> Option<&str> {
    let line = line.trim();
    if let Some(image) = line.strip_prefix("image: ") {
        return Some(image);
    }
    line.strip_prefix("FROM ")?.split(' ').find(|word| !word.starts_with("--"))
}

fn is_known(image: &str) -> bool {
    // A stage of the same file is a plain word.
    let is_stage = !image.contains(':') && !image.contains('/');
    is_stage || OWN.contains(&image) || STAND_INS.iter().any(|stand_in| stand_in.image == image)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        Known {
            settings: settings("# text = 1\n[http]\nlisten = \"x\"\n[ledger]\ncoupon.url = \"\"\n"),
            roles: roles("    /// Decides.\n    Coupon = \"coupon\" on 8086;\n    Gate = \"gate\" on 8088;\n"),
        }
    }

    fn told(text: &str) -> Vec<String> {
        judge(text, &known(), &|path| path == "deploy/sql")
    }

    #[test]
    fn what_there_is_may_be_named() {
        let good = "FROM --platform=$BUILDPLATFORM rust:1.95-slim-bookworm AS tools\nFROM tools AS program\n    image: redis:7.2\n\
                    \x20   # ONSALE__NO__SUCH and ./nowhere are only talked about\n    command: [serve, gate, --config, x]\n\
                    \x20   environment: { ONSALE__HTTP__LISTEN: \"0.0.0.0:8088\" }\n    ONSALE__LEDGER__COUPON__URL: x\n    volumes: [\"./deploy/sql:/x:ro\"]\n";
        assert_eq!(told(good), Vec::<String>::new());
    }

    #[test]
    fn what_there_is_not_is_named() {
        for (wrong, word) in [
            ("  ONSALE__HTTP__LISTENS: x", "http.listens"),
            ("  - ./deploy/nowhere:/x:ro", "deploy/nowhere"),
            ("  image: memcached:1", "memcached:1"),
            ("  command: [serve, cupon]", "cupon"),
            ("  command: [serve, coupon, --config, x]\n  e: { ONSALE__HTTP__LISTEN: \"0.0.0.0:8088\" }", "8088"),
        ] {
            let told = told(wrong);
            assert!(told.len() == 1 && told[0].contains(word), "{wrong}: {told:?}");
        }
    }

    #[test]
    fn the_files_of_this_workspace_are_right() {
        assert_eq!(faults().expect("they are read"), Vec::<String>::new());
    }
}
