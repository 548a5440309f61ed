//! Estimates compared with actual waits, in lines of many kinds.

use super::played::{Person, Played, TICK_MS, with_crowd};
use super::tests::{PASSES, rule};
use super::*;
use proptest::prelude::*;

#[test]
fn the_estimate_holds_at_a_constant_rate() {
    let mut played = with_crowd(rule(100, PASSES), 6_000);
    played.play_out();
    played.expect("a rate that stays", 0, 2.0);
}

#[test]
fn the_estimate_holds_when_each_second_admits_in_one_batch() {
    let mut played = with_crowd(rule(100, PASSES), 6_000);
    played.admit_every_ms = 1_000;
    played.play_out();
    played.expect("batches", 0, 3.0);
}

#[test]
fn a_rate_changed_during_the_wait_counts_at_once() {
    let mut played = with_crowd(rule(100, PASSES), 6_000);
    played.play(30);
    played.change(|rule| LineRule { rate_per_second: 50, ..rule });
    played.play_out();
    // Earlier estimates could not know of the change.
    played.expect("half the rate", 30, 2.0);
    assert_eq!(played.rates.iter().find(|(at_ms, _)| *at_ms > 30_000).map(|(_, rate)| *rate), Some(50.0));
}

#[test]
fn a_raised_rate_counts_at_once() {
    let mut played = with_crowd(rule(40, PASSES), 6_000);
    played.play(30);
    played.change(|rule| LineRule { rate_per_second: 100, ..rule });
    played.play_out();
    played.expect("more than twice the rate", 30, 2.0);
}

#[test]
fn the_estimate_holds_when_people_give_up_before_their_turn() {
    let mut played = with_crowd(rule(100, PASSES), 6_000);
    played.let_leave(20, 120.0, false);
    played.play_out();
    played.expect("a fifth leaves", 0, 10.0);
}

#[test]
fn the_estimate_holds_when_people_disappear() {
    let mut played = with_crowd(LineRule { abandon_after_ms: 5_000, ..rule(100, PASSES) }, 12_000);
    played.let_leave(20, 120.0, true);
    played.play_out();
    played.expect("a fifth goes silently", 0, 10.0);
}

#[test]
fn the_estimate_follows_when_slow_issuers_halve_the_rate() {
    // Fifty inside at once, each for a second.
    let ttl = Admits::Pass { ttl_ms: 1_000 };
    let mut played = with_crowd(LineRule { inside_max: 50, ..rule(100, ttl) }, 6_000);
    played.play_out();
    played.expect("half by the brake", 0, 10.0);
    played.expect("half by the brake, once it was seen", 10, 3.0);
}

#[test]
fn there_is_no_estimate_while_no_one_is_admitted_and_a_pause_does_not_lower_the_rate() {
    let mut played = with_crowd(rule(100, PASSES), 8_000);
    played.play(20);
    played.change(|rule| LineRule { paused: true, ..rule });
    played.play(60);
    played.change(|rule| LineRule { paused: false, ..rule });
    played.play_out();
    let estimated_while_paused = |person: &Person| {
        let paused = person.estimates.iter().filter(|(at_ms, _)| (20_000..80_000).contains(at_ms));
        paused.clone().count() > 0 && paused.clone().any(|(_, estimate)| estimate.is_some())
    };
    assert!(!played.people.iter().any(estimated_while_paused));
    played.expect("after a pause", 80, 2.0);
}

#[test]
fn a_line_that_opens_when_all_have_come_starts_at_its_rate() {
    let mut played = with_crowd(LineRule { opens_at: Some(Timestamp(90_000)), ..rule(100, PASSES) }, 6_000);
    played.play(90);
    assert!(played.people.iter().all(|person| person.estimates.iter().all(|(_, estimate)| estimate.is_none())));
    played.play_out();
    played.expect("after the opening", 90, 2.0);
}

#[test]
fn a_quiet_line_does_not_lower_the_estimate_for_a_crowd() {
    let mut played = Played::new(rule(100, PASSES));
    for _ in 0..60 {
        played.enter(2);
        played.play(1);
    }
    played.enter(6_000);
    played.play_out();
    played.expect("a crowd after a quiet minute", 60, 2.0);
}

#[test]
fn a_line_that_admits_no_one_ends_up_without_an_estimate() {
    let forever = Admits::Pass { ttl_ms: u32::MAX };
    let mut played = with_crowd(LineRule { inside_max: 50, ..rule(100, forever) }, 1_000);
    played.play(5);
    let early = played.outlook.forecast().people_per_second;
    assert!((1.0..100.0).contains(&early), "{early}");
    // The window contains the fifty admissions; after five minutes they are dropped.
    played.play(320);
    assert_eq!(played.outlook.forecast().wait_seconds(500, QueueNumber(551), 50), None);
}

