//! Many callers at once, over three instances on one database: one outcome, and the books are right.

use crate::core_support::*;
use domain::ReservationId;
use domain::reservation::{Refusal, ReservationStatus, Step};
use futures::future::join_all;
use ledger_testkit::{Site, on_every_database};
use reservation::rows::read;
use reservation::steps::Outcome;
use std::collections::BTreeSet;
use std::time::Duration;

on_every_database!(
    of_fifty_claims_one_payment_stands_for_ever,
    of_fifty_secures_one_counts_and_all_are_answered_alike,
    of_fifty_cancellations_one_counts_and_one_message_goes,
    claims_secures_and_cancellations_at_once_leave_an_allowed_end,
    at_the_very_instant_of_the_end_nobody_pays_and_one_other_has_the_seat,
    of_sixty_people_who_want_one_seat_one_has_it,
    one_person_never_has_more_than_four_seats,
    numbers_of_holds_rise_and_are_never_used_again,
    a_lost_reply_is_asked_again_by_another_instance,
);

const INSTANCES: usize = 3;

/// Three instances on one database and one hot state.
async fn three(site: &Site) -> [Books; INSTANCES] {
    let first = Books::open(site).await;
    let (second, third) = (first.beside(site).await, first.beside(site).await);
    [first, second, third]
}

/// All steps at once, in turn by the instances. The outcomes are in the order of the steps.
async fn at_once(instances: &[Books], steps: Vec<Step>) -> Vec<Outcome> {
    let each = steps.into_iter().enumerate().map(|(place, step)| instances[place % instances.len()].step(step));
    join_all(each).await
}

fn granted(outcomes: &[Outcome]) -> usize {
    outcomes.iter().filter(|outcome| outcome.is_ok()).count()
}

async fn of_fifty_claims_one_payment_stands_for_ever(site: Site) {
    let _clock = clock::set(START);
    let instances = three(&site).await;
    instances[0].hold(1, 1, &[1, 2]).await;
    let claims = (1..=50).map(|paying| Step::Claim(claim_request(1, 1, paying, 2 * PRICE))).collect();
    let outcomes = at_once(&instances, claims).await;
    assert_eq!(granted(&outcomes), 50, "{outcomes:?}");
    let standing: BTreeSet<_> = outcomes
        .iter()
        .flatten()
        .filter_map(|answer| answer.reservation.claim)
        .map(|claim| (claim.payment, claim.key, claim.hold_no))
        .collect();
    assert_eq!(standing.len(), 1, "every caller hears the same pair");
    assert_eq!(outcomes.iter().flatten().filter(|answer| answer.has_changed).count(), 1);
    check(&instances[0], &site).await;
}

async fn of_fifty_secures_one_counts_and_all_are_answered_alike(site: Site) {
    let clock = clock::set(START);
    let instances = three(&site).await;
    instances[0].hold(1, 1, &[1]).await;
    instances[0].done(Step::Claim(claim_request(1, 1, 1, PRICE))).await;
    // Swept meanwhile: all ask for a hold that has to come back, with the number of the claim.
    clock.advance(Duration::from_millis(TTL_MS as u64));
    assert_eq!(instances[0].alone().sweep().await.expect("swept").expired, 1);
    let secure = || Step::Secure(secure_request(1, 1, PRICE, 1, START));
    let outcomes = at_once(&instances, (0..50).map(|_| secure()).collect()).await;
    assert_eq!(granted(&outcomes), 50, "{outcomes:?}");
    let numbers: BTreeSet<i64> = outcomes.iter().flatten().map(|answer| answer.reservation.hold_no).collect();
    assert_eq!(numbers, BTreeSet::from([2]), "taken back once");
    assert_eq!(outcomes.iter().flatten().filter(|answer| answer.has_changed).count(), 1);
    assert_eq!(read::hold_no(&instances[0].ledger).await, Ok(2));
    check(&instances[0], &site).await;
}

