//! Starting other programs.

use anyhow::{Context, bail};
use std::process::{Command, Stdio};

/// What cargo tells the program that it runs about its package. Build scripts of dependencies watch the same names: handed on, they
/// would make cargo build those dependencies, and all of ours above them, anew after each call from a shell.
const OF_OUR_PACKAGE: [&str; 2] = ["CARGO_PKG_", "CARGO_MANIFEST_"];

/// The cargo that started us, as if it were called from a shell.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        if OF_OUR_PACKAGE.iter().any(|of_ours| name.to_string_lossy().starts_with(of_ours)) {
            command.env_remove(name);
        }
    }
    command.args(arguments);
    command
}

fn words(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Runs a program to its end, with what it prints left visible.
///
/// # Errors
/// When it cannot be started, or ends with another status than 0.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let words = words(command);
    let status = command.status().with_context(|| format!("`{words}` could not be started"))?;
    if !status.success() {
        bail!("`{words}` ended with {status}; what it printed above says why");
    }
    Ok(())
}

/// Runs a program to its end with its error output left visible. Whether it ended with status 0, and its standard output.
///
/// # Errors
/// When it cannot be started.
pub fn run_and_keep(command: &mut Command) -> anyhow::Result<(bool, String)> {
    let words = words(command);
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("`{words}` could not be started"))?;
    Ok((output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// The standard output of a program.
///
/// # Errors
/// When it cannot be started, or ends with another status than 0.
pub fn output_of(command: &mut Command) -> anyhow::Result<String> {
    let words = words(command);
    let (is_good, output) = run_and_keep(command)?;
    if !is_good {
        bail!("`{words}` failed; what it printed above says why");
    }
    Ok(output)
}

/// Whether a program can be started and ends with status 0, printing nothing.
pub fn works(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
