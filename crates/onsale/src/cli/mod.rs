//! The command line. Exit status: 0 done, 1 a check failed, 2 wrong use or configuration.

mod admin;
mod dead_letters;
mod doctor;
mod role;
mod rush;
mod rush_line;
mod serve;
mod verify_draw;

pub use admin::{AdminArguments, AdminCommand, KeyCommand, KeyOwner};
pub use dead_letters::{DeadLettersArguments, DeadLettersCommand, Selection};
pub use doctor::DoctorArguments;
pub use role::Role;
pub use rush::RushArguments;
pub use rush_line::RushLineArguments;
pub use serve::ServeArguments;
pub use verify_draw::VerifyDrawArguments;

use clap::{Args, Parser, Subcommand};
use domain::CampaignId;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  onsale serve                                   everything in this process, data in ./onsale-data, with a demo
  onsale serve --data /var/lib/onsale --listen 0.0.0.0:8080
  onsale config --default > onsale.toml          a commented file to begin with
  onsale admin keys create --tenant acme         a key for a tenant's servers, printed once
  onsale rush                                    a million people against a server of its own, and the books after

Exit status: 0 done, 1 a check failed, 2 wrong use or configuration.";

/// The waiting line, the first-come decision and the paid ticket.
#[derive(Debug, Parser)]
#[command(name = "onsale", version, after_help = EXAMPLES, propagate_version = true)]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub common: CommonArguments,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Args, Clone, Debug, Default)]
pub struct CommonArguments {
    /// Configuration file [default: onsale.toml in this folder, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder of the journal and the database files (data.dir)
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start serving
    Serve(ServeArguments),
    /// Print the configuration in force, and where each value comes from
    Config(ConfigArguments),
    /// Bring the database's tables up to date
    Migrate,
    /// Check that everything needed is there and fit for its purpose
    Doctor(DoctorArguments),
    /// Compare hot state with the database, coupon by coupon
    Reconcile(ReconcileArguments),
    /// Look after messages that could not be processed
    DeadLetters(DeadLettersArguments),
    /// Make and take back API keys
    Admin(AdminArguments),
    /// Send a crowd at a campaign, then check the books
    Rush(RushArguments),
    /// Work out an opening draw again, and check a receipt against it
    VerifyDraw(VerifyDrawArguments),
}

/// `onsale config`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale config                                  what is in force here
  onsale config --config /etc/onsale.toml
  onsale config --default > onsale.toml          every key with its meaning, unit and limits")]
pub struct ConfigArguments {
    /// Print the commented default file instead
    #[arg(long)]
    pub default: bool,
}

/// `onsale reconcile`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale reconcile                               all campaigns; exit status 1 when the books do not balance
  onsale reconcile --campaign sample_event --json
  onsale reconcile --repair                      mends what can be mended, says what not")]
pub struct ReconcileArguments {
    /// Mend what can be mended
    #[arg(long)]
    pub repair: bool,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
    /// Only this campaign: NAME, or TENANT/NAME
    #[arg(long, value_name = "CAMPAIGN")]
    pub campaign: Option<CampaignId>,
}

#[cfg(test)]
mod tests;
