//! `onsale rehearse`.

use clap::{Args, Subcommand, value_parser};
use std::path::PathBuf;

/// `onsale rehearse`.
#[derive(Args, Clone, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
The evening is the section [rehearsal] of the configuration: people, coupons, admissions, seats, and how quick answers must be.
The load comes from this machine, so run it on one that is not the server. Use campaigns and shows of its own; nothing of yours is
sold. The certificate is signed with the deployment's ticket key (its public half: GET /tickets/keys).

Examples:
  onsale rehearse                                              temporary servers on this machine, to try it
  onsale rehearse --config evening.toml --url https://shop.example --key KEY --people 100000
  onsale rehearse verify evening.json                          whether a certificate is this deployment's, unchanged
  onsale rehearse verify evening.json --public-key 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo

Exit status 1 when a part of the evening did not pass, or a certificate is not genuine."
)]
pub struct RehearseArguments {
    /// Look at a certificate instead
    #[command(subcommand)]
    pub command: Option<RehearseCommand>,
    /// The deployment [default: temporary servers on this machine]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// API key of an administrator there, to make the campaigns and read their records
    #[arg(long, value_name = "KEY", env = "ONSALE_RUSH_KEY", hide_env_values = true, requires = "url")]
    pub key: Option<String>,
    /// API key of a tenant, sent with every coupon request; not needed where coupon.open_issue is true
    #[arg(long, value_name = "KEY", env = "ONSALE_RUSH_ISSUE_KEY", hide_env_values = true, requires = "url")]
    pub issue_key: Option<String>,
    /// Where the sandbox of the deployment is, without which no tickets can be paid [default: sandbox.url]
    #[arg(long, value_name = "URL", requires = "url")]
    pub sandbox: Option<String>,
    /// People [default: rehearsal.people]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=100_000_000))]
    pub people: Option<u32>,
    /// The certificate's page; the signed data goes beside it as JSON, and a report for each part
    #[arg(long, value_name = "FILE", default_value = "rehearsal.html")]
    pub out: PathBuf,
    /// Replace files that are there
    #[arg(long)]
    pub force: bool,
}

/// What can be done with certificates.
#[derive(Clone, Debug, Subcommand)]
pub enum RehearseCommand {
    /// Check the signature of a certificate, and print what it says
    Verify {
        /// The certificate's JSON file
        file: PathBuf,
        /// The deployment's public key, from GET /tickets/keys [default: that of the configuration]
        #[arg(long, value_name = "KEY")]
        public_key: Option<String>,
    },
}
