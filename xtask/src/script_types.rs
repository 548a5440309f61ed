//! The types in the comments of the pages' scripts, checked by TypeScript's compiler. Nothing is compiled: browsers get the scripts
//! as they are.

use crate::commands::{run, works};
use crate::workspace::{root, target};
use anyhow::Context;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// The scripts of pages, and those that run beside a page.
const PROJECTS: [&str; 2] = ["crates/web/tsconfig.json", "crates/web/tsconfig.worker.json"];
/// Names the version, for the client as for the pages.
const PACKAGE: &str = include_str!("../../clients/typescript/package.json");

/// Checks all scripts. Without npm, or a registry that it reaches, none is checked, and that is printed.
///
/// # Errors
/// When a type is wrong.
pub fn check() -> anyhow::Result<()> {
    if !works(Command::new("npm").arg("--version")) {
        println!("npm is not installed, so the types of the pages' scripts were NOT checked.");
        return Ok(());
    }
    let compiler = match installed(&target()?.join("script-types")) {
        Ok(compiler) => compiler,
        Err(error) => {
            println!("TypeScript cannot be installed, so the types of the pages' scripts were NOT checked: {error:#}");
            return Ok(());
        }
    };
    for project in PROJECTS {
        run(Command::new("node").arg(&compiler).args(["--project", project]).current_dir(root()))?;
    }
    println!("The types of the pages' scripts are right.");
    Ok(())
}

/// The compiler in this folder; installed when it is not there or of another version.
fn installed(folder: &Path) -> anyhow::Result<std::path::PathBuf> {
    let version = version(PACKAGE)?;
    let package = folder.join("node_modules/typescript");
    let found = std::fs::read_to_string(package.join("package.json")).unwrap_or_default();
    if serde_json::from_str::<Value>(&found).is_ok_and(|found| found["version"] == version.as_str()) {
        return Ok(package.join("bin/tsc"));
    }
    let quiet = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"];
    let mut npm = Command::new("npm");
    npm.arg("install").args(quiet).arg("--prefix").arg(folder).arg(format!("typescript@{version}"));
    run(&mut npm)?;
    Ok(package.join("bin/tsc"))
}

fn version(package: &str) -> anyhow::Result<String> {
    let package: Value = serde_json::from_str(package)?;
    let version = package["devDependencies"]["typescript"].as_str();
    version.map(str::to_owned).context("the client's package.json names no version of typescript")
}
