//! One campaign: its coupons, and the forms that run it.

use super::super::fields::{Conflict, Field, Given, shown};
use super::super::frame::{Frame, asked, plain, shell, show};
use super::super::model::CampaignSales;
use super::super::operator::Operator;
use super::super::words::Say;
use super::specs;
use super::{api_path, page_path};
use crate::{Pages, Problem};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use serde_json::{Map, Value as Json};
use web::{FieldError, Shell, Value};

/// What is known of a campaign.
pub(super) struct Known {
    pub id: String,
    /// Empty for the tenant `default`.
    pub tenant: String,
    /// As the API has it, with the discount spread over three fields.
    pub campaign: Map<String, Json>,
    pub sales: Option<CampaignSales>,
}

impl Known {
    pub fn text(&self, field: &str) -> &str {
        self.campaign.get(field).and_then(Json::as_str).unwrap_or_default()
    }

    pub fn number(&self, field: &str) -> u64 {
        self.campaign.get(field).and_then(Json::as_u64).unwrap_or_default()
    }

    /// Whether people come through a line.
    pub fn is_gated(&self) -> bool {
        self.campaign.get("gated").and_then(Json::as_bool).unwrap_or_default()
    }

    /// The campaign in names of lines and pages: `~` stands between tenant and campaign.
    pub fn in_address(&self) -> String {
        if self.tenant.is_empty() { self.id.clone() } else { format!("{}~{}", self.tenant, self.id) }
    }

    /// What an operator can do to its issuing now: value and text of the button.
    pub fn acts(&self) -> Vec<(&'static str, &'static str)> {
        match self.text("status") {
            "scheduled" => vec![("open", "console-campaign-open-press")],
            "active" | "sold_out" => vec![("pause", "console-campaign-pause-press")],
            "paused" => vec![("resume", "console-campaign-resume-press")],
            _ => Vec::new(),
        }
    }

    /// The address of one of its forms.
    pub fn action(&self, act: &str) -> String {
        page_path(&self.id, act, &self.tenant, &[])
    }
}

/// Reads a campaign; none if there is no such.
pub(super) async fn known(pages: &Pages, operator: &Operator, id: &str) -> Result<Option<Known>, Problem> {
    let id = plain(operator, id)?.to_owned();
    let asked = asked(operator);
    let tenant = Given(&asked).text("tenant").to_owned();
    let campaign = pages.api.get::<Map<String, Json>>(operator, &api_path(&id, "", &tenant)).await;
    let campaign = match campaign {
        Ok(campaign) => specs::spread(campaign),
        Err(problem) if problem.status == StatusCode::NOT_FOUND => return Ok(None),
        Err(problem) => return Err(problem),
    };
    let sales = pages.api.get::<CampaignSales>(operator, &api_path(&id, "/sales", &tenant)).await.ok();
    Ok(Some(Known { id, tenant, campaign, sales }))
}

#[derive(Template)]
#[template(path = "console/campaign.html")]
struct CampaignPage {
    shell: Shell,
    frame: Frame,
    errors: Vec<FieldError>,
    conflicts: Vec<Conflict>,
    known: Known,
    fields: Vec<Field>,
    add: String,
}

/// What a form brings back to the campaign's page.
#[derive(Default)]
pub(super) struct Told {
    pub errors: Vec<FieldError>,
    pub conflicts: Vec<Conflict>,
    pub given: Vec<(String, String)>,
}

pub(super) async fn show_campaign(
    State(pages): State<Pages>,
    operator: Operator,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    match known(&pages, &operator, &id).await? {
        Some(known) => Ok(campaign_page(&operator, known, StatusCode::OK, Told::default())),
        None => Ok(missing(&operator)),
    }
}

pub(super) fn campaign_page(operator: &Operator, known: Known, status: StatusCode, told: Told) -> Response {
    let t = operator.t();
    let given = (!told.given.is_empty()).then_some(Given(&told.given));
    let title = t.with("console-campaign-title", &[("name", Value::from(known.text("name").to_owned()))]);
    let template = CampaignPage {
        shell: shell(operator, title).errors(!told.errors.is_empty()).script("console/campaign.js"),
        frame: Frame::at("console-nav-campaigns", if told.conflicts.is_empty() { "campaign" } else { "conflict" })
            .done(done(operator)),
        fields: shown(t, &specs::CHANGE, Some(&known.campaign), given, &told.errors),
        add: given.map(|given| given.text("add").to_owned()).unwrap_or_default(),
        errors: told.errors,
        conflicts: told.conflicts,
        known,
    };
    show(status, &template.shell, &template)
}

fn done(operator: &Operator) -> Option<String> {
    let t = operator.t();
    let asked = asked(operator);
    let asked = Given(&asked);
    let id = match asked.get("done")? {
        "made" => "console-campaign-made",
        "changed" => "console-changed",
        "unchanged" => "console-unchanged",
        "open" => "console-campaign-opened",
        "pause" => "console-campaign-paused",
        "resume" => "console-campaign-resumed",
        "close" => "console-campaign-closed",
        "stock" => {
            let add: u32 = asked.text("add").parse().ok()?;
            return Some(t.with("console-campaign-stock-done", &[("add", Value::from(add))]));
        }
        _ => return None,
    };
    Some(t.get(id).to_owned())
}

/// There is no such campaign.
pub(super) fn missing(operator: &Operator) -> Response {
    super::super::frame::missing(operator, "campaign", "console-nav-campaigns")
}
