//! Coupon campaigns: `/console/campaigns`.

mod change;
mod make;
mod run;
mod show;
mod specs;

use super::evening::campaign_row;
use super::fields::Given;
use super::frame::{Frame, Paging, asked, page_number, shell, show};
use super::model::{Campaign, List};
use super::operator::{Operator, to_form};
use super::words::Say;
use crate::{Pages, Problem};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use web::Shell;

/// Campaigns on a page.
const SIZE: u64 = 50;

/// The routes.
pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/console/campaigns", get(list))
        .route("/console/campaigns/new", get(make::form).post(make::make))
        .route("/console/campaigns/{id}", get(show::show_campaign))
        .route("/console/campaigns/{id}/change", get(to_form).post(change::change))
        .route("/console/campaigns/{id}/stock", get(to_form).post(run::stock))
        .route("/console/campaigns/{id}/close", get(run::close_form).post(run::close))
        .route("/console/campaigns/{id}/run", get(to_form).post(run::run))
}

#[derive(Template)]
#[template(path = "console/campaigns.html")]
struct CampaignsPage {
    shell: Shell,
    frame: Frame,
    campaigns: Vec<super::evening::CampaignRow>,
    paging: Paging,
}

async fn list(State(pages): State<Pages>, operator: Operator) -> Result<Response, Problem> {
    let t = operator.t();
    let asked = asked(&operator);
    let page = page_number(Given(&asked));
    let path = format!("/api/v1/admin/campaigns?page={page}&size={SIZE}");
    let campaigns = pages.api.get::<List<Campaign>>(&operator, &path).await?;
    let template = CampaignsPage {
        shell: shell(&operator, t.get("console-campaigns-title")),
        frame: Frame::at("console-nav-campaigns", "campaigns"),
        paging: Paging::new("/console/campaigns", &[], page, SIZE, campaigns.total_elements),
        campaigns: campaigns.list.into_iter().map(campaign_row).collect(),
    };
    Ok(show(StatusCode::OK, &template.shell, &template))
}

/// The address of the API for a campaign, with the tenant that the page's address names.
fn api_path(id: &str, act: &str, tenant: &str) -> String {
    super::frame::with_query(&format!("/api/v1/admin/campaigns/{id}{act}"), &[("tenant", tenant)])
}

/// The address of a campaign's page.
fn page_path(id: &str, act: &str, tenant: &str, done: &[(&str, &str)]) -> String {
    let mut pairs = done.to_vec();
    pairs.push(("tenant", tenant));
    super::frame::with_query(&format!("/console/campaigns/{id}{act}"), &pairs)
}
