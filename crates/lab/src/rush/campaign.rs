//! The campaign that the crowd runs at: made here, or found.

use super::client::Client;
use super::options::Checked;
use anyhow::{Context, bail};
use domain::Timestamp;
use serde_json::{Value, json};

/// The campaign as it stands before the crowd comes.
#[derive(Clone, Debug)]
pub(super) struct Sale {
    pub(super) campaign: String,
    pub(super) stock: u32,
    /// Whether it was made for this rush, so that nobody else has had a coupon of it.
    pub(super) made: bool,
    /// Coupons given before this rush.
    pub(super) issued_before: u32,
    pub(super) started_at: Timestamp,
    pub(super) warnings: Vec<String>,
}

/// Figures of `GET /api/v1/coupons/status/{event_id}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) remaining_stock: u32,
    pub(super) total_participants: u64,
    pub(super) status: String,
}

/// Makes and opens the campaign, behind a gate if `gated`, or takes the one that is there.
pub(super) fn prepare(client: &mut Client, options: &Checked, gated: bool) -> anyhow::Result<Sale> {
    let campaign = &options.campaign;
    let made = if client.has_admin_key() {
        make_with_key(client, campaign, options.stock, gated)
    } else {
        make_by_short_form(client, campaign, options.stock, gated)
    };
    let made = made.with_context(|| format!("the campaign {campaign} could not be made"))?;
    let standing = standing(client, campaign)?;
    if standing.status != "active" && standing.status != "sold_out" {
        bail!("the campaign {campaign} is {}; open it before the crowd comes", standing.status);
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
            "the campaign {campaign} was there already, with {} of {} coupons left",
            standing.remaining_stock, sale.stock
        ));
    }
    Ok(sale)
}

/// Whether it was made; otherwise it was there.
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
        401 | 403 => bail!("the server does not accept the administrator's key ({})", reply.describe()),
        _ => bail!(reply.describe()),
    }
    let opened = client.post(&format!("/api/v1/admin/campaigns/{campaign}/open"), None)?;
    if opened.status != 200 {
        bail!("it was made, but could not be opened: {}", opened.describe());
    }
    Ok(true)
}

/// Without a key: the demo's short form.
fn make_by_short_form(client: &mut Client, campaign: &str, stock: u32, gated: bool) -> anyhow::Result<bool> {
    let before = client.get(&format!("/api/v1/coupons/status/{campaign}"))?;
    if before.status == 200 {
        return Ok(false);
    }
    if gated {
        bail!("it takes an administrator's key (--key) to make a campaign with a gate");
    }
    let path = format!("/api/v1/admin/events/{campaign}/stock?initial_stock={stock}");
    let reply = client.post(&path, None)?;
    match reply.status {
        200 => Ok(true),
        401 | 403 => bail!("the server wants an administrator's key for that ({})", reply.describe()),
        _ => bail!(reply.describe()),
    }
}

/// The stock of a campaign that was there, as the administrator sees it.
fn stock_of(client: &mut Client, campaign: &str) -> Option<u32> {
    if !client.has_admin_key() {
        return None;
    }
    let reply = client.get(&format!("/api/v1/admin/campaigns/{campaign}")).ok()?;
    u32::try_from(reply.json().ok()?.get("stock")?.as_u64()?).ok()
}

/// The campaign's figures in the hot state.
pub(super) fn standing(client: &mut Client, campaign: &str) -> anyhow::Result<Standing> {
    let reply = client.get(&format!("/api/v1/coupons/status/{campaign}"))?;
    if reply.status != 200 {
        bail!("the status of {campaign} cannot be read: {}", reply.describe());
    }
    let answer = reply.json()?;
    let read = || {
        Some(Standing {
            remaining_stock: u32::try_from(answer.get("remaining_stock")?.as_u64()?).ok()?,
            total_participants: answer.get("total_participants")?.as_u64()?,
            status: answer.get("status").and_then(Value::as_str)?.to_owned(),
        })
    };
    read().with_context(|| format!("the status of {campaign} lacks figures: {}", reply.describe()))
}
