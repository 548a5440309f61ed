//! The whole program in one process with its demonstration and sandbox, and who buys there: one server for all tests that do
//! not disturb each other, which ends with the last of them.

use crate::browser::{Browser, Person};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use testkit::Port;
use testkit::edge::reserved;
use testkit::http::Client;
use testkit::onsale::{Server, World, make_key, wait_until};

pub const PASSWORD: &str = "correct horse 7!";
/// Everybody who asks here comes from one address.
const ENVIRONMENT: [(&str, &str); 7] = [
    // Longer than the sandbox is slow; and a provider that failed is asked again soon.
    ("ONSALE__PAYMENT__TIMEOUT_MS", "4000"),
    ("ONSALE__PAYMENT__BREAKER_OPEN_SECONDS", "1"),
    ("ONSALE__DEMO__ADMIN_PASSWORD", PASSWORD),
    ("ONSALE__DEMO__USER_PASSWORD", PASSWORD),
    ("ONSALE__QUEUE__POSITIONS_PER_NETWORK", "100000"),
    // Longer than a test on a busy machine: holds and passes that run out have tests of their own.
    ("ONSALE__QUEUE__TOKEN_TTL_SECONDS", "7200"),
    ("ONSALE__RESERVATION__HOLD_TTL_SECONDS", "3000"),
];

/// The server of a shop that was killed, started again at its address.
pub fn restarted(shop: &Shop, address: &str) -> Server {
    Server::start_at(address, shop.world.folder.path(), &ENVIRONMENT)
}

/// Numbers of people and shows, each once.
static NUMBER: AtomicU64 = AtomicU64::new(1);

pub fn next_number() -> u64 {
    NUMBER.fetch_add(1, Ordering::Relaxed)
}

/// A server, and those who run it.
pub struct Shop {
    pub world: World,
    pub admin: Client,
    hall: OnceLock<(String, String)>,
    /// Of the server, also while it is down.
    _port: Port,
}

/// A show with one time.
pub struct Show {
    pub event: String,
    pub schedule: String,
}

/// Somebody with an account.
pub struct Buyer {
    pub api: Client,
    pub email: String,
}

/// A server that several tests share.
type Shared = Mutex<Weak<Shop>>;

fn shared(server: &Shared) -> Arc<Shop> {
    let mut shared = server.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let shop = Arc::new(Shop::with(&[]));
        *shared = Arc::downgrade(&shop);
        shop
    })
}

/// Browser and shared server; none where there is no browser.
pub fn open() -> Option<(&'static Browser, Arc<Shop>)> {
    static SHARED: Shared = Mutex::new(Weak::new());
    Some((Browser::get()?, shared(&SHARED)))
}

/// As [`open`], with a server whose provider of payments may fail: nobody asks one for a while that has failed often.
pub fn faulty() -> Option<(&'static Browser, Arc<Shop>)> {
    static FAULTY: Shared = Mutex::new(Weak::new());
    Some((Browser::get()?, shared(&FAULTY)))
}

pub fn logged_in(anyone: &Client, email: &str) -> Client {
    let login = json!({"email": email, "password": PASSWORD, "recaptchaToken": "pass"});
    let token = anyone.post_json("/auth/login", &login).ok()["accessToken"].as_str().expect("a token").to_owned();
    anyone.with("Authorization", &format!("Bearer {token}"))
}

