//! Who is there, who comes back, and what is kept of those who do not.

use super::order::Order;
use super::tests::{NOBODY, PASSES, admit, enter_all, passes, rank, rule, user};
use super::*;
use crate::network::NetworkPrefixes;
use proptest::prelude::*;
use std::net::Ipv4Addr;

/// Silent for a second: passed over. Back within ten: the old place. Remembered for a hundred.
fn watched(rate_per_second: u32) -> LineRule {
    LineRule { abandon_after_ms: 1_000, return_ms: 10_000, remember_ms: 100_000, ..rule(rate_per_second, PASSES) }
}

fn network(n: u8) -> Option<Network> {
    Some(NetworkPrefixes::default().network(Ipv4Addr::new(203, 0, 113, n).into()))
}

#[test]
fn who_is_back_in_time_has_the_old_place_behind_others_who_are_back() {
    let mut line = Line::new(watched(10));
    enter_all(&mut line, 1..=6, 0);
    for n in [4, 5, 6] {
        line.check_in(&user(n), Timestamp(1_500));
    }
    assert_eq!(admit(&mut line, 1, 1_500), [4]);
    assert_eq!(rank(line.check_in(&user(5), Timestamp(1_500))), Some(1));
    let counts = line.counts(9, Timestamp(1_500));
    assert_eq!((counts.waiting, counts.inactive), (2, 3));
    let back = |number, rank| LineStatus::Waiting { number: QueueNumber(number), rank, is_new: false, is_late: false };
    assert_eq!(line.check_in(&user(1), Timestamp(2_000)), back(1, 1));
    assert_eq!(line.check_in(&user(2), Timestamp(2_000)), back(2, 2), "one and those who are back before");
    assert_eq!(line.enter(&user(3), Timestamp(2_000)), back(3, 3));
    assert_eq!(rank(line.check_in(&user(5), Timestamp(2_000))), Some(1), "was first, and is told nothing worse");
    assert_eq!(line.counts(9, Timestamp(2_000)).inactive, 0);
    assert!(line.leave(&user(1), Timestamp(2_000)));
    assert_eq!(rank(line.check_in(&user(3), Timestamp(2_000))), Some(2));
}

/// Kind: whoever was put back at the start of a scheduler counted as heard of in the far future, stood in the line for ever,
/// and kept those behind waiting.
#[test]
fn people_put_back_with_all_others_are_passed_over_and_forgotten_as_all_are() {
    let work = Admits::Processing { stale_after_ms: 60_000, put_back_max: 2 };
    let mut line = Line::new(LineRule { admits: work, ..watched(10) });
    enter_all(&mut line, 1..=3, 0);
    assert_eq!(admit(&mut line, 3, 0), [1, 2, 3]);
    assert!(line.put_back(Timestamp(500)).is_empty(), "nobody is stale");
    assert_eq!(line.put_all_back(Timestamp(500)).len(), 2, "at most so many at once");
    assert_eq!(line.put_all_back(Timestamp(500)).len(), 1);
    assert!(line.put_all_back(Timestamp(500)).is_empty());
    assert_eq!(rank(line.check_in(&user(3), Timestamp(1_000))), Some(3));
    tick_until(&mut line, 500, 1_501);
    assert_eq!(line.counts(9, Timestamp(1_501)).inactive, 2, "those who were not heard of since");
    tick_until(&mut line, 1_501, 100_501);
    let mut forgotten = line.forget(Timestamp(100_501));
    forgotten.sort();
    assert_eq!(forgotten, [1, 2].map(QueueNumber));
}

/// Ticks as the scheduler's do, so that the line was reached all the time.
fn tick_until(line: &mut Line, from: i64, to: i64) {
    for now in (from..to).step_by(9_000).chain([to]) {
        admit(line, 0, now);
    }
}

#[test]
fn nobody_pays_for_a_line_that_could_not_be_reached() {
    for outage_ms in [10_000, 10_001, 3_600_000] {
        let mut line = Line::new(watched(0));
        enter_all(&mut line, 1..=3, 0);
        tick_until(&mut line, 0, 900);
        let back = Timestamp(900 + outage_ms);
        let is_outage = outage_ms > 10_000;
        let told = line.check_in(&user(2), back);
        assert_eq!(rank(told), Some(2), "{told:?}");
        admit(&mut line, 0, back.millis());
        assert_eq!(line.counts(9, back).inactive, if is_outage { 0 } else { 2 });
        let state = line.places.get(&user(2)).expect("a place").state;
        assert_eq!(state == State::Waiting, is_outage, "{state:?}");
        tick_until(&mut line, back.millis(), back.millis() + 11_001);
        assert!(line.is_late(&user(3), Timestamp(back.millis() + 11_001)), "the time runs again");
    }
}

