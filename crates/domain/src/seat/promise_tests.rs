//! What the book promises, on random histories.

use super::*;
use crate::id::{AccountId, ReservationId, ScheduleId, SeatId};
use crate::line::QueueNumber;
use crate::time::Timestamp;
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

const SEATS: u128 = 8;
const USERS: u128 = 3;
const RESERVATIONS: u128 = 9;

/// One call, or time that goes by.
#[derive(Clone, Debug)]
enum Step {
    Hold(HoldRequest),
    Release(Release),
    Extend(Holding, i64),
    Keep(Holding),
    Sold(Holding),
    Holds(Window),
    Wait(i64),
}

fn any_seats() -> impl Strategy<Value = Vec<SeatId>> {
    proptest::collection::vec((0..SEATS).prop_map(|n| SeatId(Uuid::from_u128(n))), 1..5)
}

fn any_window() -> impl Strategy<Value = Window> {
    let line = (0u64..20, proptest::bool::weighted(0.8))
        .prop_map(|(highest, is_waiting)| LineMark { highest_admitted: QueueNumber(highest), is_waiting });
    (line, prop_oneof![4 => Just(120_u64), 1 => Just(0)]).prop_map(|(line, returned_ms)| Window { line, returned_ms })
}

fn any_holding() -> impl Strategy<Value = Holding> {
    (0..RESERVATIONS, any_seats()).prop_map(|(n, seats)| Holding {
        schedule: ScheduleId(Uuid::nil()),
        reservation: ReservationId(Uuid::from_u128(n)),
        user: AccountId(Uuid::from_u128(n % USERS)),
        seats,
    })
}

fn any_request() -> impl Strategy<Value = HoldRequest> {
    let rowless = proptest::collection::vec((0..RESERVATIONS).prop_map(|n| ReservationId(Uuid::from_u128(n))), 0..2);
    let ticket = proptest::option::of((0u64..20).prop_map(QueueNumber));
    let flags = (any::<bool>(), proptest::bool::weighted(0.1));
    (any_holding(), flags, rowless, ticket, 1u8..6, 0u64..300, any_window()).prop_map(
        |(of, (is_swap, is_retake), rowless, ticket, seats_max, ttl_ms, window)| HoldRequest {
            schedule: of.schedule,
            reservation: of.reservation,
            user: of.user,
            seats: of.seats,
            replaces: is_swap.then_some(of.reservation),
            rowless,
            ticket,
            is_retake,
            seats_max,
            ttl_ms,
            window,
        },
    )
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        10 => any_request().prop_map(Step::Hold),
        3 => (any_holding(), any_window()).prop_map(|(of, window)| Step::Release(Release { of, window })),
        1 => (any_holding(), -50i64..400).prop_map(|(of, until)| Step::Extend(of, until)),
        1 => any_holding().prop_map(Step::Keep),
        1 => any_holding().prop_map(Step::Sold),
        2 => any_window().prop_map(Step::Holds),
        5 => (0i64..150).prop_map(Step::Wait),
    ]
}

type Holds = BTreeMap<SeatId, SeatHold>;

fn live(book: &SeatBook, now: Timestamp) -> Holds {
    book.look(Window::OPEN, now).holds.into_iter().collect()
}

/// Whether the person may take a seat that nobody holds.
fn is_open(book: &SeatBook, request: &HoldRequest, seat: SeatId, now: Timestamp) -> bool {
    let returned: BTreeMap<_, _> = book.look(request.window, now).returned.into_iter().collect();
    let above = returned.get(&seat).map(|returned| returned.above);
    request.is_retake || above.is_none_or(|above| request.ticket.is_some_and(|ticket| ticket > above))
}

