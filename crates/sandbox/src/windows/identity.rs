//! PortOne's window for verifying an identity.

use super::{PageLanguage, ReturnTo, pages};
use crate::books::identities;
use crate::doors::{IdentityStatus, ci_of, identity, unavailable};
use crate::service::Sandbox;
use axum::extract::State;
use axum::response::Response;
use onsale_http::{ApiError, Form, Query, RequestBody};
use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Window {
    return_url: String,
    name: String,
    phone: String,
    outcome: IdentityStatus,
}

impl RequestBody for Window {
    const LIMIT_BYTES: usize = 16_384;
}

impl Window {
    fn back(&self, sandbox: &Sandbox) -> Result<ReturnTo, ApiError> {
        let back = ReturnTo::read(&self.return_url, &sandbox.settings().return_origins);
        back.map_err(|_| {
            ApiError::invalid("returnUrl must be a path of this site, or an address that the sandbox knows")
        })
    }
}

pub(super) async fn ask(
    State(sandbox): State<Sandbox>,
    Query(window): Query<Window>,
    PageLanguage(language): PageLanguage,
) -> Result<Response, ApiError> {
    let back = window.back(&sandbox)?;
    Ok(pages::identity(&window.return_url, &back, language))
}

pub(super) async fn answer(State(sandbox): State<Sandbox>, Form(window): Form<Window>) -> Result<Response, ApiError> {
    let back = window.back(&sandbox)?;
    let (name, phone) = (window.name.trim(), window.phone.trim());
    let made = identity(name, phone, ci_of(name, phone), window.outcome)?;
    let id = made.id.clone();
    sandbox.0.books.change(move |connection| identities::insert(connection, &made)).await.map_err(unavailable)?;
    let mut fields = vec![("identityVerificationId", id.as_str())];
    match window.outcome {
        IdentityStatus::Verified => {}
        IdentityStatus::Failed => fields.extend([("code", "FAILURE_TYPE_PG"), ("message", "not identified")]),
        IdentityStatus::Ready => fields.extend([("code", "USER_CANCEL"), ("message", "not finished")]),
    }
    Ok(back.see_other(&fields))
}