impl Shop {
    /// A server of its own, with further configuration.
    pub fn with(environment: &[(&str, &str)]) -> Self {
        let all: Vec<(&str, &str)> = ENVIRONMENT.into_iter().chain(environment.iter().copied()).collect();
        let ((port, address), folder) = (reserved(), tempfile::tempdir().expect("a folder"));
        let admin_key = make_key(folder.path(), &["--admin"]);
        let server = Server::start_at(&address.to_string(), folder.path(), &all);
        let world = World { server, admin_key, folder };
        let anyone = world.anyone();
        let login = json!({"email": "admin@onsale.local", "password": PASSWORD, "recaptchaToken": "pass"});
        wait_until("the administrator is there", || anyone.post_json("/auth/login", &login).status == 200);
        wait_until("the shows are there", || anyone.get("/events").ok()["totalElements"].as_u64() >= Some(3));
        let admin = logged_in(&anyone, "admin@onsale.local");
        Self { world, admin, hall: OnceLock::new(), _port: port }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.world.server.address)
    }

    #[track_caller]
    fn made(&self, path: &str, body: &Value) -> Value {
        let reply = self.admin.post_json(path, body);
        assert_eq!(reply.status, 201, "{path}: {}", reply.text());
        reply.json()
    }

    /// A small hall: four rows of 25, one grade each.
    fn hall(&self) -> &(String, String) {
        self.hall.get_or_init(|| {
            let id = |made: Value| made["id"].as_str().expect("an id").to_owned();
            let venue = id(self.made("/venues", &json!({"name": "한강홀", "address": "여의도동 1", "city": "서울"})));
            let flags = json!({"C-2": ["wheelchair"], "C-3": ["companion"], "A-1": ["aisle"]});
            let template = json!({"rows": ["A", "B", "C", "D"], "seatsPerRow": 25, "flags": flags,
                "gradeMapping": {"A": "VIP", "B": "S", "C": "A", "D": "B"}});
            let hall = json!({"name": "소극장", "capacity": 100, "seatTemplate": template});
            let hall = id(self.made(&format!("/venues/{venue}/halls"), &hall));
            (venue, hall)
        })
    }

    /// A show of its own whose sale has begun, or begins in so many seconds.
    pub fn show(&self, title: &str, sale_in_seconds: i64) -> Show {
        let (venue, hall) = self.hall();
        let now = self.world.anyone().get("/time").ok()["now"].as_i64().expect("the time") / 1_000;
        let at = |seconds: i64| domain::Timestamp((now + seconds) * 1_000).to_string();
        let day = 86_400;
        let event = self.made(
            "/events",
            &json!({"title": title, "artist": "하늘 밴드", "description": "하나뿐인 밤입니다.", "venueId": venue, "hallId": hall,
                "priceByGrade": {"VIP": 150_000, "S": 120_000, "A": 90_000, "B": 60_000},
                "schedules": [{"playSequence": 1, "eventStartAt": at(30 * day), "eventEndAt": at(30 * day + 7_200),
                    "saleStartAt": at(sale_in_seconds), "saleEndAt": at(29 * day)}]}),
        );
        let event = event["id"].as_str().expect("an id").to_owned();
        self.admin.post(&format!("/events/{event}/open")).ok();
        let shown = self.world.anyone().get(&format!("/events/{event}")).ok();
        let schedule = shown["schedules"][0]["times"][0]["id"].as_str().expect("a time").to_owned();
        Show { event, schedule }
    }

    /// As [`show`](Self::show), on sale, with a title that nobody else has.
    pub fn new_show(&self) -> Show {
        self.show(&format!("공연 {}", next_number()), -60)
    }

    /// How many a second go in.
    #[track_caller]
    pub fn let_in(&self, show: &Show, rate: u32) {
        let path = format!("/queue/admin/{}/rate", show.schedule);
        let body = json!({ "ratePerSecond": rate }).to_string();
        let reply = self.admin.call("PUT", &path, Some(body.as_bytes()));
        assert_eq!(reply.status, 204, "{}", reply.text());
    }

    /// Somebody with an account.
    pub fn buyer(&self) -> Buyer {
        let number = next_number();
        let (anyone, phone) =
            (self.world.anyone(), format!("010-{:04}-{:04}", number / 10_000 + 1_000, number % 10_000));
        let identity =
            anyone.post_json("/sandbox/portone/identity-verifications", &json!({"name": "김하늘", "phone": phone}));
        let identity = identity.json();
        let email = format!("buyer{number}@example.com");
        let account = json!({"email": email, "password": PASSWORD, "name": "김하늘", "phone": phone,
            "identityVerificationId": identity["identityVerificationId"], "recaptchaToken": "pass"});
        let reply = anyone.post_json("/auth/signup", &account);
        assert_eq!(reply.status, 201, "{}", reply.text());
        Buyer { api: logged_in(&anyone, &email), email }
    }

    /// Logs somebody in, in the browser.
    #[track_caller]
    pub fn log_in(&self, person: &Person, email: &str) {
        person.open(&self.url("/login"));
        let body = json!({"email": email, "password": PASSWORD, "recaptchaToken": "pass"}).to_string();
        let call = format!(
            "fetch('/session', {{method: 'POST', headers: {{'Content-Type': 'application/json'}}, body: {body:?}}}).then((a) => a.status)"
        );
        assert_eq!(person.value(&call), Some(200.into()), "{email} cannot log in");
    }

    /// A buyer with a browser, logged in.
    pub fn visitor(&self, browser: &'static Browser) -> (Person, Buyer) {
        let (person, buyer) = (browser.person(), self.buyer());
        self.log_in(&person, &buyer.email);
        (person, buyer)
    }
}

impl Buyer {
    /// A client with the pass of that show.
    pub fn inside(&self, show: &Show) -> Client {
        let entered = self.api.post_json("/queue/enter", &json!({"scheduleId": show.schedule}));
        assert!([200, 409].contains(&entered.status), "{}", entered.text());
        let status = format!("/queue/status?scheduleId={}", show.schedule);
        wait_until("the turn comes", || self.api.get(&status).ok()["status"] == "ACTIVE");
        let pass = self.api.get(&status).ok()["token"].as_str().expect("a pass").to_owned();
        self.api.with("X-Queue-Token", &pass)
    }

    /// Buys so many seats side by side, without a browser. Returns the reservation.
    pub fn buys(&self, show: &Show, count: u32, grade: &str) -> String {
        let inside = self.inside(show);
        let wish = json!({"scheduleId": show.schedule, "count": count, "grade": grade});
        let held = inside.post_json("/reservations/hold", &wish);
        assert_eq!(held.status, 201, "{}", held.text());
        let held = held.json();
        let (reservation, amount) = (&held["reservationId"], &held["totalAmount"]);
        let order = json!({"reservationId": reservation, "amount": amount, "paymentMethod": "CARD"});
        let made = inside.post_json("/payments", &order).ok();
        let key = made["paymentKey"].as_str().expect("a key");
        let paid = inside.post_json(&format!("/sandbox/portone/payments/{key}/pay"), &json!({"webhook": false})).ok();
        let confirmation = json!({"reservationId": reservation, "paymentId": made["paymentId"], "paymentKey": key,
            "transactionId": paid["transactionId"], "amount": amount});
        assert_eq!(inside.post_json("/payments/confirm", &confirmation).ok()["status"], "SUCCESS");
        let reservation = reservation.as_str().expect("an id").to_owned();
        wait_until("the ticket is made", || self.reservation(&reservation)["status"] == "CONFIRMED");
        reservation
    }

    pub fn reservation(&self, id: &str) -> Value {
        self.api.get(&format!("/reservations/{id}")).ok()
    }
}