#[test]
fn going_away_does_not_lead_to_the_front() {
    let mut line = Line::new(LineRule { paused: true, ..watched(10) });
    enter_all(&mut line, 1..=9, 0);
    for n in [1, 2, 3, 4, 6, 7, 8, 9] {
        line.check_in(&user(n), Timestamp(900));
    }
    assert_eq!(admit(&mut line, 9, 1_500), NOBODY);
    assert_eq!(line.counts(9, Timestamp(1_500)).inactive, 1);
    assert_eq!(rank(line.check_in(&user(5), Timestamp(1_500))), Some(5), "the turn of those in front comes first");
    line.change(LineRule { paused: false, ..line.rule().clone() });
    assert_eq!(admit(&mut line, 4, 1_600), [1, 2, 3, 4]);
}

#[test]
fn who_is_back_too_late_gets_a_new_place_at_the_end_and_is_told_so_once() {
    for is_paused in [false, true] {
        let mut line = Line::new(LineRule { paused: is_paused, ..watched(0) });
        enter_all(&mut line, 1..=3, 0);
        for at in (900..11_001).step_by(900) {
            line.check_in(&user(3), Timestamp(at));
        }
        admit(&mut line, 9, 11_001);
        assert_eq!(line.counts(9, Timestamp(11_001)).inactive, 2);
        assert!(line.is_late(&user(1), Timestamp(11_001)));
        assert_eq!(
            line.check_in(&user(1), Timestamp(11_001)),
            LineStatus::Waiting { number: QueueNumber(4), rank: 2, is_new: true, is_late: true }
        );
        assert_eq!(
            line.check_in(&user(1), Timestamp(11_002)),
            LineStatus::Waiting { number: QueueNumber(4), rank: 2, is_new: false, is_late: false }
        );
        assert_eq!(
            line.enter(&user(2), Timestamp(11_002)),
            LineStatus::Waiting { number: QueueNumber(5), rank: 3, is_new: true, is_late: true }
        );
        assert_eq!(line.counts(9, Timestamp(11_002)).gone, [(1, 2)]);
    }
}

#[test]
fn a_late_person_finds_a_full_line_full_and_may_try_again() {
    let mut line = Line::new(LineRule { capacity: 2, ..watched(1) });
    enter_all(&mut line, 1..=2, 0);
    assert_eq!(
        line.enter(&user(3), Timestamp(11_500)),
        LineStatus::Waiting { number: QueueNumber(3), rank: 1, is_new: true, is_late: false }
    );
    assert_eq!(rank(line.enter(&user(4), Timestamp(11_500))), Some(2));
    assert_eq!(line.check_in(&user(1), Timestamp(11_500)), LineStatus::Full);
    assert_eq!(line.enter(&user(1), Timestamp(11_500)), LineStatus::Full);
    assert!(line.leave(&user(4), Timestamp(11_500)));
    assert!(matches!(line.check_in(&user(1), Timestamp(11_500)), LineStatus::Waiting { rank: 2, is_late: true, .. }));
}

#[test]
fn the_silent_do_not_count_for_the_capacity_also_while_the_line_is_paused() {
    for paused in [false, true] {
        let mut line = Line::new(LineRule { capacity: 600, paused, ..watched(10) });
        enter_all(&mut line, 1..=600, 0);
        assert_eq!(line.enter(&user(601), Timestamp(1_000)), LineStatus::Full, "they may still be there");
        assert_eq!(rank(line.enter(&user(601), Timestamp(1_001))), Some(1), "nobody of them was heard of");
        assert_eq!(line.counts(9, Timestamp(1_001)).inactive, 600);
    }
}

