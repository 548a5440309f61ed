//! Facts of the build for `onsale --version`: commit, date, target, profile. Neither the time nor the machine of the build goes in:
//! the same sources make the same program.

#[path = "build_date.rs"]
mod build_date;

use std::env;
use std::process::Command;

/// Said of what nothing knows.
const UNKNOWN: &str = "unknown";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=build_date.rs");
    for given in ["BUILD_COMMIT", "SOURCE_DATE_EPOCH"] {
        println!("cargo:rerun-if-env-changed={given}");
    }
    let profile = variable("PROFILE").unwrap_or_else(|| UNKNOWN.to_owned());
    // A program for development is not built anew because of a commit.
    let reads_git = profile == "release";
    if reads_git {
        watch_git();
    }
    let git = |arguments: &[&str]| reads_git.then(|| git(arguments)).flatten();
    let commit = variable("BUILD_COMMIT")
        .or_else(|| git(&["describe", "--always", "--exclude=*", "--abbrev=12", "--dirty=-modified"]));
    let seconds = variable("SOURCE_DATE_EPOCH").or_else(|| git(&["show", "--no-patch", "--format=%ct", "HEAD"]));
    let date = seconds.and_then(|text| text.parse().ok()).map(build_date::of);
    for (name, fact) in [
        ("BUILD_COMMIT", commit),
        ("BUILD_DATE", date),
        ("BUILD_TARGET", variable("TARGET")),
        ("BUILD_PROFILE", Some(profile)),
    ] {
        println!("cargo:rustc-env={name}={}", fact.as_deref().unwrap_or(UNKNOWN));
    }
}

/// The facts are asked for again after a commit, and after a change of the program's own files.
fn watch_git() {
    println!("cargo:rerun-if-changed=src");
    for file in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--git-path", file]) {
            println!("cargo:rerun-if-changed={path}");
        }
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|text| !text.is_empty())
}

/// What Git says; nothing outside a repository, or without Git.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}