async fn of_fifty_cancellations_one_counts_and_one_message_goes(site: Site) {
    let _clock = clock::set(START);
    let instances = three(&site).await;
    instances[0].confirmed(1, 1, &[1, 2, 3]).await;
    let outcomes = at_once(&instances, (0..50).map(|_| Step::Cancel(cancellation(1, 1))).collect()).await;
    assert_eq!(granted(&outcomes), 1);
    let refused = outcomes.iter().filter(|outcome| **outcome == Err(Refusal::AlreadyCancelled)).count();
    assert_eq!(refused, 49);
    assert_eq!(instances[0].reasons().await, ["USER_REQUEST"]);
    check(&instances[0], &site).await;
}

async fn claims_secures_and_cancellations_at_once_leave_an_allowed_end(site: Site) {
    let _clock = clock::set(START);
    let instances = three(&site).await;
    for of in 1..=8_u128 {
        let held = instances[0].hold(of, of, &[of]).await;
        let steps = (0..50).map(|turn| match turn % 5 {
            0 | 1 => Step::Claim(claim_request(of, of, of, PRICE)),
            2 | 3 => Step::Secure(secure_request(of, of, PRICE, held.hold_no, START)),
            _ => Step::Cancel(cancellation(of, of)),
        });
        let steps: Vec<Step> = steps.collect();
        let outcomes = at_once(&instances, steps.clone()).await;
        let granted = |wanted: fn(&Step) -> bool| {
            let each = steps.iter().zip(&outcomes).filter(|(step, outcome)| wanted(step) && outcome.is_ok());
            each.count()
        };
        let secured = granted(|step| matches!(step, Step::Secure(_)));
        let cancelled = granted(|step| matches!(step, Step::Cancel(_)));
        assert!(cancelled <= 1 && (secured == 0 || cancelled == 0), "{secured} {cancelled}: {outcomes:?}");
        let row = instances[0].row(of).await;
        match row.status {
            ReservationStatus::Cancelled => assert_eq!((cancelled, secured), (1, 0)),
            _ => assert_eq!((cancelled, row.is_secured()), (0, secured > 0)),
        }
    }
    check(&instances[0], &site).await;
}

async fn at_the_very_instant_of_the_end_nobody_pays_and_one_other_has_the_seat(site: Site) {
    let clock = clock::set(START);
    let instances = three(&site).await;
    instances[0].hold(1, 1, &[1]).await;
    instances[0].hold(2, 2, &[2]).await;
    clock.advance(Duration::from_millis(TTL_MS as u64 - 1));
    let last = at_once(&instances, (1..=10).map(|paying| Step::Claim(claim_request(2, 2, paying, PRICE))).collect());
    assert_eq!(granted(&last.await), 10, "a millisecond before, everybody pays");
    clock.advance(Duration::from_millis(1));
    let mut steps: Vec<Step> = (1..=10).map(|paying| Step::Claim(claim_request(1, 1, paying, PRICE))).collect();
    steps.extend((10..20).map(|of| Step::Hold(hold_wish(1, of, of, &[1]))));
    let sweeps = instances.iter().map(|one| async { one.alone().sweep().await.expect("swept").expired });
    let (outcomes, swept) = tokio::join!(at_once(&instances, steps), join_all(sweeps));
    let (claims, holds) = outcomes.split_at(10);
    assert!(claims.iter().all(|outcome| *outcome == Err(Refusal::HoldExpired)), "{claims:?}");
    assert_eq!(granted(holds), 1, "{holds:?}");
    // The claimed one has run out as well: whoever ended them, each was ended once.
    assert!(swept.iter().sum::<usize>() <= 2);
    let rest = instances[0].alone().sweep().await.expect("swept").expired;
    assert!(rest <= 1);
    assert_eq!(instances[0].reasons().await, ["HOLD_EXPIRED", "HOLD_EXPIRED"]);
    check(&instances[0], &site).await;
}

