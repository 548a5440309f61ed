//! Where things are.

use crate::commands::{cargo, output_of};
use anyhow::Context;
use std::path::{Path, PathBuf};

/// The folder of the workspace.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// The folder that cargo builds into.
///
/// # Errors
/// When cargo does not say.
pub fn target() -> anyhow::Result<PathBuf> {
    let text = output_of(cargo(&["metadata", "--no-deps", "--format-version", "1"]).current_dir(root()))?;
    let metadata: serde_json::Value = serde_json::from_str(&text)?;
    let target = metadata["target_directory"].as_str().context("cargo metadata names no target directory")?;
    Ok(target.into())
}
