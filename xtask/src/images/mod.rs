//! `cargo xtask images`: stand-ins for the images that the Dockerfile and the compose files name, where no image can be pulled. They
//! are made of Debian's packages, the Rust toolchain of this machine and Kafka's jars, under the very names, so that what is built and started
//! is what ships. Each says in its label `onsale.stand-in` what it is.

mod base;
mod stand_ins;

pub use stand_ins::{Content, STAND_INS, StandIn};

use crate::commands::{output_of, run as run_to_end, works};
use crate::steps::Steps;
use crate::workspace::{root, target};
use anyhow::{Context, bail};
use clap::Args;
use std::path::PathBuf;
use std::process::Command;

/// `cargo xtask images`.
#[derive(Args)]
pub struct ImagesArguments {
    /// Only this one, such as redis; repeat for more. The base comes first where it is not there yet
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Install missing programs without asking
    #[arg(long)]
    yes: bool,
}

/// Runs the command.
///
/// # Errors
/// The first step that failed.
pub fn run(arguments: &ImagesArguments) -> anyhow::Result<()> {
    let mut steps = Steps::default();
    let outcome = take_steps(&mut steps, arguments);
    steps.print();
    outcome
}

fn take_steps(steps: &mut Steps, arguments: &ImagesArguments) -> anyhow::Result<()> {
    if arguments.yes {
        testkit::install::answer_yes();
    }
    demand_docker()?;
    let wanted = wanted(&arguments.only)?;
    if !works(docker().args(["image", "inspect", base::NAME])) {
        steps.take(base::NAME, || base::make(&target()?.join("images")))?;
    }
    for stand_in in wanted {
        steps.take(stand_in.image, || make(stand_in))?;
    }
    println!("\nThey are stand-ins: `docker image rm` them before you pull the real ones.");
    Ok(())
}

/// The client of the engine: `DOCKER` names another where the first on the path cannot build (one without its plugin `buildx`).
fn docker() -> Command {
    Command::new(std::env::var_os("DOCKER").unwrap_or_else(|| "docker".into()))
}

fn demand_docker() -> anyhow::Result<()> {
    if works(docker().arg("info")) {
        return Ok(());
    }
    bail!(
        "no Docker engine answers; on Debian: sudo apt-get install docker.io, then sudo dockerd, if no systemd starts it"
    )
}

fn wanted(only: &[String]) -> anyhow::Result<Vec<&'static StandIn>> {
    let unknown = only.iter().find(|name| !STAND_INS.iter().any(|stand_in| stand_in.file == **name));
    if let Some(unknown) = unknown {
        let names: Vec<&str> = STAND_INS.iter().map(|stand_in| stand_in.file).collect();
        bail!("there is no stand-in {unknown}; there are {}", names.join(", "));
    }
    Ok(STAND_INS.iter().filter(|stand_in| only.is_empty() || only.iter().any(|name| name == stand_in.file)).collect())
}

fn make(stand_in: &StandIn) -> anyhow::Result<()> {
    let file = root().join("deploy/docker/stand-ins").join(format!("{}.Dockerfile", stand_in.file));
    let empty = tempfile::tempdir()?;
    let content = match stand_in.content {
        Content::Nothing => empty.path().to_owned(),
        Content::Toolchain => toolchain()?,
        Content::Kafka => testkit::tools::kafka_jars()?.parent().context("a folder with the jars")?.to_owned(),
    };
    let mut command = docker();
    command.env("DOCKER_BUILDKIT", "1").args(["build", "--quiet", "--tag", stand_in.image, "--file"]);
    run_to_end(command.arg(file).arg(content))
}

/// The folder of the toolchain that builds us.
fn toolchain() -> anyhow::Result<PathBuf> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    Ok(output_of(Command::new(rustc).args(["--print", "sysroot"]).current_dir(root()))?.trim().into())
}
