//! `onsale doctor`.

use super::Role;
use clap::Args;

/// `onsale doctor`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale doctor                                  checks for a process with all roles
  onsale doctor coupon                           checks for a process with the role coupon only
  onsale doctor --json
  onsale doctor --allow redis-replica            treats this failed check as a warning

Exit status 1 when a check is WRONG. Each such check prints the change to make. A warning is not a failure.")]
pub struct DoctorArguments {
    /// Roles of the process to check for: coupon, issuer, gate, queue [default: all]
    #[arg(value_name = "ROLE")]
    pub roles: Vec<Role>,
    /// Print the checks as JSON
    #[arg(long)]
    pub json: bool,
    /// Name of a check whose failure counts as a warning; may be repeated
    #[arg(long, value_name = "NAME")]
    pub allow: Vec<String>,
}
