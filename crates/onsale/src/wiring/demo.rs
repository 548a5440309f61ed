//! Example data for a first look, said loudly.

use super::engines::CouponContext;
use access::keys::{self, Caller};
use anyhow::Context;
use coupon::campaigns::open_with_stock;
use domain::{CampaignId, ErrorCode, EventName, TenantName};

/// The example campaign.
pub const CAMPAIGN: &str = "sample_event";
const STOCK: u32 = 1_000;

/// What the demonstration made.
pub struct Demo {
    /// An administrator's key; only where there was no key at all.
    pub new_admin_key: Option<String>,
}

/// Makes the example campaign and an administrator's key, each only if there is none.
///
/// # Errors
/// When they cannot be kept.
pub async fn prepare(context: &CouponContext) -> anyhow::Result<Demo> {
    let event = EventName::new(CAMPAIGN).context("the example campaign's name")?;
    let id = CampaignId::new(TenantName::default_tenant(), event);
    match context.coupons.create_campaign(open_with_stock(id, "Sample event", STOCK)).await {
        Ok(_) => {}
        Err(error) if error.code == ErrorCode::CampaignExists => {}
        Err(error) => anyhow::bail!("the example campaign cannot be made: {}", error.code.as_str()),
    }
    let new_admin_key = if access::rows::active(&context.coupons.ledger).await?.is_empty() {
        let key = keys::make(&context.coupons.ledger, &Caller::Administrator, clock::now()).await?;
        context.keys.refresh().await?;
        Some(key.text)
    } else {
        None
    };
    Ok(Demo { new_admin_key })
}
