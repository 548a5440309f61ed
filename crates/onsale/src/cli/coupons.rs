//! `onsale coupons`.

use clap::{Args, Subcommand};
use domain::CampaignId;
use std::path::PathBuf;

/// `onsale coupons`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale coupons export sample_event > coupons.csv")]
pub struct CouponsArguments {
    /// What to do.
    #[command(subcommand)]
    pub command: CouponsCommand,
}

/// The commands on coupons.
#[derive(Clone, Debug, Subcommand)]
pub enum CouponsCommand {
    /// Write the coupons of a campaign with their holders as CSV
    Export(ExportArguments),
}

/// `onsale coupons export`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale coupons export sample_event                        to the terminal
  onsale coupons export acme/spring --output spring.csv     a campaign of another tenant, into a file")]
pub struct ExportArguments {
    /// The campaign: NAME, or TENANT/NAME
    #[arg(value_name = "CAMPAIGN")]
    pub campaign: CampaignId,
    /// The file to write; it must not exist yet [default: the terminal]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}
