//! The project's own commands: `cargo xtask` lists them.

mod advisories;
mod bench;
mod check;
mod commands;
mod down;
mod images;
mod kube;
mod licences;
mod release;
mod schema;
mod script_types;
mod status;
mod steps;
mod test;
mod up;
mod up_programs;
mod up_shop;
mod venv;
mod workspace;

use clap::{CommandFactory, Parser, Subcommand};
use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit, umask};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  cargo xtask test             everything that a change must pass
  cargo xtask test --quick     the same without servers and without the generated calls of the API document
  cargo xtask check            format, walls between crates, lints, licences: quick
  cargo xtask bench coupon     speed, side by side with other servers
  cargo xtask up               the whole system on this machine: Redis, Kafka, a database, the programs, NGINX
  cargo xtask status           which of its servers answer
  cargo xtask down             ends them; the data stays
  cargo xtask release          archive, Debian package, bill of materials, licences, checksums";

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Format, walls between crates, file sizes, lints (warnings are errors), licences
    Check,
    /// Checks, all tests, and generated calls of every route in the API document
    Test {
        /// Skip what needs Redis, Kafka, a database, NGINX or Python, and the generated calls
        #[arg(long)]
        quick: bool,
        /// Install missing servers without asking
        #[arg(long)]
        yes: bool,
    },
    /// Start the whole system on this machine; it runs until `down`
    Up(up::UpArguments),
    /// End the servers that `up` started; the data stays
    Down {
        /// Remove the data too
        #[arg(long)]
        remove: bool,
    },
    /// Show which servers of the system run and answer
    Status,
    /// Put the Kubernetes chart before real API servers of two versions, which are built once
    Kube(kube::KubeArguments),
    /// Make stand-ins for the images that Docker would pull, of Debian's packages and this machine's toolchain
    Images(images::ImagesArguments),
    /// Build what people download: an archive, a Debian package, a bill of materials, licences, checksums
    Release(release::ReleaseArguments),
    /// Only the generated calls of every route in the API document
    Schema,
    /// Compare all dependencies with the RustSec database of known faults
    Advisories {
        /// With the copy of the database that an earlier run has left
        #[arg(long)]
        offline: bool,
    },
    /// Run a benchmark
    Bench {
        /// What to measure
        #[command(subcommand)]
        what: bench::Bench,
    },
}

/// What an ordinary login gives is not what servers and tests need: Debian's soft limit is 1,024 open files, and some logins
/// make folders that their group may write, which the program refuses for its data.
fn prepare() {
    let limit = getrlimit(Resource::Nofile);
    // Refused at worst; then the tests say what they lack.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    umask(Mode::WGRP | Mode::WOTH);
}

fn main() -> ExitCode {
    prepare();
    let outcome = match Cli::parse().command {
        None => Cli::command().print_help().map_err(anyhow::Error::from),
        Some(Command::Check) => check::run_alone(),
        Some(Command::Test { quick, yes }) => test::run(quick, yes),
        Some(Command::Up(arguments)) => up::run(&arguments),
        Some(Command::Down { remove }) => down::run(remove),
        Some(Command::Status) => status::run(),
        Some(Command::Advisories { offline }) => advisories::check(offline),
        Some(Command::Kube(arguments)) => kube::run(&arguments),
        Some(Command::Images(arguments)) => images::run(&arguments),
        Some(Command::Release(arguments)) => release::run(&arguments),
        Some(Command::Schema) => schema::run_alone(),
        Some(Command::Bench { what }) => bench::run(&what),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error:#}");
            ExitCode::FAILURE
        }
    }
}
