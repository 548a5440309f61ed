//! `onsale backup` and `onsale restore`.

use clap::Args;
use std::path::PathBuf;

/// `onsale backup`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale backup --out /backup/monday --config /etc/onsale.toml
  onsale backup --out /backup/monday --json

The server may run meanwhile: its writers wait for some milliseconds, in which all databases of the data folder are held
at one moment. What was acknowledged before that moment is in the backup. Redis, Kafka and databases on servers are
backed up by their own means.")]
pub struct BackupArguments {
    /// Folder of the backup; it must be empty or not exist yet
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Print the list of files as JSON
    #[arg(long)]
    pub json: bool,
}

/// `onsale restore`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale restore --from /backup/monday --check                      is it whole? writes nothing
  onsale restore --from /backup/monday --config /etc/onsale.toml    into data.dir, which must have no data

Every file is compared with its hash first. Run it as the user of the server, while no server runs.")]
pub struct RestoreArguments {
    /// Folder of the backup
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,
    /// Only check the backup
    #[arg(long)]
    pub check: bool,
}
