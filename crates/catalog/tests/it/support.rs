//! Shared by the tests: a catalog on a database of its own, and a client that asks its routes.

use access::{InternalKeys, Person};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request};
use catalog::schema::SCHEMA;
use catalog::{CatalogService, Settings, api};
use domain::account::UserRole;
use domain::{AccountId, Timestamp};
use hot::KeyPort;
use hot::embedded::EmbeddedKeys;
use ledger::Ledger;
use ledger_testkit::{Raw, Site, patient};
use onsale_http::{HttpSettings, standard};
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;
use uuid::Uuid;

/// The key that internal routes take.
pub const SERVICE_KEY: &str = "5f4d1c1e-8f0c-4d7e-9c60-0a3b5d0c7e11";
/// 2026-12-01T12:00:00.
pub const NOON: Timestamp = Timestamp(1_796_126_400_000);

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Nobody,
    User,
    Admin,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    /// The body, if the status is this one.
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// The status with the code of an error.
    pub fn code(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }

    pub fn header(&self, name: &str) -> String {
        let value = self.headers.get(name).map(|value| value.as_bytes().to_vec()).unwrap_or_default();
        String::from_utf8(value).expect("text")
    }
}

/// A catalog on a database of its own.
pub struct Shop {
    pub service: CatalogService,
    pub site: Site,
    router: Router,
}

impl Shop {
    pub async fn open(site: Site) -> Self {
        Self::open_with(site, Arc::new(EmbeddedKeys::default())).await
    }

    pub async fn open_with(site: Site, keys: Arc<dyn KeyPort>) -> Self {
        let ledger = Ledger::connect(&site.url, &SCHEMA, patient()).await.expect("connects");
        ledger.migrate().await.expect("migrates");
        Self::over(site, ledger, keys)
    }

    pub fn over(site: Site, ledger: Ledger, keys: Arc<dyn KeyPort>) -> Self {
        Self::of(site, CatalogService::open(Settings::default(), ledger, keys))
    }

    /// The same shop, which asks this before an event is deleted.
    pub fn with_held(self, held: Arc<dyn catalog::HeldSeats>) -> Self {
        let service = self.service.clone().with_held_seats(held);
        Self::of(self.site, service)
    }

    fn of(site: Site, service: CatalogService) -> Self {
        let router = api::routes(service.clone());
        let internal = api::internal_routes(service.clone(), InternalKeys::accepting([SERVICE_KEY]));
        let router = standard(router.merge(internal), HttpSettings::default());
        Self { service, site, router }
    }

    /// A connection past the ledger's code.
    pub async fn raw(&self) -> Raw {
        Raw::open(&self.site, &SCHEMA).await
    }

    pub async fn send(&self, who: Who, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let body = body.map(|body| serde_json::to_vec(body).expect("written"));
        self.send_with(who, method, path, body, &[]).await
    }