fn check_hold(book: &mut SeatBook, request: &HoldRequest, now: Timestamp) -> Result<(), TestCaseError> {
    let before = live(book, now);
    let old = book.clone();
    let outcome = book.hold(request, now);
    let after = live(book, now);
    let is_rowless = |hold: &SeatHold| hold.user == request.user && request.rowless.contains(&hold.reservation);
    let is_own = |hold: &SeatHold| hold.reservation == request.reservation;
    let is_free = |seat: &SeatId| match before.get(seat) {
        Some(hold) => is_own(hold) || is_rowless(hold),
        None => is_open(&old, request, *seat, now),
    };
    let counts = |hold: &SeatHold| Some(hold.reservation) != request.replaces && !is_rowless(hold);
    let beside = |holds: &Holds| {
        holds
            .iter()
            .filter(|(seat, hold)| hold.user == request.user && counts(hold) && !request.seats.contains(seat))
            .count()
    };
    let asked: std::collections::BTreeSet<_> = request.seats.iter().copied().collect();
    match outcome {
        HoldOutcome::Held { until } => {
            for seat in &asked {
                prop_assert!(is_free(seat), "{seat} was another's");
                // A hold without life is over at once.
                let hold = after.get(seat);
                prop_assert!(hold.is_none_or(is_own) && (hold.is_some() || request.ttl_ms == 0));
                if let Some(own) = before.get(seat).filter(|hold| is_own(hold)) {
                    prop_assert_eq!(hold, Some(own), "what it holds already keeps its end");
                }
                if let Some(HoldEnd::At(end)) = hold.map(|hold| hold.end) {
                    prop_assert!(until <= end);
                }
            }
            let is_repeat = asked.iter().all(|seat| before.get(seat).is_some_and(is_own));
            prop_assert!(is_repeat || beside(&before) + asked.len() <= usize::from(request.seats_max));
            for (seat, hold) in before.iter().filter(|(seat, hold)| !asked.contains(seat) && !is_rowless(hold)) {
                prop_assert_eq!(after.get(seat), Some(hold), "nobody else's hold is touched");
            }
            let again = book.hold(request, now);
            prop_assert!(request.ttl_ms == 0 || again == HoldOutcome::Held { until }, "a repetition hears the same");
            prop_assert!(request.ttl_ms == 0 || book.changed().is_empty());
        }
        HoldOutcome::Taken { seats, own } => {
            prop_assert_eq!(&before, &after, "none");
            prop_assert!(!seats.is_empty());
            for seat in &asked {
                prop_assert_eq!(seats.contains(seat), !is_free(seat), "{}", seat);
            }
            prop_assert!(
                own.iter().all(|one| before.values().any(|hold| hold.reservation == *one && hold.user == request.user))
            );
        }
        HoldOutcome::TooMany { held, own } => {
            prop_assert_eq!(&before, &after, "none");
            prop_assert_eq!(usize::from(held), beside(&before));
            prop_assert!(usize::from(held) + asked.len() > usize::from(request.seats_max));
            prop_assert!(own.len() <= usize::from(held) && !own.contains(&request.reservation));
        }
    }
    Ok(())
}

fn check_step(book: &mut SeatBook, step: &Step, now: &mut Timestamp) -> Result<(), TestCaseError> {
    let before = live(book, *now);
    let is_of =
        |seat: &SeatId, hold: &SeatHold, of: &Holding| of.seats.contains(seat) && hold.reservation == of.reservation;
    match step {
        Step::Hold(request) => return check_hold(book, request, *now),
        Step::Wait(ms) => now.0 += ms,
        Step::Holds(window) => {
            let look = book.look(*window, *now);
            let holds = book.holds(*window, *now);
            prop_assert_eq!((&look.holds, &look.returned), (&holds.holds, &holds.returned));
            prop_assert_eq!(holds.sequence > look.sequence, !book.changed().is_empty());
        }
        Step::Release(Release { of, .. }) | Step::Sold(of) => {
            let had = match step {
                Step::Release(release) => book.release(release, *now),
                _ => book.sold(of),
            };
            let after = live(book, *now);
            for (seat, hold) in &before {
                prop_assert_eq!(after.contains_key(seat), !is_of(seat, hold, of));
                prop_assert!(!is_of(seat, hold, of) || had.contains(seat));
            }
        }
        Step::Extend(of, _) | Step::Keep(of) => {
            let end = match step {
                Step::Extend(_, ms) => HoldEnd::At(Timestamp(now.0 + ms)),
                _ => HoldEnd::Kept,
            };
            let of_others = match end {
                HoldEnd::At(until) => book.extend(of, until, *now),
                HoldEnd::Kept => book.keep(of, *now),
            };
            let after = live(book, *now);
            for seat in &of.seats {
                let is_others = before.get(seat).is_some_and(|hold| hold.reservation != of.reservation);
                prop_assert_eq!(of_others.contains(seat), is_others);
                if is_others {
                    prop_assert_eq!(after.get(seat), before.get(seat));
                } else if !end.is_over(*now) {
                    let was = before.get(seat).map_or(end, |hold| hold.end);
                    prop_assert_eq!(after.get(seat).map(|hold| hold.end), Some(was.max(end)), "an end only moves on");
                }
            }
        }
    }
    Ok(())
}

