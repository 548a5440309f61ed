//! `onsale coupons`: who has a coupon.

use super::{Ending, WrongUse, block_on};
use crate::cli::{CouponsCommand, ExportArguments};
use crate::config::Config;
use crate::out::Lines;
use crate::wiring::Engines;
use anyhow::{Context, anyhow};
use domain::ErrorCode;
use futures::TryStreamExt;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::pin::pin;

/// Runs the command. A server may run on the same folder meanwhile.
///
/// # Errors
/// When the database cannot be read, or the file cannot be written.
pub fn run(config: &Config, command: &CouponsCommand) -> anyhow::Result<Ending> {
    let CouponsCommand::Export(arguments) = command;
    block_on(export(config, arguments))
}

async fn export(config: &Config, arguments: &ExportArguments) -> anyhow::Result<Ending> {
    let (service, _) = Engines::open_or_read(config).await?;
    let campaign = &arguments.campaign;
    let lines = service.coupons_as_csv(campaign).await.map_err(|error| match error.code {
        ErrorCode::CampaignNotFound => WrongUse(format!("there is no campaign {campaign}")).into(),
        code => anyhow!("the coupons cannot be read: {}", code.as_str()),
    })?;
    let mut out: Box<dyn Write> = match &arguments.output {
        Some(file) => Box::new(BufWriter::new(new_file(file)?)),
        None => Box::new(Lines::new()),
    };
    let mut lines = pin!(lines);
    while let Some(part) = lines.try_next().await.context("the list ends early")? {
        out.write_all(&part).context("the list cannot be written")?;
    }
    out.flush().context("the list cannot be written")?;
    Ok(Ending::Done)
}

/// A new file that only its owner can read: it names people.
fn new_file(path: &Path) -> anyhow::Result<std::fs::File> {
    files::create_new(path).with_context(|| format!("{} cannot be made", path.display()))
}
