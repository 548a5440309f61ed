//! The campaign under test: created, or already there.

use super::client::Client;
use super::options::CheckedOptions;
use anyhow::{Context, bail};
use domain::Timestamp;
use serde_json::{Value, json};

/// The campaign before the load test.
#[derive(Clone, Debug)]
pub(super) struct Sale {
    pub(super) campaign: String,
    pub(super) stock: u32,
    /// Whether it was created for this run, so that no other user has a coupon.
    pub(super) made: bool,
    /// Coupons issued before this run.
    pub(super) issued_before: u32,
    pub(super) started_at: Timestamp,
    pub(super) warnings: Vec<String>,
}

/// The response of `GET /api/v1/coupons/status/{event_id}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CampaignStatus {
    pub(super) remaining_stock: u32,
    pub(super) total_participants: u64,
    pub(super) status: String,
}

/// Creates and opens the campaign, with a gate if `gated`, or uses the existing one.
pub(super) fn prepare(client: &mut Client, options: &CheckedOptions, gated: bool) -> anyhow::Result<Sale> {
    let campaign = &options.campaign;
    let made = if client.has_admin_key() {
        make_with_key(client, campaign, options.stock, gated)
    } else {
        make_by_short_form(client, campaign, options.stock, gated)
    };
    let made = made.with_context(|| format!("cannot create the campaign {campaign}"))?;
    let standing = status_of(client, campaign)?;
    if standing.status != "active" && standing.status != "sold_out" {
        bail!("the campaign {campaign} is {}; open it before the load test", standing.status);
    }
    let mut sale = Sale {
        campaign: campaign.clone(),
        stock: options.stock,
        made,
        issued_before: 0,
        started_at: clock::now(),
        warnings: Vec::new(),
    };
    if !made {
        let issued_before = u32::try_from(standing.total_participants).unwrap_or(u32::MAX);
        sale.stock = match stock_of(client, campaign) {
            Some(stock) => stock,
            None => standing.remaining_stock.saturating_add(issued_before),
        };
        sale.issued_before = issued_before;
        sale.warnings.push(format!(
            "the campaign {campaign} already exists, with {} of {} coupons left",
            standing.remaining_stock, sale.stock
        ));
    }
    Ok(sale)
}

/// Returns `true` if it was created, `false` if it already existed.
fn make_with_key(client: &mut Client, campaign: &str, stock: u32, gated: bool) -> anyhow::Result<bool> {
    let body = json!({
        "event_id": campaign,
        "name": "Rush",
        "stock": stock,
        "per_user_limit": 1,
        "gated": gated,
        "discount": { "type": "percent", "value": 10 },
    });
    let reply = client.post("/api/v1/admin/campaigns", Some(&body))?;
    match reply.status {
        201 => {}
        409 => return Ok(false),
        401 | 403 => bail!("the server refuses the administrator's key ({}); check --key", reply.describe()),
        _ => bail!(reply.describe()),
    }
    let opened = client.post(&format!("/api/v1/admin/campaigns/{campaign}/open"), None)?;
    if opened.status != 200 {
        bail!("it was created, but could not be opened: {}", opened.describe());
    }
    Ok(true)
}

/// Creates it without a key, by the short form of the demo.
fn make_by_short_form(client: &mut Client, campaign: &str, stock: u32, gated: bool) -> anyhow::Result<bool> {
    let before = client.get(&format!("/api/v1/coupons/status/{campaign}"))?;
    if before.status == 200 {
        return Ok(false);
    }
    if gated {
        bail!("creating a campaign with a gate requires an administrator's key (--key)");
    }
    let path = format!("/api/v1/admin/events/{campaign}/stock?initial_stock={stock}");
    let reply = client.post(&path, None)?;
    match reply.status {
        200 => Ok(true),
        401 | 403 => bail!("the server requires an administrator's key (--key): {}", reply.describe()),
        _ => bail!(reply.describe()),
    }
}

/// The stock of an existing campaign, from the administrator's interface.
fn stock_of(client: &mut Client, campaign: &str) -> Option<u32> {
    if !client.has_admin_key() {
        return None;
    }
    let reply = client.get(&format!("/api/v1/admin/campaigns/{campaign}")).ok()?;
    u32::try_from(reply.json().ok()?.get("stock")?.as_u64()?).ok()
}

/// The status of the campaign in the hot state.
pub(super) fn status_of(client: &mut Client, campaign: &str) -> anyhow::Result<CampaignStatus> {
    let reply = client.get(&format!("/api/v1/coupons/status/{campaign}"))?;
    if reply.status != 200 {
        bail!("cannot read the status of {campaign}: {}", reply.describe());
    }
    let answer = reply.json()?;
    let read = || {
        Some(CampaignStatus {
            remaining_stock: u32::try_from(answer.get("remaining_stock")?.as_u64()?).ok()?,
            total_participants: answer.get("total_participants")?.as_u64()?,
            status: answer.get("status").and_then(Value::as_str)?.to_owned(),
        })
    };
    read().with_context(|| format!("the status of {campaign} lacks fields: {}", reply.describe()))
}
