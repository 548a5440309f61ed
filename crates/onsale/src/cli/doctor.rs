//! `onsale doctor`.

use super::Role;
use clap::Args;

/// `onsale doctor`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale doctor                                  the machine, the servers behind, and what they can promise
  onsale doctor coupon                           as for a process that is the coupon service alone
  onsale doctor --json
  onsale doctor --allow redis-replica            one thing that is known, and not to stop at

Exit status 1 when something is WRONG; each comes with what to change. A warning is no failure.")]
pub struct DoctorArguments {
    /// Roles of the process to come: coupon, issuer, queue [default: all]
    #[arg(value_name = "ROLE")]
    pub roles: Vec<Role>,
    /// Print the checks as JSON
    #[arg(long)]
    pub json: bool,
    /// A check whose WRONG is only a warning, by its name; may be repeated
    #[arg(long, value_name = "NAME")]
    pub allow: Vec<String>,
}
