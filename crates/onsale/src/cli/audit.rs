//! `onsale audit`.

use clap::{Args, Subcommand};
use domain::ZonedTime;

/// `onsale audit`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale audit list
  onsale audit list --target campaign:sample_event
  onsale audit list --action line.pause --from 2026-12-01T00:00:00+09:00 --json")]
pub struct AuditArguments {
    /// The action.
    #[command(subcommand)]
    pub command: AuditCommand,
}

/// The actions on the audit log.
#[derive(Clone, Debug, Subcommand)]
pub enum AuditCommand {
    /// List changes by operators, newest first: time, who, what, before and after
    List(AuditListArguments),
}

/// `onsale audit list`.
#[derive(Args, Clone, Debug)]
pub struct AuditListArguments {
    /// Only changes by this user, key (its id) or command
    #[arg(long, value_name = "ID")]
    pub actor: Option<String>,
    /// Only this action, such as campaign.pause
    #[arg(long, value_name = "ACTION")]
    pub action: Option<String>,
    /// Only changes of this, such as campaign:sample_event or queue:shop
    #[arg(long, value_name = "TARGET")]
    pub target: Option<String>,
    /// Not before this time, with Z or an offset
    #[arg(long, value_name = "TIME", value_parser = ZonedTime::parse)]
    pub from: Option<ZonedTime>,
    /// Before this time
    #[arg(long, value_name = "TIME", value_parser = ZonedTime::parse)]
    pub to: Option<ZonedTime>,
    /// Maximum number of changes
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=500))]
    pub limit: u32,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}
