//! What the audit log says of campaigns and coupons. The action follows from what changed. Redemptions are no operator's
//! change: messages tell of them.

use crate::steps::{CouponStep, Wish};
use call::{Entry, Facts};
use domain::coupon::campaign::Switches;
use domain::{Campaign, CampaignId, CouponStatus};
use serde_json::{Value, json};

fn target(id: &CampaignId) -> String {
    format!("campaign:{id}")
}

/// A campaign as the audit log shows it: without what is the same of every campaign, such as its revision.
fn shown(campaign: &Campaign) -> Value {
    // Numbers and texts: it can be written.
    let mut shown = serde_json::to_value(campaign).unwrap_or_default();
    if let Some(fields) = shown.as_object_mut() {
        ["id", "revision", "created_at"].iter().for_each(|field| drop(fields.remove(*field)));
    }
    shown
}

/// The entry of a new campaign; `None` in background work.
pub(crate) fn made(campaign: &Campaign) -> Option<Entry> {
    let (target, after) = (target(&campaign.id), Some(shown(campaign)));
    Entry::of(Facts { action: "campaign.create", target, before: None, after })
}

/// The entry of a deleted campaign; `None` in background work.
pub(crate) fn deleted(campaign: &Campaign) -> Option<Entry> {
    let (target, before) = (target(&campaign.id), Some(shown(campaign)));
    Entry::of(Facts { action: "campaign.delete", target, before, after: None })
}

/// The entry of a changed campaign; `None` in background work.
pub(crate) fn changed(before: &Campaign, after: &Campaign) -> Option<Entry> {
    let (action, target) = (action(before, after), target(&after.id));
    Entry::of(Facts { action, target, before: Some(shown(before)), after: Some(shown(after)) })
}

fn action(before: &Campaign, after: &Campaign) -> &'static str {
    let without_stock = Campaign { stock: before.stock, revision: before.revision, ..after.clone() };
    if before.switches != after.switches {
        return switched(before.switches, after.switches);
    }
    if *before == without_stock { "campaign.stock" } else { "campaign.change" }
}

fn switched(before: Switches, after: Switches) -> &'static str {
    if after.closed && !before.closed {
        "campaign.close"
    } else if after.opened && !before.opened {
        "campaign.open"
    } else if after.paused {
        "campaign.pause"
    } else {
        "campaign.resume"
    }
}

/// The entry of a coupon that an operator revokes; `None` for every other step, and in background work.
pub(crate) fn used(step: &CouponStep, before: CouponStatus) -> Option<Entry> {
    let Wish::Revoke { return_to_stock } = step.wish else { return None };
    let after = json!({"status": CouponStatus::Revoked.as_str(), "returned_to_stock": return_to_stock});
    Entry::of(Facts {
        action: "coupon.revoke",
        target: format!("coupon:{}", step.coupon),
        before: Some(json!({"status": before.as_str()})),
        after: Some(after),
    })
}

/// The entry of a repair of the books of one campaign, or of all; `None` in background work.
pub(crate) fn repair(only: Option<&CampaignId>) -> Option<Entry> {
    let target = only.map_or_else(|| "campaign:*".to_owned(), target);
    Entry::of(Facts { action: "reconcile.repair", target, before: None, after: None })
}
