//! Shared by the tests of rows, steps, consumers and workers: reservations on a database of their own, seats in an embedded
//! engine, and people, seats and payments by number.

use access::Peer;
use async_trait::async_trait;
use axum::Router;
use domain::catalog::Grade;
use domain::id::{PaymentId, PaymentKey};
use domain::message::Envelope;
use domain::reservation::{
    Cancellation, ClaimRequest, HeardOf, HoldWish, PaymentNews, Reservation, SeatWish, SecureRequest, Step, SwapWish,
    UseWish,
};
use domain::seat::Window;
use domain::ticket::TicketNumber;
use domain::{AccountId, EventId, ReservationId, ScheduleId, SeatId, Timestamp};
use hot::embedded::{EmbeddedSeats, JournalOptions};
use ledger::{Ledger, outbox};
use ledger_testkit::{Raw, Site, patient};
use reservation::rows::{TimeSource, read};
use reservation::schema::SCHEMA;
use reservation::steps::{Fence, Outcome, ReservationSteps, Terms};
use reservation::workers::{Parts, Windows, Workers};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use uuid::Uuid;

pub const START: Timestamp = Timestamp(1_790_000_000_123);
pub const TTL_MS: i64 = 300_000;
pub const PRICE: i64 = 10_000;

pub fn after(ms: i64) -> Timestamp {
    Timestamp(START.millis() + ms)
}

pub fn id(number: u128) -> ReservationId {
    ReservationId(Uuid::from_u128(number))
}

pub fn user(number: u128) -> AccountId {
    AccountId(Uuid::from_u128(0x1000_0000 + number))
}

pub fn schedule(number: u128) -> ScheduleId {
    ScheduleId(Uuid::from_u128(0x2000_0000 + number))
}

pub fn seat(number: u128) -> SeatId {
    SeatId(Uuid::from_u128(0x3000_0000 + number))
}

pub fn payment(number: u128) -> PaymentId {
    PaymentId(Uuid::from_u128(0x4000_0000 + number))
}

pub fn event() -> EventId {
    EventId(Uuid::from_u128(0x5000_0000))
}

pub fn wishes(numbers: &[u128]) -> Vec<SeatWish> {
    let wish =
        |number: &u128| SeatWish {
            seat: seat(*number), number: format!("가-{number}"), grade: Grade::S, price: PRICE
        };
    numbers.iter().map(wish).collect()
}

pub fn hold_wish(place: u128, of: u128, by: u128, numbers: &[u128]) -> HoldWish {
    HoldWish {
        reservation: id(of),
        user: user(by),
        schedule: schedule(place),
        event: event(),
        seats: wishes(numbers),
        seats_max: 4,
        ttl_ms: TTL_MS,
    }
}

pub fn swap_wish(of: u128, by: u128, numbers: &[u128]) -> SwapWish {
    SwapWish { reservation: id(of), user: user(by), seats: wishes(numbers), seats_max: 4 }
}

pub fn claim_request(of: u128, by: u128, paying: u128, amount: i64) -> ClaimRequest {
    ClaimRequest {
        reservation: id(of),
        user: user(by),
        payment: payment(paying),
        key: PaymentKey(Uuid::from_u128(0x6000_0000 + paying)),
        amount,
        is_discounted: false,
        is_provisional: false,
        hold_no: None,
        coupon: None,
    }
}

pub fn secure_request(of: u128, paying: u128, amount: i64, hold_no: i64, paid_at: Timestamp) -> SecureRequest {
    SecureRequest { reservation: id(of), payment: payment(paying), amount, discount: 0, hold_no, paid_at }
}

pub fn cancellation(of: u128, by: u128) -> Cancellation {
    Cancellation { reservation: id(of), user: user(by), day_begins_at: after(100 * TTL_MS) }
}

pub fn ticket(number: u64) -> TicketNumber {
    TicketNumber::new(START, number)
}

pub fn hear(of: u128, paying: u128, news: PaymentNews) -> Step {
    let number = ticket(u64::try_from(of).unwrap_or_default());
    Step::Hear(HeardOf { reservation: id(of), payment: payment(paying), news, ticket_number: number })
}

pub fn success(amount: i64, hold_no: i64) -> PaymentNews {
    PaymentNews::Success { amount, hold_no: Some(hold_no), seats: Vec::new() }
}

pub fn show(of: u128) -> Step {
    let number = ticket(u64::try_from(of).unwrap_or_default());
    Step::Use(UseWish { reservation: id(of), number, gate: Some("북문".into()), at: None })
}

/// Seats that come back are everybody's.
struct Open;

#[async_trait]
impl Windows for Open {
    async fn window(&self, _: ScheduleId) -> Window {
        Window::OPEN
    }
}

/// One instance of the service's core over a database.
pub struct Books {
    pub ledger: Ledger,
    pub steps: ReservationSteps,
    pub fence: Fence,
    pub seats: Arc<EmbeddedSeats>,
    folder: Arc<TempDir>,
}