async fn of_sixty_people_who_want_one_seat_one_has_it(site: Site) {
    let _clock = clock::set(START);
    let instances = three(&site).await;
    let steps = (1..=60).map(|of| Step::Hold(hold_wish(1, of, of, &[7]))).collect();
    let outcomes = at_once(&instances, steps).await;
    assert_eq!(granted(&outcomes), 1, "{outcomes:?}");
    let taken = |outcome: &&Outcome| matches!(outcome, Err(Refusal::SeatsTaken { held, .. }) if *held == [seat(7)]);
    assert_eq!(outcomes.iter().filter(taken).count(), 59);
    assert_eq!(read::hold_no(&instances[0].ledger).await, Ok(1), "no number is lost");
    check(&instances[0], &site).await;
}

async fn one_person_never_has_more_than_four_seats(site: Site) {
    let _clock = clock::set(START);
    let instances = three(&site).await;
    // Hot state is lost: only rows count.
    let steps = (1..=30).map(|of| Step::Hold(hold_wish(1, of, 1, &[of]))).collect();
    let outcomes = at_once(&instances, steps).await;
    assert_eq!(granted(&outcomes), 4, "{outcomes:?}");
    let too_many = outcomes.iter().filter(|outcome| matches!(outcome, Err(Refusal::TooManySeats { held: 4 })));
    assert_eq!(too_many.count(), 26);
    // Two at once that would fit alone.
    let steps = (41..=43).map(|of| Step::Hold(hold_wish(2, of, 1, &[of, of + 10, of + 20]))).collect();
    assert_eq!(granted(&at_once(&instances, steps).await), 1);
    check(&instances[0], &site).await;
}

async fn numbers_of_holds_rise_and_are_never_used_again(site: Site) {
    let clock = clock::set(START);
    let instances = three(&site).await;
    let mut numbers: Vec<i64> = Vec::new();
    let mut of_seat_one: Vec<i64> = Vec::new();
    for round in 0..6_u128 {
        // In each round the first seat is another's, and others hold and swap beside it.
        let first = 100 * round + 1;
        let mut steps = vec![Step::Hold(hold_wish(1, first, first, &[1]))];
        steps.extend((2..12).map(|turn| Step::Hold(hold_wish(1 + turn % 2, first + turn, first + turn, &[turn]))));
        let outcomes = at_once(&instances, steps).await;
        let swaps = (2..12).map(|turn| Step::Swap(swap_wish(first + turn, first + turn, &[turn + 20]))).collect();
        let swapped = at_once(&instances, swaps).await;
        for answer in outcomes.iter().chain(&swapped).flatten().filter(|answer| answer.has_changed) {
            numbers.push(answer.reservation.hold_no);
        }
        let own = outcomes[0].as_ref().expect("the seat is free again").reservation.hold_no;
        of_seat_one.push(own);
        clock.advance(Duration::from_millis(TTL_MS as u64));
        if round % 2 == 0 {
            instances[round as usize % INSTANCES].alone().sweep().await.expect("swept");
        }
    }
    let distinct: BTreeSet<i64> = numbers.iter().copied().collect();
    assert_eq!(distinct.len(), numbers.len(), "none is used twice");
    assert_eq!(distinct.last().copied(), read::hold_no(&instances[0].ledger).await.ok());
    assert!(numbers.len() > 100 && of_seat_one.is_sorted_by(|one, next| one < next), "{of_seat_one:?}");
    check(&instances[0], &site).await;
}

async fn a_lost_reply_is_asked_again_by_another_instance(site: Site) {
    let _clock = clock::set(START);
    let instances = three(&site).await;
    let steps = [
        Step::Hold(hold_wish(1, 1, 1, &[1, 2])),
        Step::Swap(swap_wish(1, 1, &[2, 3])),
        Step::Claim(claim_request(1, 1, 1, 2 * PRICE)),
        Step::Secure(secure_request(1, 1, 2 * PRICE, 2, START)),
        hear(1, 1, success(2 * PRICE, 2)),
    ];
    for step in steps {
        let first = instances[0].step(step.clone()).await.expect("done");
        let again = instances[1].step(step.clone()).await.expect("done");
        assert_eq!((first.reservation, again.has_changed), (again.reservation, false), "{step:?}");
    }
    let ids: Vec<ReservationId> =
        instances[2].messages().await.iter().map(|one| one.aggregate_id.parse().expect("an id")).collect();
    assert_eq!(ids, [], "nothing has ended");
}
