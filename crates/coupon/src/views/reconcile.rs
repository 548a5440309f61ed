//! The JSON of a comparison: today's report, and its findings in the form of all parts.

use crate::reconcile::Report;
use domain::{CampaignId, EventName, TenantName};
use serde::Serialize;

/// A comparison of coupons.
#[derive(Debug, Serialize)]
pub(crate) struct ReconcileView {
    part: &'static str,
    #[serde(rename = "checkedAt")]
    checked_at: String,
    #[serde(flatten)]
    report: Report,
    differences: Vec<DifferenceView>,
    #[serde(rename = "isMore")]
    is_more: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    repaired: Option<Vec<String>>,
    #[serde(rename = "notRepaired", skip_serializing_if = "Option::is_none")]
    not_repaired: Option<Vec<NotRepaired>>,
}

#[derive(Debug, Serialize)]
struct DifferenceView {
    kind: &'static str,
    id: String,
    details: String,
    repair: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct NotRepaired {
    id: String,
    reason: String,
}

impl ReconcileView {
    pub fn of(report: Report) -> Self {
        let mut differences = Vec::new();
        for campaign in &report.campaigns {
            let (Ok(tenant), Ok(event)) = (TenantName::new(&campaign.tenant), EventName::new(&campaign.event_id))
            else {
                continue;
            };
            let id = CampaignId::new(tenant, event);
            differences.extend(campaign.findings.iter().map(|finding| DifferenceView {
                kind: finding.kind(),
                id: finding.id(&id),
                details: format!("{id}: {}", finding.details()),
                repair: finding.repair(),
            }));
        }
        let checked_at = report.checked_at.to_string();
        Self { part: "coupons", checked_at, report, differences, is_more: false, repaired: None, not_repaired: None }
    }

    /// What became of the findings that were named.
    pub fn with_named(mut self, ids: Option<&[String]>) -> Self {
        let Some(ids) = ids else { return self };
        let outcomes: Vec<&(String, Option<String>)> =
            self.report.campaigns.iter().flat_map(|campaign| &campaign.outcomes).collect();
        let (mut repaired, mut not_repaired) = (Vec::new(), Vec::new());
        for id in ids {
            match outcomes.iter().find(|(known, _)| known == id) {
                Some((_, None)) => repaired.push(id.clone()),
                Some((_, Some(reason))) => not_repaired.push(NotRepaired { id: id.clone(), reason: reason.clone() }),
                None => not_repaired.push(NotRepaired { id: id.clone(), reason: "GONE".to_owned() }),
            }
        }
        (self.repaired, self.not_repaired) = (Some(repaired), Some(not_repaired));
        self
    }
}
