//! `GET /identity-verifications/{id}`.

use super::answer::{Disturbed, Refusal, Reply, demand_id, demand_secret, demand_store, finish};
use super::moment;
use crate::books::faults::{self, Call};
use crate::books::identities::{self, Identity};
use crate::service::Sandbox;
use crate::settings::PortOneSettings;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::HeaderMap;
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LookUpQuery {
    store_id: Option<String>,
}

pub(super) async fn look_up(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    Query(query): Query<LookUpQuery>,
    headers: HeaderMap,
) -> Response {
    let answered = answer(&sandbox, id, &query, &headers).await;
    finish(&sandbox, answered).await
}

async fn answer(sandbox: &Sandbox, id: String, query: &LookUpQuery, headers: &HeaderMap) -> Result<Disturbed, Refusal> {
    demand_secret(sandbox, headers)?;
    demand_id(&id)?;
    demand_store(sandbox, query.store_id.as_deref())?;
    let portone = sandbox.settings().portone.clone();
    let change = move |connection: &Connection| {
        identities::count(connection, &id)?;
        let fault = faults::meet(connection, Call::Identity, &id)?;
        let reply = match identities::find(connection, &id)? {
            Some(identity) => Reply::ok(&view(&identity, &portone)),
            None => Refusal::new(404, "IDENTITY_VERIFICATION_NOT_FOUND", "there is no such verification").into(),
        };
        Ok(Disturbed { reply, fault, delay_ms: 0 })
    };
    Ok(sandbox.0.books.change(change).await?)
}

fn view(identity: &Identity, portone: &PortOneSettings) -> Value {
    let at = moment(identity.made_ms);
    let mut view = json!({
        "status": identity.status,
        "id": identity.id,
        "channel": {
            "type": if portone.is_test_channel { "TEST" } else { "LIVE" },
            "key": portone.channel_key,
            "name": "sandbox",
            "pgProvider": "DANAL",
        },
        "requestedAt": at,
        "updatedAt": at,
        "statusChangedAt": at,
        "version": "V2",
    });
    match identity.status.as_str() {
        "VERIFIED" => {
            let mut customer = json!({
                "name": identity.name, "phoneNumber": identity.phone, "operator": "SKT", "birthDate": "1990-01-01",
                "isForeigner": false,
            });
            if !identity.ci.is_empty() {
                customer["ci"] = json!(identity.ci);
                customer["di"] = json!(identity.di);
            }
            view["verifiedCustomer"] = customer;
            view["verifiedAt"] = json!(at);
        }
        "FAILED" => view["failure"] = json!({"reason": "the person could not be identified"}),
        _ => view["requestedCustomer"] = json!({"name": identity.name, "phoneNumber": identity.phone}),
    }
    view
}
