//! The command line. Exit status: 0 done, 1 a check failed, 2 wrong use or configuration, 141 nobody reads the output.

mod admin;
mod audit;
mod backup;
mod clean_up;
mod coupons;
mod dead_letters;
mod doctor;
mod help;
mod plan;
mod rehearse;
mod role;
mod rush;
mod rush_line;
mod rush_tickets;
mod serve;
mod tickets;
mod verify_draw;
pub mod version;

pub use admin::{
    AdminArguments, AdminCommand, CreateKeyArguments, CreateUserArguments, KeyCommand, OwnValue, SetRoleArguments,
    SetTenantArguments, TenantCommand,
};
pub use audit::{AuditArguments, AuditCommand, AuditListArguments};
pub use backup::{BackupArguments, RestoreArguments};
pub use clean_up::CleanUpArguments;
pub use coupons::{CouponsArguments, CouponsCommand, ExportArguments};
pub use dead_letters::{DeadLettersArguments, DeadLettersCommand, Selection};
pub use doctor::DoctorArguments;
pub use help::{CompletionsArguments, ManArguments};
pub use plan::PlanArguments;
pub use rehearse::{RehearseArguments, RehearseCommand};
pub use role::Role;
pub use rush::RushArguments;
pub use rush_line::RushLineArguments;
pub use rush_tickets::RushTicketArguments;
pub use serve::ServeArguments;
pub use tickets::{ExportTickets, TicketsArguments, TicketsCommand};
pub use verify_draw::VerifyDrawArguments;

use clap::{Args, Parser, Subcommand};
use domain::CampaignId;
use std::net::SocketAddr;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  onsale serve                                   all roles in one process, data in ./onsale-data, with a demo
  onsale serve --config /etc/onsale.toml         as configured: see docs/guide.en.md
  onsale config --default > onsale.toml          a commented configuration file to start from
  onsale admin keys create --tenant acme         a key for a tenant's servers, printed once
  onsale rush                                    a load test: a million users on a temporary server

Exit status: 0 done, 1 a check failed, 2 wrong use or configuration, 141 nobody reads the output any more.";

/// Waiting lines and first-come coupons.
#[derive(Debug, Parser)]
#[command(name = "onsale", version, long_version = version::LONG, after_help = EXAMPLES, propagate_version = true)]
pub struct Cli {
    /// The options of every command.
    #[command(flatten)]
    pub common: CommonArguments,
    /// The command to run.
    #[command(subcommand)]
    pub command: Command,
}

/// The options of every command.
#[derive(Args, Clone, Debug, Default)]
pub struct CommonArguments {
    /// Configuration file [default: onsale.toml in this folder, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder of the journal and the database files (data.dir)
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// The commands of the program.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the server
    Serve(ServeArguments),
    /// Print the effective configuration and the source of each value
    Config(ConfigArguments),
    /// From a crowd to machines: reckon what an evening takes
    Plan(PlanArguments),
    /// Copy the data folder, while a server runs on it or not
    Backup(BackupArguments),
    /// Check a backup, and put it into an empty data folder
    Restore(RestoreArguments),
    /// Update the database tables to this version
    Migrate,
    /// Delete old messages that were handed over, and old records of processed ones
    CleanUp(CleanUpArguments),
    /// Check the machine, the servers and their settings
    Doctor(DoctorArguments),
    /// Compare the hot state with the database, coupon by coupon
    Reconcile(ReconcileArguments),
    /// List who has a coupon
    Coupons(CouponsArguments),
    /// List the tickets of a schedule for doors without the network
    Tickets(TicketsArguments),
    /// List, replay or drop messages that could not be processed
    DeadLetters(DeadLettersArguments),
    /// Create, list and revoke API keys; set what a tenant may have
    Admin(AdminArguments),
    /// List who changed what
    Audit(AuditArguments),
    /// Run a load test on a campaign, then compare all records
    Rush(RushArguments),
    /// Rehearse an evening at the real deployment and certify what was measured
    Rehearse(RehearseArguments),
    /// Recompute an opening draw and check a receipt against it
    VerifyDraw(VerifyDrawArguments),
    /// Stand in for PortOne, reCAPTCHA, log-ins of other services and a mail server: for demonstrations and tests
    Sandbox(SandboxArguments),
    /// Print what a shell needs to complete commands and options
    Completions(CompletionsArguments),
    /// Write the pages of man into a folder
    Man(ManArguments),
}

/// `onsale config`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale config                                  the effective configuration in this folder
  onsale config --config /etc/onsale.toml
  onsale config --default > onsale.toml          every key with its meaning, unit and limits")]
pub struct ConfigArguments {
    /// Print the commented default file instead
    #[arg(long)]
    pub default: bool,
}

/// `onsale sandbox`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale sandbox --listen 127.0.0.1:8090 --data ./sandbox-data
  ONSALE__SANDBOX__URL=http://127.0.0.1:8090 onsale serve")]
pub struct SandboxArguments {
    /// Address and port
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8090")]
    pub listen: SocketAddr,
    /// Address and port that take mail
    #[arg(long, value_name = "ADDR")]
    pub mail: Option<SocketAddr>,
    /// Where notices about payments are sent, such as http://127.0.0.1:8080/payments/webhook
    #[arg(long, value_name = "URL")]
    pub webhook: Option<String>,
}

/// `onsale reconcile`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale reconcile                               all campaigns; exit status 1 when the books do not balance
  onsale reconcile --campaign sample_event --json
  onsale reconcile --repair                      repairs what it can, and reports the rest
  onsale reconcile --seats                       the catalog's seats against reservations
  onsale reconcile --payments                    payments against the provider's list
  onsale reconcile --payments --repair           also after the database of reservations was put back to an older
                                                 copy: what payment knows is taken over, and sales go on")]
pub struct ReconcileArguments {
    /// Repair the differences that can be repaired
    #[arg(long)]
    pub repair: bool,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
    /// Compare the catalog's seats with reservations
    #[arg(long, conflicts_with_all = ["campaign", "payments"])]
    pub seats: bool,
    /// Compare payments with the provider's list
    #[arg(long, conflicts_with = "campaign")]
    pub payments: bool,
    /// Compare only this campaign: NAME, or TENANT/NAME
    #[arg(long, value_name = "CAMPAIGN")]
    pub campaign: Option<CampaignId>,
}

#[cfg(test)]
mod tests;