fn all_seats() -> impl Iterator<Item = SeatId> {
    (0..SEATS).map(|n| SeatId(Uuid::from_u128(n)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_call_keeps_its_promise(steps in proptest::collection::vec(any_step(), 1..60)) {
        let (mut book, mut now) = (SeatBook::default(), Timestamp(1_000_000));
        for step in &steps {
            check_step(&mut book, step, &mut now)?;
        }
    }

    #[test]
    fn the_seats_that_changed_make_the_same_book_again(
        steps in proptest::collection::vec(any_step(), 1..40),
        next in any_request(),
    ) {
        let (mut book, mut now) = (SeatBook::default(), Timestamp(1_000_000));
        let mut journal: BTreeMap<SeatId, SeatStands> = BTreeMap::new();
        for step in &steps {
            match step {
                Step::Hold(request) => drop(book.hold(request, now)),
                Step::Release(release) => drop(book.release(release, now)),
                Step::Extend(of, ms) => drop(book.extend(of, Timestamp(now.0 + ms), now)),
                Step::Keep(of) => drop(book.keep(of, now)),
                Step::Sold(of) => drop(book.sold(of)),
                Step::Holds(window) => drop(book.holds(*window, now)),
                Step::Wait(ms) => {
                    now.0 += ms;
                    continue;
                }
            }
            journal.extend(book.changed().iter().map(|seat| (*seat, book.stands(*seat))));
        }
        let mut restored = SeatBook::restored(journal, 7);
        for seat in all_seats() {
            prop_assert_eq!(restored.stands(seat), book.stands(seat));
        }
        prop_assert_eq!(restored.hold(&next, now), book.hold(&next, now));
        prop_assert_eq!(restored.counts(now), book.counts(now));
    }

    #[test]
    fn after_a_repair_what_stands_is_what_the_rows_say(
        steps in proptest::collection::vec(any_request(), 1..20),
        rows in proptest::collection::btree_map(0..SEATS, (0..RESERVATIONS, proptest::option::of(-50i64..300)), 0..6),
        age_ms in 0i64..40,
    ) {
        let (mut book, mut now) = (SeatBook::default(), Timestamp(1_000_000));
        for request in &steps {
            book.hold(request, now);
            now.0 += 3;
        }
        let end = |ms: Option<i64>| ms.map_or(HoldEnd::Kept, |ms| HoldEnd::At(Timestamp(now.0 + ms)));
        let rows: Vec<(SeatId, SeatHold)> = rows.into_iter().map(|(seat, (n, ms))| {
            let (reservation, user) = (ReservationId(Uuid::from_u128(n)), AccountId(Uuid::from_u128(n % USERS)));
            (SeatId(Uuid::from_u128(seat)), SeatHold { reservation, user, end: end(ms) })
        }).collect();
        let older_than = Timestamp(now.0 - age_ms);
        let before: BTreeMap<SeatId, SeatStands> = all_seats().map(|seat| (seat, book.stands(seat))).collect();
        book.put_right(&rows, older_than, Window::OPEN, now);
        let (after, named): (Holds, Holds) = (live(&book, now), rows.iter().copied().collect());
        for seat in all_seats() {
            let row = named.get(&seat).filter(|row| !row.end.is_over(now));
            let was = match before[&seat] {
                SeatStands::Held(held) if !held.hold.end.is_over(now) => Some(held),
                _ => None,
            };
            let is_young = was.filter(|held| held.since >= older_than);
            let has_row = |held: &HeldSeat| named.get(&seat).is_some_and(|row| row.reservation == held.hold.reservation);
            match (row, was) {
                (_, Some(held)) if has_row(&held) => {
                    let end = row.map_or(held.hold.end, |row| held.hold.end.max(row.end));
                    prop_assert_eq!(after.get(&seat), Some(&SeatHold { end, ..held.hold }));
                }
                (_, Some(held)) if is_young.is_some() => prop_assert_eq!(after.get(&seat), Some(&held.hold)),
                (row, _) => prop_assert_eq!(after.get(&seat), row),
            }
        }
        let once = live(&book, now);
        prop_assert!(book.put_right(&rows, older_than, Window::OPEN, now).is_nothing(), "again changes nothing");
        prop_assert_eq!(live(&book, now), once);
    }
}
