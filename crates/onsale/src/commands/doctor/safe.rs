//! Checks of what a stranger could do: the same that `onsale serve` refuses to start with, and a few that it allows.

use super::finding::Finding;
use crate::config::Config;
use crate::safety::{self, Fault};

/// The checks, with what each says when nothing is wrong.
const CHECKS: [(&str, &str); 5] = [
    ("demo", "no demonstration on an address that others reach"),
    ("openness", "coupons are issued with a key, or on loopback only"),
    ("documents", "metrics and documents are not public"),
    ("proxies", "no proxy list that includes everybody"),
    ("keys", "no key that can be guessed"),
];

/// Runs all checks but those of the data folder.
pub(super) fn examine(config: &Config) -> Vec<Finding> {
    let (faults, warnings) = (safety::faults(config), safety::warnings(config));
    let mut findings = Vec::new();
    for (name, well) in CHECKS {
        let wrong: Vec<Finding> = faults.iter().filter(|fault| fault.check == name).map(wrong).collect();
        let open = warnings.iter().filter(|fault| fault.check == name).map(warning);
        let found: Vec<Finding> = wrong.into_iter().chain(open).collect();
        if found.is_empty() { findings.push(Finding::ok(name, well)) } else { findings.extend(found) }
    }
    findings.push(limits(config));
    findings.extend(unsafe_start(config));
    findings
}

/// Checks who else may write the data folder. Empty: nobody.
pub(super) fn folder(config: &Config) -> Vec<Finding> {
    safety::folder_faults(config).iter().map(wrong).collect()
}

fn wrong(fault: &Fault) -> Finding {
    Finding::wrong(fault.check, fault.what.clone(), fault.change.clone())
}

fn warning(fault: &Fault) -> Finding {
    Finding::warning(fault.check, fault.what.clone(), fault.change.clone())
}

fn limits(config: &Config) -> Finding {
    if safety::limits_are_off(config) {
        let detail = "limits.enabled = false on an address that is not loopback: one client may take all there is";
        return Finding::wrong(
            "limits",
            detail,
            "set limits.enabled = true, or --allow limits if a proxy in front limits",
        );
    }
    Finding::ok("limits", if config.limits.enabled { "requests are limited" } else { "not limited, on loopback only" })
}

fn unsafe_start(config: &Config) -> Option<Finding> {
    config.http.allow_unsafe.then(|| {
        let detail = "http.allow_unsafe = true: the server starts with any of these faults";
        Finding::warning("unsafe", detail, "set http.allow_unsafe = false")
    })
}
