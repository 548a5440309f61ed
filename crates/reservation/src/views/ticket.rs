//! The JSON of tickets at doors.

use super::given::{GivenId, GivenTime, present, text};
use crate::peers::Show;
use domain::reservation::Reservation;
use domain::ticket::{PublicTicketKey, TicketKeys, TicketStatus};
use domain::{ScheduleId, Timestamp};
use onsale_http::{ApiError, ROUTE_BODY_BYTES, RequestBody};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest name of a gate, in characters.
const GATE_LENGTH_MAX: usize = 64;
/// Longest text of a code, in bytes: longer ones are no codes, and are not worth reading.
const QR_LENGTH_MAX: usize = 4_096;
/// Most marks of one batch.
const BATCH_MAX: usize = 500;

/// A ticket is shown.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShownTicket {
    /// What the QR code says: the whole link, or what stands after `/tickets/verify/`.
    qr_data: String,
    /// The gate.
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 64, nullable = false)]
    gate: Option<String>,
    /// Only tickets of this schedule are good here.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    schedule_id: Option<GivenId>,
    /// Looks, and marks nothing.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    peek: Option<bool>,
}

impl RequestBody for ShownTicket {
    const LIMIT_BYTES: usize = ROUTE_BODY_BYTES;
}

/// A shown ticket whose form was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// What was scanned.
    pub scanned: String,
    /// The gate.
    pub gate: Option<String>,
    /// Only tickets of this schedule are good here.
    pub schedule: Option<ScheduleId>,
    /// Whether nothing is marked.
    pub is_peek: bool,
}

impl ShownTicket {
    /// Checks the form.
    ///
    /// # Errors
    /// `INVALID_INPUT` with the name of the field.
    pub fn checked(self) -> Result<Shown, ApiError> {
        Ok(Shown {
            scanned: scanned(&self.qr_data)?,
            gate: self.gate.map(|gate| text(&gate, GATE_LENGTH_MAX, "gate")).transpose()?,
            schedule: self.schedule_id.map(|id| ScheduleId(id.0)),
            is_peek: self.peek.unwrap_or(false),
        })
    }
}

fn scanned(text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    if text.is_empty() || text.len() > QR_LENGTH_MAX {
        return Err(ApiError::invalid(format!("qrData must have 1 to {QR_LENGTH_MAX} bytes")));
    }
    Ok(text.to_owned())
}

/// A mark that a door without the network hands in.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GivenMark {
    qr_data: String,
    /// When somebody came in.
    at: GivenTime,
}

/// Marks that a door without the network hands in.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GivenMarks {
    /// The gate.
    #[schema(max_length = 64)]
    gate: String,
    /// Only tickets of this schedule are good here.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    schedule_id: Option<GivenId>,
    #[schema(min_items = 1, max_items = 500)]
    list: Vec<GivenMark>,
}

impl RequestBody for GivenMarks {
    const LIMIT_BYTES: usize = ROUTE_BODY_BYTES;
}

/// One mark whose form was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    /// What was scanned.
    pub scanned: String,
    /// When.
    pub at: Timestamp,
}

/// Marks whose form was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks {
    /// The gate.
    pub gate: String,
    /// Only tickets of this schedule are good here.
    pub schedule: Option<ScheduleId>,
    /// In the order of the request.
    pub list: Vec<Marked>,
}

impl GivenMarks {
    /// Checks the form.
    ///
    /// # Errors
    /// `INVALID_INPUT` with the name of the field.
    pub fn checked(self) -> Result<Marks, ApiError> {
        if !(1..=BATCH_MAX).contains(&self.list.len()) {
            return Err(ApiError::invalid(format!("list must have 1 to {BATCH_MAX} marks")));
        }
        let marked = |mark: GivenMark| Ok(Marked { scanned: scanned(&mark.qr_data)?, at: mark.at.0 });
        Ok(Marks {
            gate: text(&self.gate, GATE_LENGTH_MAX, "gate")?,
            schedule: self.schedule_id.map(|id| ScheduleId(id.0)),
            list: self.list.into_iter().map(marked).collect::<Result<_, ApiError>>()?,
        })
    }
}

/// What was found of a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketView {
    /// `VALID`, `USED`, `CANCELLED`, `FORGED` or `WRONG_SCHEDULE`.
    pub status: &'static str,
    /// Null of a forged one, as all that follows.
    pub ticket_number: Option<String>,
    /// Null while nobody knows it.
    pub event_title: Option<String>,
    /// The beginning of the performance.
    #[schema(value_type = Option<String>)]
    pub schedule_date: Option<Timestamp>,
    /// Numbers of seats, such as `A-1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub seats: Option<Vec<String>>,
    /// When somebody came in with it first.
    #[schema(value_type = Option<String>)]
    pub used_at: Option<Timestamp>,
    /// Where.
    pub gate: Option<String>,
}

impl TicketView {
    /// Of a text that is no ticket of ours.
    pub fn forged() -> Self {
        Self {
            status: TicketStatus::Forged.as_str(),
            ticket_number: None,
            event_title: None,
            schedule_date: None,
            seats: Some(Vec::new()),
            used_at: None,
            gate: None,
        }
    }

