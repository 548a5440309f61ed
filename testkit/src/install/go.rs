//! Programs that are Go modules.

use super::{cached, find, run};
use crate::error::{KitError, Result};
use std::path::PathBuf;
use std::process::Command;

/// The program that a module's package makes.
pub(super) fn program(name: &str, version: &str, package: &str, holds: &str) -> Result<PathBuf> {
    let by_hand = format!("go install {package}@v{version}");
    cached(&format!("{name}-{version}"), holds, &by_hand, |folder| {
        let go = find("go").ok_or_else(|| {
            KitError::missing(format!("{name} needs Go 1.22 or later to be built; install Go, then: {by_hand}"))
        })?;
        let mut command = Command::new(go);
        command.env("GOBIN", folder).env("CGO_ENABLED", "0").arg("install").arg(format!("{package}@v{version}"));
        run(&command, &by_hand)
    })
}
