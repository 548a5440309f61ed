//! `cargo xtask bench`: builds and starts the package `bench`, which measures.

mod baseline;

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
    /// Waiting lines: positions, ranks, admission, the start with a full line, streams
    Lines {
        /// Further options, as `cargo xtask bench lines -- --help` lists them
        #[arg(last = true)]
        options: Vec<OsString>,
    },
    /// Honest people while one host attacks, directly and through the shipped NGINX
    Hostile {
        /// Further options, as `cargo xtask bench hostile -- --help` lists them
        #[arg(last = true)]
        options: Vec<OsString>,
    },
    /// Messages to rows, on PostgreSQL and MariaDB
    Issuer {
        /// Further options, as `cargo xtask bench issuer -- --help` lists them
        #[arg(last = true)]
        options: Vec<OsString>,
    },
}

/// Runs the command: everything as it is shipped, so in the release profile.
///
/// # Errors
/// When something cannot be built or measured.
pub fn run(what: &Bench) -> anyhow::Result<()> {
    let program = ["--package", "onsale"];
    let (name, needed, options) = match what {
        Bench::Coupon { options } => ("coupon", &program[..], options),
        Bench::Lines { options } => ("lines", &program[..], options),
        Bench::Hostile { options } => ("hostile", &program[..], options),
        Bench::Issuer { options } => ("issuer", &[][..], options),
    };
    let arguments = ["build", "--release", "--locked", "--package", "bench"];
    run_command(cargo(&[&arguments, needed].concat()).current_dir(root()))?;
    let built = target()?.join("release");
    let mut command = Command::new(built.join("bench"));
    command.arg(name);
    if !needed.is_empty() {
        command.arg("--program").arg(built.join("onsale"));
    }
    if matches!(what, Bench::Coupon { .. }) && baseline::is_wanted(options) {
        command.arg("--baseline").arg(baseline::VENV.install(&target()?)?);
    }
    run_command(command.args(options).current_dir(root()))
}
