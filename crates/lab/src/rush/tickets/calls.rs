//! The requests of people.

use super::super::target::Target;
use super::person::{Person, Step};
use domain::ScheduleId;
use serde_json::{Value, json};
use std::io::Write;

/// Writes requests.
pub(super) struct Calls {
    host: String,
    schedule: ScheduleId,
}

impl Calls {
    pub(super) fn new(target: &Target, schedule: ScheduleId) -> Self {
        Self { host: target.host.clone(), schedule }
    }

    /// Appends the next request of a person.
    pub(super) fn write(&self, person: &Person, token: &str, seats: &[domain::SeatId], out: &mut Vec<u8>) {
        let (schedule, id) = (self.schedule, |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default());
        let reservation = id(person.reservation.map(|one| one.get()));
        let payment = id(person.payment.map(|one| one.get()));
        let (method, path, body) = match person.step {
            Step::Enter => ("POST", "/queue/enter".to_owned(), Some(json!({ "scheduleId": schedule }))),
            Step::Status => ("GET", format!("/queue/status?scheduleId={schedule}"), None),
            Step::Hold => ("POST", "/reservations/hold".to_owned(), Some(self.hold(person, seats))),
            Step::Pay => {
                let body = json!({"reservationId": reservation, "amount": person.amount, "paymentMethod": "CARD"});
                ("POST", "/payments".to_owned(), Some(body))
            }
            Step::FindPayment | Step::Window | Step::LookAtPayment => ("GET", format!("/payments/{payment}"), None),
            Step::Confirm => {
                let body = json!({
                    "reservationId": reservation, "paymentId": payment,
                    "paymentKey": id(person.key.map(|key| key.get())), "transactionId": person.transaction,
                    "amount": person.amount,
                });
                ("POST", "/payments/confirm".to_owned(), Some(body))
            }
            Step::Cancel => ("DELETE", format!("/reservations/{reservation}"), None),
        };
        self.write_one((method, &path), person, token, body.as_ref(), out);
    }

    fn hold(&self, person: &Person, seats: &[domain::SeatId]) -> Value {
        if seats.is_empty() {
            json!({"scheduleId": self.schedule, "count": person.manner.seats})
        } else {
            json!({"scheduleId": self.schedule, "seatIds": seats})
        }
    }

    fn write_one(
        &self,
        (method, path): (&str, &str),
        person: &Person,
        token: &str,
        body: Option<&Value>,
        out: &mut Vec<u8>,
    ) {
        let body = body.map(Value::to_string).unwrap_or_default();
        // Writing to memory cannot fail.
        let _written = write!(
            out,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n",
            self.host
        );
        if let Some(pass) = &person.pass {
            let _written = write!(out, "X-Queue-Token: {pass}\r\n");
        }
        if person.step == Step::Hold {
            let _written = write!(out, "Idempotency-Key: hold-{}\r\n", person.hold_number);
        }
        let _written = write!(out, "Content-Length: {}\r\n\r\n{body}", body.len());
    }
}
