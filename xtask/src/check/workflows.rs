//! The workflows of the hosts of repositories: foreign code by its commit, an end to every job, and only versions that stand elsewhere, too.
//! No YAML is read: what is asked about stands in words that no other part of such a file has.

use super::CARGO_DENY_VERSION;
use crate::workspace::root;
use anyhow::Context;
use std::fs;

const FILES: [&str; 3] = [".github/workflows/check.yml", ".github/workflows/release.yml", ".gitlab-ci.yml"];
/// What a change must pass is one script, wherever it is run.
const CHECKS: [&str; 2] = [".github/workflows/check.yml", ".gitlab-ci.yml"];

/// One sentence for each fault.
///
/// # Errors
/// When a file is missing.
pub fn faults() -> anyhow::Result<Vec<String>> {
    let mut faults = Vec::new();
    for path in FILES {
        let text = fs::read_to_string(root().join(path)).with_context(|| path.to_owned())?;
        let mut found = judge(&text);
        if CHECKS.contains(&path) && !text.contains("bash .ci/run") {
            found.push("it does not run .ci/run".to_owned());
        }
        faults.extend(found.into_iter().map(|fault| format!("{path}: {fault}")));
    }
    Ok(faults)
}

fn judge(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for line in text.lines().map(str::trim) {
        let line = line.trim_start_matches("- ");
        if let Some(action) = line.strip_prefix("uses: ").filter(|action| !is_pinned(action)) {
            faults.push(format!("{action} is not named by its commit"));
        }
        let version = line.split_once("cargo-deny --version ").map(|(_, rest)| rest.split(' ').next().unwrap_or(rest));
        if let Some(version) = version.filter(|version| *version != CARGO_DENY_VERSION) {
            faults.push(format!("cargo-deny {version}, but deny.toml is written for {CARGO_DENY_VERSION}"));
        }
    }
    let count = |beginning: &str| text.lines().filter(|line| line.trim().starts_with(beginning)).count();
    if count("runs-on: ") != count("timeout-minutes: ") {
        faults.push("a job has no `timeout-minutes`".to_owned());
    }
    if count("runs-on: ") > 0 && !text.contains("\npermissions:\n  contents: read\n") {
        faults.push("its jobs may more than read".to_owned());
    }
    faults
}

/// `owner/name@` and forty digits of a commit: a tag can be moved.
fn is_pinned(action: &str) -> bool {
    let commit = action.split_once('@').and_then(|(_, rest)| rest.split(' ').next()).unwrap_or_default();
    commit.len() == 40 && commit.bytes().all(|digit| digit.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "permissions:\n  contents: read\n";

    #[test]
    fn what_can_change_under_us_is_a_fault() {
        let told = |text: &str| judge(&format!("name: a\n{GOOD}{text}"));
        assert_eq!(told("- uses: a/b@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2\n"), Vec::<String>::new());
        for (wrong, word) in [
            ("- uses: a/b@v4\n", "a/b@v4"),
            ("- run: cargo install cargo-deny --version 0.1.0 --locked\n", "0.1.0"),
            ("  runs-on: here\n", "timeout-minutes"),
        ] {
            let told = told(wrong);
            assert!(told.len() == 1 && told[0].contains(word), "{wrong}: {told:?}");
        }
        assert!(judge("name: a\n  runs-on: here\n  timeout-minutes: 5\n")[0].contains("more than read"));
    }

    #[test]
    fn the_files_of_this_workspace_are_right() {
        assert_eq!(faults().expect("they are read"), Vec::<String>::new());
    }
}
