//! What people call a line.

use super::super::frame::with_query;
use super::super::model::{Campaign, EventDetail, Schedule};
use super::super::operator::Operator;
use super::rows::kind_of;
use crate::Pages;
use domain::Timestamp;
use web::Texts;

/// The show and the night of a schedule.
pub(in crate::console) fn night(t: Texts, title: &str, at: Timestamp) -> String {
    format!("{title} · {} {}", t.date(at), t.time(at))
}

/// Tenant and id of the campaign that a line stands in front of; the tenant is empty for `default`.
pub(in crate::console) fn campaign_of(address: &str) -> Option<(&str, &str)> {
    let name = address.strip_prefix("gate:")?;
    Some(name.split_once('~').unwrap_or(("", name)))
}

/// The name of what a line stands in front of; none for a site, which is called as its line, and while its role is away.
pub(in crate::console) async fn label_of(pages: &Pages, operator: &Operator, address: &str) -> Option<String> {
    if let Some((tenant, campaign)) = campaign_of(address) {
        let path = with_query(&format!("/api/v1/admin/campaigns/{campaign}"), &[("tenant", tenant)]);
        return pages.api.get::<Campaign>(operator, &path).await.ok().map(|campaign| campaign.name);
    }
    if kind_of(address) != "console-kind-schedule" {
        return None;
    }
    let schedule = pages.api.get::<Schedule>(operator, &format!("/events/schedules/{address}")).await.ok()?;
    let event = pages.api.get::<EventDetail>(operator, &format!("/events/{}", schedule.event_id)).await.ok()?;
    Some(night(operator.t(), &event.title, schedule.event_start_at))
}