    /// Of a ticket whose code is ours. `reservation`: its row, if there is one.
    pub fn of(status: TicketStatus, number: String, reservation: Option<&Reservation>, show: Option<&Show>) -> Self {
        let seats = |reservation: &Reservation| reservation.seats.iter().map(|seat| seat.number.clone()).collect();
        let mark = reservation.and_then(|reservation| reservation.used.as_ref());
        Self {
            status: status.as_str(),
            ticket_number: Some(number),
            event_title: show.map(|show| show.event_title.clone()),
            schedule_date: show.map(|show| show.event_start_at),
            seats: Some(reservation.map(seats).unwrap_or_default()),
            used_at: mark.map(|mark| mark.at),
            gate: mark.and_then(|mark| mark.gate.clone()),
        }
    }

    /// What everybody may read who has the code: no seats.
    #[must_use]
    pub fn public(self) -> Self {
        Self { seats: None, ..self }
    }
}

/// What became of one mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MarkView {
    /// Null of a forged one.
    pub ticket_number: Option<String>,
    /// As of one ticket; `USED`: somebody came in with it earlier.
    pub status: &'static str,
    /// The mark that counts.
    #[schema(value_type = Option<String>)]
    pub used_at: Option<Timestamp>,
    /// Its gate.
    pub gate: Option<String>,
}

/// What became of the marks, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MarksView {
    /// One a mark.
    pub list: Vec<MarkView>,
}

/// A key that checks tickets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyView {
    #[schema(example = "a1b2c3d4")]
    key_id: String,
    /// `Ed25519`.
    algorithm: &'static str,
    /// The 32 bytes of the key, base64url without padding.
    public_key: String,
}

/// The keys that check tickets, the one that signs new ones first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct KeysView {
    keys: Vec<KeyView>,
}

impl KeysView {
    /// These keys.
    pub fn of(keys: &TicketKeys) -> Self {
        let view = |key: &PublicTicketKey| KeyView {
            key_id: key.id.to_string(),
            algorithm: "Ed25519",
            public_key: key.shown(),
        };
        Self { keys: keys.public().iter().map(view).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use onsale_http::extract::json::from_json;
    use serde_json::json;

    #[test]
    fn a_malformed_check_is_refused_by_the_name_of_its_field() {
        let read = |body: serde_json::Value| {
            from_json::<ShownTicket>(body.to_string().as_bytes()).and_then(ShownTicket::checked)
        };
        let shown = read(json!({"qrData": " a.b ", "gate": " 3 ", "peek": true, "more": 1})).expect("a check");
        assert_eq!((shown.scanned.as_str(), shown.gate.as_deref(), shown.is_peek), ("a.b", Some("3"), true));
        for (body, field) in [
            (json!({}), "qrData"),
            (json!({"qrData": null}), "qrData"),
            (json!({"qrData": " "}), "qrData"),
            (json!({"qrData": 7}), "qrData"),
            (json!({"qrData": "x".repeat(5_000)}), "qrData"),
            (json!({"qrData": "a", "gate": ""}), "gate"),
            (json!({"qrData": "a", "gate": null}), "gate"),
            (json!({"qrData": "a", "gate": "x".repeat(65)}), "gate"),
            (json!({"qrData": "a", "scheduleId": "7"}), "scheduleId"),
            (json!({"qrData": "a", "peek": "yes"}), "peek"),
        ] {
            let detail = read(body.clone()).expect_err("refused").detail.unwrap_or_default();
            assert!(detail.contains(field), "{body}: {detail}");
        }
    }

    #[test]
    fn a_batch_has_a_gate_and_1_to_500_marks() {
        let read = |body: serde_json::Value| {
            from_json::<GivenMarks>(body.to_string().as_bytes()).and_then(GivenMarks::checked)
        };
        let mark = json!({"qrData": "a.b", "at": "2026-12-24T10:00:00.5+09:00"});
        let marks = read(json!({"gate": "3", "list": [mark]})).expect("marks");
        assert_eq!(marks.list[0].at.millis() % 1_000, 500);
        assert_eq!(read(json!({"gate": "3", "list": vec![&mark; 500]})).expect("marks").list.len(), 500);
        for (body, field) in [
            (json!({"list": [mark]}), "gate"),
            (json!({"gate": " ", "list": [mark]}), "gate"),
            (json!({"gate": "3"}), "list"),
            (json!({"gate": "3", "list": []}), "list"),
            (json!({"gate": "3", "list": vec![&mark; 501]}), "list"),
            (json!({"gate": "3", "list": [{"qrData": "a.b"}]}), "at"),
            (json!({"gate": "3", "list": [{"qrData": "a.b", "at": "today"}]}), "list[0].at"),
            (json!({"gate": "3", "list": [{"qrData": "", "at": "2026-12-24T10:00:00"}]}), "qrData"),
        ] {
            let detail = read(body.clone()).expect_err("refused").detail.unwrap_or_default();
            assert!(detail.contains(field), "{body}: {detail}");
        }
    }
}