impl Books {
    /// On an empty database; holds run out by the clock of the process, which a test sets.
    pub async fn open(site: &Site) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        let options = JournalOptions::default();
        let seats = Arc::new(EmbeddedSeats::open(folder.path(), options).expect("opens"));
        Self::over(site, TimeSource::Process, seats, folder).await
    }

    /// Another instance on the same database and the same hot state.
    pub async fn beside(&self, site: &Site) -> Self {
        Self::over(site, TimeSource::Process, self.seats.clone(), self.folder.clone()).await
    }

    /// As [`Books::beside`], with the database's clock.
    pub async fn by_database_clock(&self, site: &Site) -> Self {
        Self::over(site, TimeSource::Database, self.seats.clone(), self.folder.clone()).await
    }

    async fn over(site: &Site, time: TimeSource, seats: Arc<EmbeddedSeats>, folder: Arc<TempDir>) -> Self {
        let ledger = Ledger::connect(&site.url, &SCHEMA, patient()).await.expect("connects");
        ledger.migrate().await.expect("migrates");
        let fence = Fence::default();
        let steps = ReservationSteps::start(&ledger, Terms { time, fence: fence.clone() });
        Self { ledger, steps, fence, seats, folder }
    }

    /// The loops, with other roles that answer by these routes.
    pub fn workers(&self, payment: Router, catalog: Router) -> Workers {
        let peer = |role, routes| {
            let peer = Peer::in_process(role, "key", Duration::from_secs(60)).expect("a key");
            peer.connect(&routes);
            peer
        };
        Workers::new(Parts {
            ledger: self.ledger.clone(),
            steps: self.steps.clone(),
            seats: self.seats.clone(),
            windows: Arc::new(Open),
            catalog: peer("catalog", catalog),
            payment: peer("payment", payment),
        })
    }

    /// The loops without anybody to ask.
    pub fn alone(&self) -> Workers {
        self.workers(Router::new(), Router::new())
    }

    pub async fn step(&self, step: Step) -> Outcome {
        self.steps.decide(step).await.expect("decided")
    }

    /// A step that is not refused.
    pub async fn done(&self, step: Step) -> Reservation {
        let shown = format!("{step:?}");
        self.step(step).await.unwrap_or_else(|refusal| panic!("{shown}: {refusal:?}")).reservation
    }

    pub async fn hold(&self, of: u128, by: u128, numbers: &[u128]) -> Reservation {
        self.done(Step::Hold(hold_wish(1, of, by, numbers))).await
    }

    /// Held, claimed and secured, with the payment of the same number.
    pub async fn secured(&self, of: u128, by: u128, numbers: &[u128]) -> Reservation {
        let held = self.hold(of, by, numbers).await;
        self.done(Step::Claim(claim_request(of, by, of, held.total_amount))).await;
        let request = secure_request(of, of, held.total_amount, held.hold_no, clock::now());
        self.done(Step::Secure(request)).await
    }

    /// Paid, too.
    pub async fn confirmed(&self, of: u128, by: u128, numbers: &[u128]) -> Reservation {
        let secured = self.secured(of, by, numbers).await;
        self.done(hear(of, of, success(secured.total_amount, secured.hold_no))).await
    }

    pub async fn row(&self, of: u128) -> Reservation {
        read::one(&self.ledger, id(of)).await.expect("read").expect("there")
    }

    /// Status, reason, state of the payment.
    pub async fn stands(&self, of: u128) -> (&'static str, &'static str, &'static str) {
        let row = self.row(of).await;
        (row.status.as_str(), row.cancel_reason.map_or("", |reason| reason.as_str()), row.payment_state.as_str())
    }

    /// All messages that wait, in order.
    pub async fn messages(&self) -> Vec<Envelope> {
        let waiting = outbox::next(&self.ledger, 100_000).await.expect("read");
        waiting.into_iter().map(|one| one.envelope).collect()
    }

    /// The reasons of all messages, sorted.
    pub async fn reasons(&self) -> Vec<String> {
        let text = |message: &Envelope| message.payload["reason"].as_str().expect("a reason").to_owned();
        let mut reasons: Vec<String> = self.messages().await.iter().map(text).collect();
        reasons.sort();
        reasons
    }

    /// A connection past the ledger's code.
    pub async fn raw(&self, site: &Site) -> Raw {
        Raw::open(site, &SCHEMA).await
    }
}

/// The books must be right at any moment: no two live rows of a seat or of a person's slot, live rows where they belong, numbers
/// that are distinct and not above the counter.
pub async fn check(books: &Books, site: &Site) {
    let raw = books.raw(site).await;
    let none = [
        "SELECT COUNT(*) FROM (SELECT schedule_id, seat_id FROM reservation_seats WHERE live = 1 GROUP BY schedule_id, seat_id HAVING COUNT(*) > 1) d",
        "SELECT COUNT(*) FROM (SELECT schedule_id, user_id FROM reservation_seats WHERE live = 1 GROUP BY schedule_id, user_id HAVING COUNT(*) > 4) d",
        "SELECT COUNT(*) FROM reservation_seats s JOIN reservations r ON r.id = s.reservation_id WHERE s.live = 1 AND r.status = 'CANCELLED' AND r.used_at IS NULL",
        "SELECT COUNT(*) FROM reservation_seats s JOIN reservations r ON r.id = s.reservation_id WHERE s.live IS NULL AND r.status <> 'CANCELLED'",
        "SELECT COUNT(*) FROM reservation_seats s LEFT JOIN reservations r ON r.id = s.reservation_id WHERE r.id IS NULL",
        "SELECT COUNT(*) FROM reservations WHERE hold_no > (SELECT value FROM hold_counter)",
        "SELECT COUNT(*) FROM (SELECT hold_no FROM reservations GROUP BY hold_no HAVING COUNT(*) > 1) d",
        "SELECT COUNT(*) FROM reservations r WHERE r.total_amount <> (SELECT COALESCE(SUM(s.price), 0) FROM reservation_seats s WHERE s.reservation_id = r.id)",
    ];
    for sql in none {
        assert_eq!(raw.numbers(sql).await, [0], "{sql}");
    }
}
