//! The command line. Exit status: 0 done, 1 a check failed, 2 wrong use or configuration, 141 nobody reads the output.

mod admin;
mod audit;
mod coupons;
mod dead_letters;
mod doctor;
mod role;
mod rush;
mod rush_line;
mod serve;
mod verify_draw;

pub use admin::{
    AdminArguments, AdminCommand, CreateKeyArguments, CreateUserArguments, KeyCommand, OwnValue, SetRoleArguments,
    SetTenantArguments, TenantCommand,
};
pub use audit::{AuditArguments, AuditCommand, AuditListArguments};
pub use coupons::{CouponsArguments, CouponsCommand, ExportArguments};
pub use dead_letters::{DeadLettersArguments, DeadLettersCommand, Selection};
pub use doctor::DoctorArguments;
pub use role::Role;
pub use rush::RushArguments;
pub use rush_line::RushLineArguments;
pub use serve::ServeArguments;
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
#[command(name = "onsale", version, after_help = EXAMPLES, propagate_version = true)]
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
    /// Update the database tables to this version
    Migrate,
    /// Check the machine, the servers and their settings
    Doctor(DoctorArguments),
    /// Compare the hot state with the database, coupon by coupon
    Reconcile(ReconcileArguments),
    /// List who has a coupon
    Coupons(CouponsArguments),
    /// List, replay or drop messages that could not be processed
    DeadLetters(DeadLettersArguments),
    /// Create, list and revoke API keys; set what a tenant may have
    Admin(AdminArguments),
    /// List who changed what
    Audit(AuditArguments),
    /// Run a load test on a campaign, then compare all records
    Rush(RushArguments),
    /// Recompute an opening draw and check a receipt against it
    VerifyDraw(VerifyDrawArguments),
    /// Stand in for PortOne, reCAPTCHA, log-ins of other services and a mail server: for demonstrations and tests
    Sandbox(SandboxArguments),
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
  onsale reconcile --repair                      repairs what it can, and reports the rest")]
pub struct ReconcileArguments {
    /// Repair the differences that can be repaired
    #[arg(long)]
    pub repair: bool,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
    /// Compare only this campaign: NAME, or TENANT/NAME
    #[arg(long, value_name = "CAMPAIGN")]
    pub campaign: Option<CampaignId>,
}

#[cfg(test)]
mod tests;
