//! `cargo xtask advisories`: every dependency against the RustSec database, by cargo-deny and `deny.toml`.

use crate::check::CARGO_DENY_VERSION;
use crate::commands::{cargo, run, works};
use crate::workspace::root;
use anyhow::bail;

/// Runs the command. `offline`: with the copy of the database that an earlier run has left, such as one that was carried
/// to a machine without internet access.
///
/// # Errors
/// When an advisory is open, cargo-deny is missing, or there is no database.
pub fn check(offline: bool) -> anyhow::Result<()> {
    if !works(&mut cargo(&["deny", "--version"])) {
        bail!("cargo-deny is needed: cargo install cargo-deny --version {CARGO_DENY_VERSION} --locked");
    }
    run(cargo(&arguments(offline)).current_dir(root()))
}

fn arguments(offline: bool) -> Vec<&'static str> {
    let mut arguments = vec!["deny"];
    arguments.extend(offline.then_some("--offline"));
    arguments.extend(["check", "advisories"]);
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;
    use figment::Figment;
    use figment::providers::{Format, Toml};

    #[test]
    fn the_policy_has_advisories_and_offline_asks_nobody() {
        let policy = Figment::from(Toml::file_exact(root().join("deny.toml")));
        assert_eq!(policy.extract_inner::<String>("advisories.yanked").expect("set"), "deny");
        assert!(policy.extract_inner::<Vec<String>>("advisories.ignore").expect("set").is_empty());
        assert_eq!(arguments(true), ["deny", "--offline", "check", "advisories"]);
        assert_eq!(arguments(false), ["deny", "check", "advisories"]);
    }
}