#[test]
fn of_ten_people_at_most_one_is_back_while_others_wait() {
    let mut line = Line::new(LineRule { abandon_after_ms: 200_000, return_ms: 600_000, ..rule(10, PASSES) });
    enter_all(&mut line, 1..=590, 0);
    enter_all(&mut line, 591..=800, 100_000);
    enter_all(&mut line, 801..=801, 250_000);
    admit(&mut line, 0, 250_000);
    assert_eq!(line.counts(9, Timestamp(250_000)).inactive, 590);
    for n in 1..=590 {
        assert_eq!(rank(line.check_in(&user(n), Timestamp(250_000))), Some(n), "the hoard is at the front");
    }
    let mut admitted = Vec::new();
    for second in 251..270 {
        admitted.extend(admit(&mut line, 1_000, second * 1_000));
    }
    assert_eq!(admitted.len(), 190);
    for ten in admitted.windows(10) {
        let back = ten.iter().filter(|number| **number <= 590).count();
        assert!(back <= 1, "{ten:?}");
    }
    assert_eq!(admitted.iter().filter(|number| **number <= 590).count(), 19, "nor are they shut out");
}

#[test]
fn who_is_back_and_alone_goes_at_the_whole_rate() {
    let mut line = Line::new(watched(10));
    enter_all(&mut line, 1..=30, 0);
    admit(&mut line, 0, 2_000);
    enter_all(&mut line, 1..=30, 2_000);
    assert_eq!(admit(&mut line, 99, 2_500), (1..=10).collect::<Vec<u64>>());
}

#[test]
fn a_network_has_so_many_places_and_gets_them_back() {
    let mut line = Line::new(LineRule { positions_per_network: 2, ..watched(10) });
    for n in 1..=2 {
        assert_eq!(rank(line.enter_from(&user(n), network(1), Timestamp(0))), Some(n));
    }
    assert_eq!(line.enter_from(&user(3), network(1), Timestamp(0)), LineStatus::TooMany);
    assert_eq!(rank(line.enter_from(&user(2), network(1), Timestamp(0))), Some(2), "has a place");
    assert_eq!(rank(line.enter_from(&user(4), network(2), Timestamp(0))), Some(3));
    assert_eq!(rank(line.enter(&user(5), Timestamp(0))), Some(4), "of no network");
    assert_eq!(admit(&mut line, 1, 0), [1]);
    assert_eq!(rank(line.enter_from(&user(3), network(1), Timestamp(0))), Some(4), "one is in");
    assert_eq!(line.enter_from(&user(6), network(1), Timestamp(1_000)), LineStatus::TooMany);
    assert_eq!(rank(line.enter_from(&user(6), network(1), Timestamp(1_001))), Some(1), "they are not there");
    assert!(line.leave(&user(6), Timestamp(1_001)));
    assert_eq!(rank(line.check_in(&user(2), Timestamp(1_001))), Some(1));
    assert_eq!(rank(line.check_in(&user(3), Timestamp(1_001))), Some(2));
    assert_eq!(line.enter_from(&user(6), network(1), Timestamp(1_001)), LineStatus::TooMany, "they are back");
    line.change(LineRule { positions_per_network: 0, ..line.rule().clone() });
    assert_eq!(rank(line.enter_from(&user(6), network(1), Timestamp(1_001))), Some(3));
}

#[test]
fn places_that_are_over_are_forgotten_in_the_end() {
    let mut line = Line::new(watched(10));
    enter_all(&mut line, 1..=3, 0);
    assert!(line.finish(&user(3), LineOutcome::Issued));
    tick_until(&mut line, 1_500, 50_000);
    line.check_in(&user(3), Timestamp(50_000));
    tick_until(&mut line, 50_000, 99_999);
    assert_eq!(line.forget(Timestamp(100_000)), []);
    assert_eq!(line.forget(Timestamp(100_001)), [QueueNumber(1), QueueNumber(2)]);
    assert_eq!(line.check_in(&user(1), Timestamp(100_001)), LineStatus::Absent);
    tick_until(&mut line, 100_001, 150_000);
    assert_eq!(line.forget(Timestamp(150_001)), [QueueNumber(3)], "was told of the outcome at 50,000");
    let counts = line.counts(9, Timestamp(150_001));
    assert_eq!((counts.inactive, counts.finished, counts.gone), (0, 0, vec![(1, 3)]));
    assert!(line.places.is_empty() && line.remembered.is_empty() && line.watched.is_empty());
}

