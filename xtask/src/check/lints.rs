//! The linter, with warnings as errors.

use crate::commands::{cargo, output_of, run};
use crate::workspace::root;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lints everything, without building it.
///
/// # Errors
/// When there is a warning.
pub fn run_alone() -> anyhow::Result<()> {
    let arguments = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    run(cargo(&arguments).current_dir(root()))
}

/// Lets the linter compile our own crates in this build, as `cargo clippy` does in a check: what is built is linted on the
/// way, and nothing is read twice. Linted alone, all dependencies would be checked a second time: a third of a first run.
///
/// # Errors
/// When the toolchain cannot be asked.
pub fn lint_while_building(build: &mut Command) -> anyhow::Result<()> {
    build.env("RUSTC_WORKSPACE_WRAPPER", driver()?);
    // How `cargo clippy` hands on `-D warnings`: each word with this mark behind it.
    build.env("CLIPPY_ARGS", ["-D", "warnings"].map(|word| format!("{word}__CLIPPY_HACKERY__")).concat());
    Ok(())
}

/// The linter's compiler, beside that of the toolchain.
fn driver() -> anyhow::Result<PathBuf> {
    let sysroot = output_of(Command::new(rustc()).args(["--print", "sysroot"]).current_dir(root()))?;
    let beside = Path::new(sysroot.trim()).join("bin/clippy-driver");
    Ok(if beside.is_file() { beside } else { PathBuf::from("clippy-driver") })
}

fn rustc() -> std::ffi::OsString {
    std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}