#[test]
fn a_person_admitted_twice_counts_once() {
    let observation = |at_ms, waiting, admitted| Observation {
        at_ms,
        numbers: 1_000,
        waiting,
        serving: 1_000 - waiting,
        admitted,
        rate_per_second: 100,
    };
    let mut outlook = Outlook::default();
    for second in 0..=20u64 {
        // Of fifty a second, thirty are put back.
        outlook.observe(observation(second as i64 * 1_000, 1_000 - second * 20, second * 50));
    }
    assert_eq!(outlook.forecast(), Forecast { people_per_second: 20.0, numbers_per_second: 20.0 });
}

#[test]
fn a_number_ahead_of_the_served_ones_waits_by_rank_alone() {
    let forecast = Forecast { people_per_second: 10.0, numbers_per_second: 20.0 };
    assert_eq!(forecast.wait_seconds(50, QueueNumber(200), 100), Some(5.0));
    assert_eq!(forecast.wait_seconds(50, QueueNumber(160), 100), Some(3.0));
    assert_eq!(forecast.wait_seconds(50, QueueNumber(40), 100), Some(5.0));
    assert_eq!(Forecast::default().wait_seconds(50, QueueNumber(160), 100), None);
}

#[test]
fn estimates_do_not_jump() {
    let mut played = with_crowd(rule(100, PASSES), 6_000);
    played.admit_every_ms = 1_000;
    played.play_out();
    for two in played.rates.windows(2) {
        let (before, after) = (two[0].1, two[1].1);
        assert!((before - after).abs() <= 4.0, "{before} and a second later {after}");
    }
}

#[test]
fn memory_is_bounded_however_often_and_long_a_line_is_observed() {
    let mut outlook = Outlook::default();
    for step in 0..100_000u64 {
        let (numbers, serving) = (u64::MAX / 2, step / 1_000);
        let waiting = numbers - serving;
        let at_ms = step as i64 * 10;
        outlook.observe(Observation { at_ms, numbers, waiting, serving, admitted: serving, rate_per_second: 10 });
    }
    assert!(outlook.spans_kept() <= 601, "{}", outlook.spans_kept());
}

fn any_observation() -> impl Strategy<Value = Observation> {
    let small = || prop_oneof![9 => 0u64..100, 1 => Just(1u64 << 40)];
    (prop_oneof![9 => -10i64..3_000, 1 => any::<i64>()], small(), small(), small(), small(), 0u32..3).prop_map(
        |(at_ms, numbers, waiting, serving, admitted, rate_per_second)| Observation {
            at_ms,
            numbers,
            waiting,
            serving,
            admitted,
            rate_per_second,
        },
    )
}

proptest! {
    /// For any observations, the forecast is a number and at most the rate.
    #[test]
    fn an_estimate_is_a_number_within_the_rate(steps in proptest::collection::vec(any_observation(), 1..60), adds in any::<bool>()) {
        let mut outlook = Outlook::default();
        let mut now = Observation { at_ms: 0, numbers: 0, waiting: 0, serving: 0, admitted: 0, rate_per_second: 0 };
        for step in steps {
            now = if adds {
                Observation {
                    at_ms: now.at_ms.saturating_add(step.at_ms),
                    numbers: now.numbers + step.numbers,
                    waiting: step.waiting,
                    serving: now.serving + step.serving,
                    admitted: now.admitted + step.admitted,
                    rate_per_second: step.rate_per_second,
                }
            } else {
                step
            };
            outlook.observe(now);
            let forecast = outlook.forecast();
            prop_assert!((0.0..=f64::from(now.rate_per_second)).contains(&forecast.people_per_second), "{:?}", forecast);
            prop_assert!(forecast.numbers_per_second.is_finite());
            prop_assert!(forecast.numbers_per_second >= forecast.people_per_second);
        }
    }
}

#[test]
fn the_median_error_is_within_a_tenth_at_any_rate_and_share_of_leavers() {
    for rate in [10, 25, 60] {
        for (leave_percent, silently) in [(0, false), (10, false), (20, false), (10, true), (20, true)] {
            let abandon_after_ms = if silently { 3_000 } else { 0 };
            let rule = LineRule { abandon_after_ms, ..rule(rate, PASSES) };
            let mut played = with_crowd(rule, rate as usize * 100);
            played.admit_every_ms = TICK_MS * i64::from(rate % 9 + 1);
            played.let_leave(leave_percent, f64::from(rate) * 100.0 / f64::from(100 - leave_percent), silently);
            played.play_out();
            let errors = played.errors_from(0);
            let middle = errors.at(50);
            assert!(middle <= 10.0, "{middle} % at {rate}/s, {leave_percent} % leave, silently: {silently}");
        }
    }
}
