//! The show under test: a hall of one grade for each quarter of its rows, made by an administrator.

use super::super::target::Target;
use super::tokens::Tokens;
use crate::load::parse;
use anyhow::{Context, bail, ensure};
use domain::{ScheduleId, SeatId, Timestamp};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use uuid::Uuid;

const TIMEOUT: Duration = Duration::from_secs(60);
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Seats in a row.
const ROW: u32 = 50;
const GRADES: [&str; 4] = ["VIP", "S", "A", "B"];

/// What is sold.
pub(super) struct Show {
    pub(super) schedule: ScheduleId,
    /// The seats, the best first.
    pub(super) seats: Vec<SeatId>,
    pub(super) title: String,
}

/// An administrator's calls.
pub(super) struct Administrator<'a> {
    target: &'a Target,
    token: String,
}

impl<'a> Administrator<'a> {
    pub(super) fn new(target: &'a Target, tokens: &Tokens) -> Self {
        Self { target, token: tokens.of(Uuid::new_v4(), "ADMIN") }
    }

    /// A call that must be answered with this status; its body.
    pub(super) fn call(&self, method: &str, path: &str, body: Option<&Value>, status: u16) -> anyhow::Result<Value> {
        let (given, answer) = self.answer(method, path, body)?;
        let excerpt = String::from_utf8_lossy(&answer[..answer.len().min(300)]).into_owned();
        ensure!(given == status, "{method} {path}: status {given}: {excerpt}");
        if answer.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_slice(&answer)?) }
    }

    /// Status and body.
    pub(super) fn answer(&self, method: &str, path: &str, body: Option<&Value>) -> anyhow::Result<(u16, Vec<u8>)> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
             Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
            self.target.host,
            self.token,
            body.len()
        );
        let mut stream = TcpStream::connect_timeout(&self.target.address, TIMEOUT).context("cannot connect")?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.write_all(request.as_bytes())?;
        let (mut bytes, mut joined, mut chunk) = (Vec::new(), Vec::new(), vec![0; 64 * 1024]);
        loop {
            if let Some((answer, _)) = parse(&bytes, BODY_BYTES_MAX, &mut joined)? {
                return Ok((answer.status, answer.body.to_vec()));
            }
            match stream.read(&mut chunk)? {
                0 => bail!("{method} {path}: the connection ended early"),
                count => bytes.extend_from_slice(&chunk[..count]),
            }
        }
    }
}

fn row_name(row: u32) -> String {
    format!("R{:04}", row + 1)
}

fn template(seats: u32) -> Value {
    let seats: Vec<Value> = (0..seats)
        .map(|seat| {
            let (row, rows) = (seat / ROW, seats.div_ceil(ROW));
            let grade = GRADES[(row * 4 / rows.max(1)).min(3) as usize];
            json!({"row": row_name(row), "number": seat % ROW + 1, "grade": grade})
        })
        .collect();
    json!({ "seats": seats })
}

fn at(now: Timestamp, days: i64) -> String {
    now.plus_seconds(days * 86_400).to_string()
}

/// Makes it, publishes it, and opens its line at this rate.
pub(super) fn make(admin: &Administrator<'_>, seats: u32, admit_per_second: u32) -> anyhow::Result<Show> {
    let id = |value: &Value| value["id"].as_str().map(str::to_owned).context("no id in the answer");
    let venue = admin.call("POST", "/venues", Some(&json!({"name": "Rush", "address": "1", "city": "Seoul"})), 201)?;
    let venue = id(&venue)?;
    let hall = json!({"name": "Rush", "capacity": seats, "seatTemplate": template(seats)});
    let hall = id(&admin.call("POST", &format!("/venues/{venue}/halls"), Some(&hall), 201)?)?;
    let (now, title) = (clock::now(), format!("Rush {:08x}", fastrand::u32(..)));
    let event = json!({
        "title": title, "artist": "Rush", "venueId": venue, "hallId": hall,
        "priceByGrade": {"VIP": 150_000, "S": 120_000, "A": 90_000, "B": 60_000},
        "schedules": [{
            "playSequence": 1, "eventStartAt": at(now, 30), "eventEndAt": at(now, 31), "saleStartAt": at(now, -1),
            "saleEndAt": at(now, 29),
        }],
    });
    // Of four grades a small hall has fewer, whose prices alone are asked for.
    let event = id(&admin.call("POST", "/events", Some(&event), 201)?)?;
    admin.call("POST", &format!("/events/{event}/open"), None, 200)?;
    let detail = admin.call("GET", &format!("/events/{event}"), None, 200)?;
    let schedule: ScheduleId = detail["schedules"][0]["times"][0]["id"]
        .as_str()
        .and_then(|text| text.parse().ok())
        .context("no schedule in the event")?;
    let path = format!("/events/schedules/{schedule}/seats");
    let grades = admin.call("GET", &path, None, 200)?;
    let found = grades["grades"].as_array().context("no grades")?.iter().flat_map(|grade| grade["seats"].as_array());
    let mut seats: Vec<SeatId> = found.flatten().filter_map(|seat| seat["id"].as_str()?.parse().ok()).collect();
    seats.sort_unstable();
    let rate = json!({ "ratePerSecond": admit_per_second });
    // The line of a schedule is made when somebody enters; where it cannot be set yet the configured rate holds.
    let _unset = admin.answer("PUT", &format!("/queue/admin/queue:{schedule}/rate"), Some(&rate))?;
    Ok(Show { schedule, seats, title })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hall_has_its_seats_in_rows_of_four_grades() {
        let made = template(120);
        let seats = made["seats"].as_array().expect("seats");
        assert_eq!(seats.len(), 120);
        assert_eq!((seats[0]["grade"].as_str(), seats[0]["row"].as_str()), (Some("VIP"), Some("R0001")));
        assert_eq!(seats[51]["number"], 2);
        assert_ne!(seats[119]["grade"], "VIP");
    }
}
