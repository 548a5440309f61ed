//! The sales of an event: seats by the catalog, what is held by reservation, money by payment.

use super::Operators;
use super::ask::{Away, one, part, path};
use super::views::Part;
use access::AdministratorCaller;
use axum::extract::State;
use domain::ErrorCode;
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Query};
use serde::Deserialize;
use serde_json::{Value, json};

/// Of which event.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wanted {
    event_id: Option<String>,
}

/// What is sold of an event: each schedule, and its grades. A number whose role is away is null.
#[utoipa::path(get, path = "/api/v1/admin/sales", tag = "operation", security(("apiKey" = ["read"])),
    params(("eventId" = String, Query)),
    responses((status = 200, body = Object, description = "`{eventId,title,schedules:[{scheduleId,sequence,eventStartAt,status,total,\
        sold,held,free,captured,refunded,byGrade}],at,parts}`"), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn show(
    State(operators): State<Operators>,
    _: AdministratorCaller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>, ApiError> {
    let event = wanted.event_id.ok_or_else(|| ApiError::invalid("give eventId"))?;
    if event.parse::<uuid::Uuid>().is_err() {
        return Err(ApiError::invalid("eventId must be a UUID"));
    }
    let peers = &*operators.peers;
    let seats = one(&peers.catalog, &path("sales/seats", &[("eventId", Some(&event))])).await?;
    let mut sales = seats.ok_or(ErrorCode::NotFound)?;
    let schedules = sales["schedules"].as_array().into_iter().flatten();
    let ids: Vec<&str> = schedules.filter_map(|schedule| schedule["scheduleId"].as_str()).collect();
    let ids = ids.join(",");
    let (of_held, of_money) =
        (path("sales/held", &[("schedules", Some(&ids))]), path("sales/money", &[("schedules", Some(&ids))]));
    let (held, money) =
        futures::future::join(part(&peers.reservation, &of_held), part(&peers.payment, &of_money)).await;
    let (held, money) = (held?, money?);
    for schedule in sales["schedules"].as_array_mut().into_iter().flatten() {
        add(schedule, held.as_ref().ok(), money.as_ref().ok());
    }
    let error = |part: &Result<Value, Away>| part.as_ref().err().map(|away| away.error);
    sales["at"] = json!(domain::ZonedTime(clock::now()));
    sales["parts"] = json!([
        Part { role: peers.catalog.role(), error: None },
        Part { role: peers.reservation.role(), error: error(&held) },
        Part { role: peers.payment.role(), error: error(&money) },
    ]);
    Ok(Json(sales))
}

/// Adds what the other roles know of a schedule.
fn add(schedule: &mut Value, held: Option<&Value>, money: Option<&Value>) {
    let id = schedule["scheduleId"].as_str().unwrap_or_default().to_owned();
    let held = held.map(|held| &held["held"][&id]);
    let mut all_held = held.map(|_| 0);
    for (grade, counts) in schedule["byGrade"].as_object_mut().into_iter().flatten() {
        let held = held.map(|held| held[grade].as_i64().unwrap_or(0));
        all_held = all_held.zip(held).map(|(all, held)| all + held);
        counts["free"] = json!(free(counts, held));
        counts["held"] = json!(held);
    }
    schedule["free"] = json!(free(schedule, all_held));
    schedule["held"] = json!(all_held);
    for field in ["captured", "refunded"] {
        schedule[field] = money.map_or(Value::Null, |money| money["money"][&id][field].clone());
    }
}

/// Seats that are neither sold nor held. What is sold between two looks may be held in one of them: never below 0.
fn free(counts: &Value, held: Option<i64>) -> Option<i64> {
    let of = |field: &str| counts[field].as_i64().unwrap_or(0);
    held.map(|held| (of("total") - of("sold") - held).max(0))
}
