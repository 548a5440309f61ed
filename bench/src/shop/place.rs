//! A server with a hall, an event in it, and people.

use crate::coupon::WIDE_LIMITS;
use crate::server::Server;
use crate::table::{Row, Table};
use anyhow::{Context, ensure};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};
use testkit::http::Client;

const ADMIN_EMAIL: &str = "admin@onsale.local";
const USER_EMAIL: &str = "demo@onsale.local";
const PASSWORD: &str = "bench password 7!";
const CALL_LIMIT: Duration = Duration::from_secs(60);
/// The gateway's key on the internal listener.
pub const SERVICE_KEY: &str = "5f4d1c1e-8f0c-4d7e-9c60-0a3b5d0c7e11";

/// A shop under measurement.
pub struct Place {
    /// The server, with all roles in one process.
    pub server: Server,
    /// Where it takes calls as if the gateway were elsewhere.
    pub internal: SocketAddr,
    /// The event.
    pub event: String,
    /// Its schedule.
    pub schedule: String,
    /// A person's access token.
    pub token: String,
    /// That person.
    pub user: String,
    /// An administrator's access token.
    pub admin: String,
}

impl Place {
    /// Opens a shop with one event in a large hall, and tells how long its seats took.
    pub fn open(program: &Path, seats: u32, table: &mut Table) -> anyhow::Result<Self> {
        let internal = free_address()?;
        let listen = internal.to_string();
        let own = [
            ("ONSALE__DEMO__ADMIN_PASSWORD", PASSWORD),
            ("ONSALE__DEMO__USER_PASSWORD", PASSWORD),
            ("ONSALE__INTERNAL__LISTEN", listen.as_str()),
            ("ONSALE__INTERNAL__KEY__GATEWAY", SERVICE_KEY),
            ("ONSALE__LIMITS__PER_USER_PER_MINUTE", "1000000"),
            ("ONSALE__USER__BCRYPT_COST", "10"),
        ];
        let server = Server::serve(program, &[&WIDE_LIMITS[..], &own[..]].concat())?;
        let address = server.address;
        let (admin, _) = log_in(address, ADMIN_EMAIL)?;
        let (token, user) = log_in(address, USER_EMAIL)?;
        let (event, schedule) = event(address, &admin, seats, table)?;
        Ok(Self { server, internal, event, schedule, token, user, admin })
    }

    /// One call of the administrator.
    pub fn as_admin(&self, method: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        as_admin(self.server.address, &self.admin, method, path, body)
    }
}

fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn log_in(address: SocketAddr, email: &str) -> anyhow::Result<(String, String)> {
    let body = log_in_body(email).to_string();
    let reply = Client::new(address).try_call("POST", "/auth/login", Some(body.as_bytes()), CALL_LIMIT)?;
    ensure!(reply.status == 200, "log-in of {email}: {} {}", reply.status, reply.text());
    let session: Value = serde_json::from_str(&reply.text())?;
    let token = session["accessToken"].as_str().context("no token")?.to_owned();
    let client = Client::new(address).with("Authorization", &format!("Bearer {token}"));
    let me: Value = serde_json::from_str(&client.try_call("GET", "/users/me", None, CALL_LIMIT)?.text())?;
    Ok((token, me["id"].as_str().context("no id")?.to_owned()))
}

/// The body of a log-in with the right password.
pub fn log_in_body(email: &str) -> Value {
    json!({"email": email, "password": PASSWORD, "recaptchaToken": "pass"})
}

fn as_admin(address: SocketAddr, token: &str, method: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
    let client = Client::new(address).with("Authorization", &format!("Bearer {token}"));
    let body = (!body.is_null()).then(|| body.to_string());
    let reply = client.try_call(method, path, body.as_ref().map(String::as_bytes), CALL_LIMIT)?;
    ensure!((200..300).contains(&reply.status), "{method} {path}: {} {}", reply.status, reply.text());
    Ok(serde_json::from_str(&reply.text()).unwrap_or_default())
}

fn event(address: SocketAddr, admin: &str, seats: u32, table: &mut Table) -> anyhow::Result<(String, String)> {
    let ask = |method: &str, path: &str, body: Value| as_admin(address, admin, method, path, &body);
    let id = |value: &Value| value["id"].as_str().map(str::to_owned).context("no id");
    let venue = id(&ask("POST", "/venues", json!({"name": "한강홀", "address": "여의도동 1", "city": "서울"}))?)?;
    let rows: Vec<String> = (0..seats.div_ceil(100)).map(|row| format!("R{row}")).collect();
    let grades: serde_json::Map<String, Value> =
        rows.iter().enumerate().map(|(at, row)| (row.clone(), json!(["VIP", "S", "A", "B"][at % 4]))).collect();
    let template = json!({"rows": rows, "seatsPerRow": 100, "gradeMapping": grades});
    let hall = json!({"name": "대극장", "capacity": seats.div_ceil(100) * 100, "seatTemplate": template});
    let hall = id(&ask("POST", &format!("/venues/{venue}/halls"), hall)?)?;
    let times = json!({"playSequence": 1, "eventStartAt": "2099-12-01T10:00:00", "eventEndAt": "2099-12-01T12:00:00",
        "saleStartAt": "2026-01-01T00:00:00", "saleEndAt": "2099-11-30T00:00:00"});
    let prices = json!({"VIP": 150_000, "S": 120_000, "A": 90_000, "B": 60_000});
    let event = json!({"title": "가을 음악회", "artist": "하늘 밴드", "venueId": venue, "hallId": hall,
        "priceByGrade": prices, "schedules": [times]});
    let begun = Instant::now();
    let event = id(&ask("POST", "/events", event)?)?;
    let seconds = begun.elapsed().as_secs_f64();
    table.push(Row::at_most(format!("{seats} seats made by one call, SQLite"), seconds, "s", 3.0));
    ask("POST", &format!("/events/{event}/open"), Value::Null)?;
    let detail = ask("GET", &format!("/events/{event}"), Value::Null)?;
    let schedule = detail["schedules"][0]["times"][0]["id"].as_str().context("no schedule")?.to_owned();
    Ok((event, schedule))
}
