//! The steps of random histories.

use domain::line::QueueNumber;
use domain::seat::{LineMark, Window};
use proptest::prelude::*;

/// The numbers of schedules, seats, users and reservations: few, so that steps concern the same ones.
pub(super) const SCHEDULES: u8 = 2;
pub(super) const SEATS: u8 = 8;
pub(super) const USERS: u8 = 4;
/// Reservation `n` is of user `n % USERS`.
pub(super) const RESERVATIONS: u8 = 12;

/// Seats that came back are not for everybody so long. Times are of minutes: a shared engine also measures by its own clock.
const RETURNED_MS: u64 = 120_000;

/// One request of a batch.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub schedule: u8,
    pub reservation: u8,
    /// Perhaps one of them twice.
    pub seats: Vec<u8>,
    pub is_swap: bool,
    /// Reservations, perhaps of others.
    pub rowless: Vec<u8>,
    pub ticket: Option<QueueNumber>,
    pub is_retake: bool,
    pub seats_max: u8,
    pub ttl_ms: u64,
    pub window: Window,
}

/// One step of a history. A reservation is told by its number, and so are schedules and seats.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Hold(Vec<Ask>),
    Release(Vec<(u8, u8, Vec<u8>, Window)>),
    /// Until so many milliseconds from now.
    Extend(u8, u8, Vec<u8>, i64),
    Keep(u8, u8, Vec<u8>),
    Sold(u8, u8, Vec<u8>),
    Holds(u8, Window),
    /// Rows made from what stands and a number, older than so many milliseconds.
    PutRight(u8, u64, i64, Window),
    Wait(i64),
    Restart,
}

fn any_window() -> impl Strategy<Value = Window> {
    let returned = prop_oneof![5 => Just(RETURNED_MS), 1 => Just(0)];
    (0u64..20, proptest::bool::weighted(0.8), returned).prop_map(|(highest_admitted, is_waiting, returned_ms)| Window {
        line: LineMark { highest_admitted: QueueNumber(highest_admitted), is_waiting },
        returned_ms,
    })
}

fn any_seats() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(0..SEATS, 1..5)
}

fn any_ask() -> impl Strategy<Value = Ask> {
    let rowless = proptest::collection::vec(0..RESERVATIONS, 0..3);
    let ticket = proptest::option::weighted(0.8, (0u64..20).prop_map(QueueNumber));
    let kind = (any::<bool>(), proptest::bool::weighted(0.1), 1u8..6, rowless);
    let ttl_ms = prop_oneof![6 => 60_000u64..300_000, 1 => Just(0)];
    (0..SCHEDULES, 0..RESERVATIONS, any_seats(), kind, ticket, ttl_ms, any_window()).prop_map(
        |(schedule, reservation, seats, (is_swap, is_retake, seats_max, rowless), ticket, ttl_ms, window)| Ask {
            schedule,
            reservation,
            seats,
            is_swap,
            rowless,
            ticket,
            is_retake,
            seats_max,
            ttl_ms,
            window,
        },
    )
}

pub(super) fn any_step() -> impl Strategy<Value = Step> {
    let of = || (0..SCHEDULES, 0..RESERVATIONS, any_seats());
    let release = (of(), any_window())
        .prop_map(|((schedule, reservation, seats), window)| (schedule, reservation, seats, window));
    prop_oneof![
        12 => proptest::collection::vec(any_ask(), 1..5).prop_map(Step::Hold),
        4 => proptest::collection::vec(release, 1..4).prop_map(Step::Release),
        2 => (of(), -60_000i64..400_000).prop_map(|((schedule, n, seats), ms)| Step::Extend(schedule, n, seats, ms)),
        1 => of().prop_map(|(schedule, reservation, seats)| Step::Keep(schedule, reservation, seats)),
        2 => of().prop_map(|(schedule, reservation, seats)| Step::Sold(schedule, reservation, seats)),
        3 => (0..SCHEDULES, any_window()).prop_map(|(schedule, window)| Step::Holds(schedule, window)),
        2 => (0..SCHEDULES, any::<u64>(), 0i64..200_000, any_window())
            .prop_map(|(schedule, seed, age_ms, window)| Step::PutRight(schedule, seed, age_ms, window)),
        6 => prop_oneof![10 => 0i64..150_000, 1 => -3_000i64..0].prop_map(Step::Wait),
        1 => Just(Step::Restart),
    ]
}