    pub async fn send_with(
        &self,
        who: Who,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
        if let Some(body) = &body {
            request = request.header("content-type", "application/json").header("content-length", body.len());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::from(body.unwrap_or_default())).expect("a request");
        let person = |role| Person { id: AccountId(Uuid::from_u128(7)), role };
        match who {
            Who::Nobody => {}
            Who::User => drop(request.extensions_mut().insert(person(UserRole::User))),
            Who::Admin => drop(request.extensions_mut().insert(person(UserRole::Admin))),
        }
        let (status, headers, bytes) = self.answer(request).await;
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).expect("JSON") };
        Answer { status, headers, body }
    }

    async fn answer(&self, request: Request<Body>) -> (u16, HeaderMap, Vec<u8>) {
        let response = self.router.clone().oneshot(request).await.expect("answered");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        (status, headers, bytes.to_vec())
    }

    /// What is answered without being JSON.
    pub async fn bytes(&self, path: &str, headers: &[(&str, &str)]) -> (u16, HeaderMap, Vec<u8>) {
        let mut request = Request::builder().uri(path).header("host", "localhost");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.answer(request.body(Body::empty()).expect("a request")).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Who::Nobody, Method::GET, path, None).await
    }

    pub async fn get_as(&self, who: Who, path: &str) -> Answer {
        self.send(who, Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Who::Admin, Method::POST, path, Some(body)).await
    }

    /// A step without a body.
    pub async fn step(&self, path: &str) -> Answer {
        self.send(Who::Admin, Method::POST, path, None).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Who::Admin, Method::PUT, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(Who::Admin, Method::PATCH, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Who::Admin, Method::DELETE, path, None).await
    }

    /// Asks as another service.
    pub async fn internal(&self, path: &str) -> Answer {
        self.send_with(Who::Nobody, Method::GET, path, None, &[("x-service-api-key", SERVICE_KEY)]).await
    }

    pub async fn venue(&self, name: &str, city: &str) -> String {
        let made = self.post("/venues", &json!({"name": name, "address": "somewhere", "city": city})).await;
        id_of(&made.expect(201))
    }

    pub async fn hall(&self, venue: &str, name: &str, template: Value) -> String {
        let body = json!({"name": name, "capacity": 100_000, "seatTemplate": template});
        id_of(&self.post(&format!("/venues/{venue}/halls"), &body).await.expect(201))
    }

    /// A venue with a hall of two rows of three seats: A is VIP, B is S.
    pub async fn small_place(&self) -> (String, String) {
        let venue = self.venue("Arena", "Seoul").await;
        let hall = self.hall(&venue, "Main", rows(&["A", "B"], 3, json!({"A": "VIP", "B": "S"}))).await;
        (venue, hall)
    }

    /// An event of one schedule in that place, open.
    pub async fn open_event(&self, place: &(String, String), body: Value) -> String {
        let id = self.prepared_event(place, body).await;
        self.step(&format!("/events/{id}/open")).await.expect(200);
        id
    }

    pub async fn prepared_event(&self, (venue, hall): &(String, String), body: Value) -> String {
        let mut event = event(venue, hall);
        event.as_object_mut().expect("an object").extend(body.as_object().expect("an object").clone());
        id_of(&self.post("/events", &event).await.expect(201))
    }

    /// The schedules of an event.
    pub async fn schedules(&self, event: &str) -> Vec<String> {
        let list = self.get_as(Who::Admin, &format!("/events/{event}/schedules?size=100")).await.expect(200);
        list["list"].as_array().expect("a list").iter().map(id_of).collect()
    }

    /// Seats by number with their status.
    pub async fn seats(&self, schedule: &str) -> Vec<(String, String, String)> {
        let seats = self.get_as(Who::Admin, &format!("/events/schedules/{schedule}/seats")).await.expect(200);
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let of_grade = |grade: &Value| grade["seats"].as_array().expect("seats").clone();
        let all = seats["grades"].as_array().expect("grades").iter().flat_map(of_grade);
        all.map(|seat| (text(&seat["seatNumber"]), text(&seat["id"]), text(&seat["status"]))).collect()
    }
}

pub fn id_of(value: &Value) -> String {
    value["id"].as_str().expect("an id").to_owned()
}

pub fn rows(names: &[&str], seats_per_row: u32, grades: Value) -> Value {
    json!({"rows": names, "seatsPerRow": seats_per_row, "gradeMapping": grades})
}

/// A schedule whose sale begins and ends this many minutes after noon; played four hours after the sale's end.
pub fn schedule(sequence: u32, sale_start: i64, sale_end: i64) -> Value {
    let at = |minutes: i64| NOON.plus_seconds(minutes * 60);
    json!({
        "playSequence": sequence,
        "saleStartAt": at(sale_start),
        "saleEndAt": at(sale_end),
        "eventStartAt": at(sale_end + 180),
        "eventEndAt": at(sale_end + 240),
    })
}

/// A whole event: its sale begins an hour after noon.
pub fn event(venue: &str, hall: &str) -> Value {
    json!({
        "title": "Autumn night",
        "artist": "Han River Band",
        "description": "a first concert",
        "venueId": venue,
        "hallId": hall,
        "priceByGrade": {"VIP": 150_000, "S": 90_000},
        "schedules": [schedule(1, 60, 600)],
    })
}
