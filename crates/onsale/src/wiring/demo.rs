//! Example data for a first look, said loudly.

use super::engines::CouponContext;
use access::Caller;
use access::making::{Restrictions, make};
use anyhow::Context;
use backon::{ExponentialBuilder, Retryable};
use call::Call;
use coupon::campaigns::open_with_stock;
use domain::quota::Quotas;
use domain::{CampaignId, ErrorCode, EventName, TenantName};
use std::path::{Path, PathBuf};

/// The example campaign.
pub const CAMPAIGN: &str = "sample_event";
const STOCK: u32 = 1_000;
/// Callers of before may all come at once when a server is back.
const RETRIES_MAX: usize = 3;

/// The file in the data folder with the first administrator's key, where nobody watches the start.
pub const KEY_FILE: &str = "admin.key";

/// What the demonstration made.
pub struct Demo {
    /// The administrator's key.
    pub admin_key: AdminKey,
}

/// The first administrator's key, made where there was no key at all.
pub enum AdminKey {
    /// There was a key already.
    OfBefore,
    /// To be shown on the terminal, this once.
    Shown(String),
    /// In this file, which only its owner can read: standard output is a log or a pipe.
    InFile(PathBuf),
}

/// Makes the example campaign and an administrator's key, each only if there is none. The key goes to the terminal when
/// somebody watches, else to a file in the data folder: a log keeps it for everybody who reads logs.
///
/// # Errors
/// When they cannot be kept.
pub async fn prepare(context: &CouponContext, folder: &Path, is_watched: bool) -> anyhow::Result<Demo> {
    call::within(Call::of_command("serve"), prepare_as_command(context, folder, is_watched)).await
}

async fn prepare_as_command(context: &CouponContext, folder: &Path, is_watched: bool) -> anyhow::Result<Demo> {
    let event = EventName::new(CAMPAIGN).context("the example campaign's name")?;
    let id = CampaignId::new(TenantName::default_tenant(), event);
    let make_campaign = || context.coupons.create_campaign(open_with_stock(id.clone(), "Sample event", STOCK));
    let pauses = ExponentialBuilder::default().with_max_times(RETRIES_MAX);
    let made = make_campaign.retry(pauses).when(|error| error.code == ErrorCode::ServiceUnavailable).await;
    match made {
        Ok(_) => {}
        Err(error) if error.code == ErrorCode::CampaignExists => {}
        // It serves already: an example is no reason to take it from its callers again.
        Err(error) if error.code == ErrorCode::ServiceUnavailable => {
            tracing::warn!("the example campaign could not be made: the database or the hot state is busy");
        }
        Err(error) => anyhow::bail!("the example campaign cannot be made: {}", error.code.as_str()),
    }
    let ledger = &context.coupons.ledger;
    if !access::rows::active(ledger).await?.is_empty() {
        return Ok(Demo { admin_key: AdminKey::OfBefore });
    }
    let key = make(ledger, &Caller::Administrator, Restrictions::default(), Quotas::default(), clock::now()).await?;
    context.keys.refresh().await?;
    if is_watched {
        return Ok(Demo { admin_key: AdminKey::Shown(key.text) });
    }
    let file = files::absolute(&folder.join(KEY_FILE));
    let kept = files::make_folder(folder).and_then(|()| files::write(&file, key.text.as_bytes()));
    if let Err(error) = kept {
        // A key that nobody has seen must not stay in force.
        access::rows::revoke(ledger, key.id, clock::now()).await?;
        return Err(error).with_context(|| format!("the administrator's key cannot be written to {}", file.display()));
    }
    Ok(Demo { admin_key: AdminKey::InFile(file) })
}
