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
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<OsString>,
    },
    /// Waiting lines: positions, ranks, admission, the start with a full line, streams
    Lines {
        /// Further options, as `cargo xtask bench lines -- --help` lists them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<OsString>,
    },
    /// Honest people while one host attacks, directly and through the shipped NGINX
    Hostile {
        /// Further options, as `cargo xtask bench hostile -- --help` lists them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<OsString>,
    },
    /// Any route on any connection: routes of the router, used connections, mixed routes behind NGINX
    Routes {
        /// Further options, as `cargo xtask bench routes -- --help` lists them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<OsString>,
    },
    /// Issue, redeem, confirm, one after the other, on SQLite and PostgreSQL
    Steps {
        /// Further options, as `cargo xtask bench steps -- --help` lists them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<OsString>,
    },
    /// Gateway and catalog: reads, seats of a large hall, a flood of log-ins
    Shop {
        /// Further options, as `cargo xtask bench shop -- --help` lists them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<OsString>,
    },
    /// Whole purchases of tickets, and the rush on them
    Tickets {
        /// Further options, as `cargo xtask bench tickets -- --help` lists them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<OsString>,
    },
    /// All of the program's rows, one after the other: with `-- --quick` in about ten minutes
    All {
        /// Further options, as `cargo xtask bench all -- --help` lists them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<OsString>,
    },
    /// A picture of all kept runs, in `docs/images/speed.svg`
    History {
        /// Further options, as `cargo xtask bench history -- --help` lists them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<OsString>,
    },
    /// Commit to effect: in one process, and over Redis, Kafka and PostgreSQL
    Effect {
        /// Further options, as `cargo xtask bench effect -- --help` lists them
        #[arg(last = true)]
        options: Vec<OsString>,
    },
    /// Messages to rows, on PostgreSQL and MariaDB
    Issuer {
        /// Further options, as `cargo xtask bench issuer -- --help` lists them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
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
        Bench::Routes { options } => ("routes", &program[..], options),
        Bench::Steps { options } => ("steps", &program[..], options),
        Bench::Shop { options } => ("shop", &program[..], options),
        Bench::Tickets { options } => ("tickets", &program[..], options),
        Bench::All { options } => ("all", &program[..], options),
        Bench::History { options } => ("history", &[][..], options),
        Bench::Effect { options } => ("effect", &[][..], options),
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
