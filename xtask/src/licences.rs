//! The licence of every package against the list in `deny.toml`, without any tool beside cargo.

use crate::commands::{cargo, output_of};
use crate::workspace::root;
use anyhow::{Context, bail};
use figment::Figment;
use figment::providers::{Format, Toml};
use serde_json::Value;
use spdx::{Expression, LicenseReq, Licensee, ParseMode};

/// Checks.
///
/// # Errors
/// The packages whose licence the list does not satisfy.
pub fn check() -> anyhow::Result<()> {
    let policy = Figment::from(Toml::file_exact(root().join("deny.toml")));
    let targets: Vec<String> = policy.extract_inner("graph.targets").context("deny.toml, graph.targets")?;
    let allowed: Vec<String> = policy.extract_inner("licenses.allow").context("deny.toml, licenses.allow")?;
    let allowed = allowed.iter().map(|name| Licensee::parse(name)).collect::<Result<Vec<_>, _>>();
    let allowed = allowed.context("deny.toml, licenses.allow")?;
    let packages = packages(&targets)?;
    let refused: Vec<String> = packages.iter().filter_map(|package| refusal(package, &allowed)).collect();
    if refused.is_empty() {
        println!("{} packages, all under licences that deny.toml allows", packages.len());
        return Ok(());
    }
    bail!("these packages have licences that deny.toml does not allow:\n  {}", refused.join("\n  "));
}

fn packages(targets: &[String]) -> anyhow::Result<Vec<Value>> {
    let mut command = cargo(&["metadata", "--locked", "--format-version", "1"]);
    for target in targets {
        command.args(["--filter-platform", target]);
    }
    let mut metadata: Value = serde_json::from_str(&output_of(command.current_dir(root()))?)?;
    let packages = metadata["packages"].as_array_mut().context("cargo metadata names no packages")?;
    Ok(std::mem::take(packages))
}

/// The package and its licence, if it is not allowed.
fn refusal(package: &Value, allowed: &[Licensee]) -> Option<String> {
    let licence = package["license"].as_str();
    let text = |field: &str| package[field].as_str().unwrap_or("?").to_owned();
    let named = || format!("{} {}: {}", text("name"), text("version"), licence.unwrap_or("says none"));
    let fits = |wanted: &LicenseReq| allowed.iter().any(|licensee| licensee.satisfies(wanted));
    let expression = licence.and_then(|text| Expression::parse_mode(text, ParseMode::LAX).ok());
    (!expression.is_some_and(|expression| expression.evaluate(fits))).then(named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn either_of_two_will_do_and_both_of_two_must() {
        let allowed = ["MIT", "Apache-2.0 WITH LLVM-exception"].map(|name| Licensee::parse(name).expect("known"));
        let refused = |licence: &str| refusal(&json!({"name": "a", "version": "1", "license": licence}), &allowed);
        for good in ["MIT", "MIT OR GPL-3.0-only", "MIT/Apache-2.0", "Apache-2.0 WITH LLVM-exception", "(MIT)"] {
            assert_eq!(refused(good), None, "{good}");
        }
        for bad in ["GPL-3.0-only", "MIT AND GPL-3.0-only", "Apache-2.0", "", "no licence at all"] {
            assert_eq!(refused(bad), Some(format!("a 1: {bad}")), "{bad}");
        }
        assert!(refusal(&json!({"name": "a", "version": "1", "license": null}), &allowed).is_some());
    }
}