#[test]
fn a_line_keeps_nothing_of_those_who_passed_through() {
    let pass = Admits::Pass { ttl_ms: 10 };
    let mut line = Line::new(LineRule { inside_max: 0, ..rule(1_000, pass) });
    // Stays at the front for as long as the line lives.
    let stays = LineRule { admits: Admits::Pass { ttl_ms: u32::MAX }, ..line.rule().clone() };
    line.change(stays);
    line.enter(&user(0), Timestamp(0));
    assert_eq!(admit(&mut line, 1, 0), [1]);
    line.change(LineRule { admits: pass, ..line.rule().clone() });
    let ids = passes(1_000);
    for round in 1..=300u64 {
        let now = Timestamp(round as i64 * 1_000);
        for n in 0..1_000 {
            let entered = line.enter(&user(round * 1_000 + n), now);
            assert_eq!(rank(entered), Some(n + 1));
        }
        assert_eq!(line.admit(&ids, now).len(), 1_000);
        let (chunks, slots) = line.order.chunks_kept();
        assert!(chunks <= 35, "{chunks} in round {round}");
        assert!(slots as u64 <= round * 1_000 / 64 + 34, "{slots} in round {round}");
    }
    assert_eq!(line.places.len(), 1_001);
    assert!(line.leave(&user(0), Timestamp(300_000)));
    line.admit(&ids, Timestamp(301_000));
    let (chunks, slots) = line.order.chunks_kept();
    assert!(chunks <= 1 && slots <= 65, "{chunks} {slots}");
    assert_eq!(line.counts(9, Timestamp(301_000)).numbers, 300_001);
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Append,
    Skip,
    SkipTo(u64),
    Stand(usize, bool),
    Go(usize),
    Release(usize),
    ReleaseFront(usize),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => Just(Step::Append),
        2 => Just(Step::Skip),
        1 => (0u64..2_000).prop_map(Step::SkipTo),
        3 => (any::<usize>(), any::<bool>()).prop_map(|(at, is_back)| Step::Stand(at, is_back)),
        3 => any::<usize>().prop_map(Step::Go),
        3 => any::<usize>().prop_map(Step::Release),
        2 => (0usize..100).prop_map(Step::ReleaseFront),
    ]
}

/// The order as a list: whether somebody holds a number, and stands there.
type Plain = Vec<Option<Option<Stands>>>;

fn step(order: &mut Order, plain: &mut Plain, step: Step) {
    let number = |at: usize| QueueNumber(at as u64 + 1);
    match step {
        Step::Append => {
            assert_eq!(order.append(&user(plain.len() as u64)), number(plain.len()));
            plain.push(Some(Some(Stands::There)));
        }
        Step::Skip => {
            order.skip(&user(plain.len() as u64));
            plain.push(Some(None));
        }
        Step::SkipTo(more) => {
            plain.resize(plain.len() + more as usize, None);
            order.skip_to(plain.len() as u64);
        }
        Step::Stand(at, is_back) if !plain.is_empty() => {
            let at = at % plain.len();
            let as_who = if is_back { Stands::Back } else { Stands::There };
            order.stand(number(at), as_who);
            if let Some(stands) = &mut plain[at] {
                *stands = Some(as_who);
            }
        }
        Step::Go(at) if !plain.is_empty() => {
            let at = at % plain.len();
            order.go(number(at));
            plain[at] = plain[at].map(|_| None);
        }
        Step::Release(at) if !plain.is_empty() => {
            let at = at % plain.len();
            order.release(number(at));
            plain[at] = None;
        }
        Step::ReleaseFront(most) => {
            let held: Vec<usize> = (0..plain.len()).filter(|at| plain[*at].is_some()).take(most).collect();
            for at in held {
                order.release(number(at));
                plain[at] = None;
            }
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn an_order_is_as_a_plain_list(steps in proptest::collection::vec(any_step(), 1..300)) {
        let (mut order, mut plain) = (Order::default(), Plain::new());
        for one in steps {
            step(&mut order, &mut plain, one);
            for as_who in [Stands::There, Stands::Back] {
                let first = plain.iter().position(|held| *held == Some(Some(as_who)));
                prop_assert_eq!(order.first(as_who), first.map(|at| QueueNumber(at as u64 + 1)));
            }
        }
        let mut rank = 0;
        for (at, held) in plain.iter().enumerate() {
            let number = QueueNumber(at as u64 + 1);
            rank += u64::from(held.flatten().is_some());
            prop_assert_eq!(order.rank(number), rank);
            prop_assert_eq!(order.user(number).is_some(), held.is_some());
            prop_assert_eq!(order.stands_at(number), held.flatten().is_some());
        }
        prop_assert_eq!((order.waiting(), order.numbers()), (rank, plain.len() as u64));
    }
}
