//! The mail that has arrived.

use super::unavailable;
use crate::books::mails;
use crate::service::Sandbox;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::Timestamp;
use onsale_http::{ApiError, Json, Query};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
pub(super) struct MailQuery {
    to: Option<String>,
}

/// The newest hundred, newest first.
pub(super) async fn list(
    State(sandbox): State<Sandbox>,
    Query(query): Query<MailQuery>,
) -> Result<impl IntoResponse, ApiError> {
    let to = query.to.map(|to| to.to_lowercase());
    let found = sandbox.0.books.change(move |connection| mails::list(connection, to.as_deref())).await;
    let found = found.map_err(unavailable)?.into_iter();
    let list: Vec<Value> = found
        .map(|mail| json!({"to": mail.to, "subject": mail.subject, "text": mail.text, "at": Timestamp(mail.at_ms)}))
        .collect();
    Ok(Json(json!({"list": list})))
}
