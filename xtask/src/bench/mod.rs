//! `cargo xtask bench`: how fast. The measuring itself is the package `bench`; here it is built and started.

use crate::commands::{cargo, run as run_command};
use crate::workspace::{root, target};
use clap::Subcommand;
use std::ffi::OsString;
use std::process::Command;

/// What can be measured.
#[derive(Clone, Debug, Subcommand)]
pub enum Bench {
    /// The coupon flow: speed, start, memory and size
    Coupon {
        /// Further options, as `cargo xtask bench coupon -- --help` lists them
        #[arg(last = true)]
        options: Vec<OsString>,
    },
}

/// Runs the command: everything as it is shipped, so in the release profile.
///
/// # Errors
/// When something can not be built or measured.
pub fn run(what: &Bench) -> anyhow::Result<()> {
    let Bench::Coupon { options } = what;
    let arguments = ["build", "--release", "--locked", "--package", "onsale", "--package", "bench"];
    run_command(cargo(&arguments).current_dir(root()))?;
    let built = target()?.join("release");
    let mut command = Command::new(built.join("bench"));
    command.arg("coupon").arg("--program").arg(built.join("onsale")).args(options);
    run_command(command.current_dir(root()))
}
