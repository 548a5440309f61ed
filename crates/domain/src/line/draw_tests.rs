use super::tests::{NOBODY, PASSES, admit, enter_all, rank, rule, user};
use super::*;
use std::str::FromStr;

const SEED: DrawSeed = DrawSeed([7; 32]);

/// Opens at 1,000 with a draw.
fn drawn_rule() -> LineRule {
    LineRule { draw: Some(SEED), opens_at: Some(Timestamp(1_000)), ..rule(10, PASSES) }
}

fn check_in(line: &mut Line, n: u64) -> LineStatus {
    line.check_in(&user(n), Timestamp(1_000))
}

fn hex(text: &str) -> [u8; 4] {
    u32::from_str_radix(text, 16).expect("hex").to_be_bytes()
}

#[test]
fn a_draw_is_a_shuffle_that_anybody_can_repeat() {
    let order = drawn_order(&SEED, 1_000);
    let mut sorted = order.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (1..=1_000).collect::<Vec<_>>());
    assert_ne!(order, sorted);
    assert_ne!(order, drawn_order(&DrawSeed([8; 32]), 1_000));
    // Worked out by `sha256sum` over the seed and the number.
    assert_eq!(commitment(&SEED)[..4], hex("4bb06f8e"));
    assert_eq!(drawn_order(&SEED, 5), [1, 2, 5, 4, 3]);
}

#[test]
fn of_many_some_lots_begin_alike_and_the_rest_of_them_decides() {
    use sha2::{Digest, Sha256};
    // Among this many entries two hashes begin with the same four bytes, except for one seed in a thousand.
    let count = 250_000;
    let whole = |entry: u32| -> [u8; 32] { Sha256::digest([&SEED.0[..], &entry.to_be_bytes()].concat()).into() };
    let mut lots: Vec<([u8; 32], u32)> = (1..=count).map(|entry| (whole(entry), entry)).collect();
    lots.sort_unstable();
    assert!(lots.windows(2).any(|pair| pair[0].0[..4] == pair[1].0[..4]), "another seed would show it");
    let order: Vec<u32> = lots.into_iter().map(|(_, entry)| entry).collect();
    assert!(drawn_order(&SEED, count) == order);
}

#[test]
fn a_seed_is_read_as_it_is_written_and_never_shown_by_accident() {
    let seed = DrawSeed(std::array::from_fn(|at| at as u8 * 7));
    assert_eq!(DrawSeed::from_str(&seed.hex()), Ok(seed));
    assert_eq!(DrawSeed::from_str(&seed.hex().to_uppercase()), Ok(seed));
    for wrong in ["", "00", &"g".repeat(64), &"0".repeat(63), &"é".repeat(32), &format!("+{}", "0".repeat(63))] {
        assert_eq!(DrawSeed::from_str(wrong), Err(SeedError), "{wrong}");
    }
    let rule = drawn_rule();
    assert!(!format!("{rule:?}").contains('7'), "{rule:?}");
    let text = serde_json::to_string(&rule).expect("writes");
    assert_eq!(serde_json::from_str::<LineRule>(&text).expect("reads").draw, Some(SEED));
    let without = serde_json::to_string(&LineRule { draw: None, ..rule }).expect("writes");
    let is_old = !without.contains("draw") && !without.contains("configured");
    assert!(is_old, "as it was written before there were these: {without}");
    assert_eq!(serde_json::from_str::<LineRule>(&without).expect("reads").draw, None);
}

#[test]
fn people_before_the_opening_are_shuffled_and_late_comers_follow() {
    let mut line = Line::new(drawn_rule());
    for n in 1..=5 {
        assert_eq!(line.enter(&user(n), Timestamp(0)), LineStatus::Drawing { entry: QueueNumber(n), is_new: true });
    }
    assert_eq!(line.enter(&user(3), Timestamp(0)), LineStatus::Drawing { entry: QueueNumber(3), is_new: false });
    assert!(line.leave(&user(2), Timestamp(0)));
    assert!(line.counts(9, Timestamp(0)).gone.is_empty(), "no one has a number yet");
    assert_eq!(line.draw(Timestamp(999)), DrawStep::NotDue);
    assert_eq!(check_in(&mut line, 1), LineStatus::Drawing { entry: QueueNumber(1), is_new: false });
    assert_eq!(admit(&mut line, 9, 1_000), NOBODY, "it is time, but nothing is drawn");
    assert!(!line.finish(&user(1), LineOutcome::Issued), "no one was admitted");
    assert_eq!(line.draw(Timestamp(1_000)), DrawStep::Drawn { count: 5 });
    assert_eq!(line.draw(Timestamp(1_000)), DrawStep::Drawn { count: 5 });
    assert_eq!(
        line.enter(&user(6), Timestamp(1_000)),
        LineStatus::Waiting { number: QueueNumber(6), rank: 5, is_new: true }
    );
    // 1, 2, 5, 4, 3, of whom 2 has left.
    for (n, number, rank) in [(1, 1, 1), (5, 3, 2), (4, 4, 3), (3, 5, 4)] {
        let number = QueueNumber(number);
        assert_eq!(check_in(&mut line, n), LineStatus::Waiting { number, rank, is_new: false });
        assert_eq!(line.entry_of(number), QueueNumber(n));
    }
    let counts = line.counts(9, Timestamp(1_000));
    assert_eq!((counts.gone, counts.drawn, counts.numbers), (vec![(2, 2)], Some(5), 6));
    let admitted: Vec<UserId> =
        line.admit(&super::tests::passes(9), Timestamp(1_000)).into_iter().map(|one| one.user).collect();
    assert_eq!(admitted, [1, 5, 4, 3, 6].map(user));
}

#[test]
fn a_person_who_comes_during_the_draw_is_late_and_one_who_leaves_is_gone() {
    let mut line = Line::new(drawn_rule());
    enter_all(&mut line, 1..=5, 0);
    assert_eq!(line.begin_draw(Timestamp(1_000)), DrawStep::UnderWay { count: 5 });
    assert_eq!(line.enter(&user(6), Timestamp(1_000)), LineStatus::Drawing { entry: QueueNumber(6), is_new: true });
    assert!(line.leave(&user(5), Timestamp(1_000)));
    assert_eq!(line.begin_draw(Timestamp(1_000)), DrawStep::UnderWay { count: 5 }, "no one can join now");
    assert!(!line.finish_draw(vec![1, 2, 3, 4, 5, 6]), "another draw's order");
    assert!(line.finish_draw(drawn_order(&SEED, 5)));
    assert!(!line.finish_draw(vec![5, 4, 3, 2, 1]), "it is drawn once");
    assert_eq!(rank(check_in(&mut line, 6)), Some(5));
    assert_eq!(line.counts(9, Timestamp(1_000)).gone, [(3, 3)]);
    assert_eq!(
        line.enter(&user(5), Timestamp(1_000)),
        LineStatus::Waiting { number: QueueNumber(7), rank: 6, is_new: true }
    );
}

#[test]
fn a_draw_is_set_once_and_before_anybody_has_a_place() {
    let with = |draw, revision| LineRule { draw, revision, ..drawn_rule() };
    let mut line = Line::new(with(None, 1));
    line.change(with(Some(SEED), 1));
    assert_eq!(line.rule().draw, Some(SEED));
    line.change(with(Some(DrawSeed([8; 32])), 2));
    line.change(with(None, 3));
    assert_eq!((line.rule().draw, line.rule().revision), (Some(SEED), 4));
    let mut line = Line::new(with(None, 1));
    assert_eq!(rank(line.enter(&user(1), Timestamp(0))), Some(1));
    line.change(with(Some(SEED), 1));
    assert_eq!((line.rule().draw, line.rule().revision), (None, 2), "a draw would take the rank that was shown");
    assert_eq!(rank(check_in(&mut line, 1)), Some(1));
}

#[test]
fn a_line_opened_early_draws_at_that_time_and_an_empty_line_draws_no_one() {
    let mut line = Line::new(drawn_rule());
    enter_all(&mut line, 1..=2, 0);
    line.change(LineRule { opens_at: None, ..drawn_rule() });
    assert_eq!(line.draw(Timestamp(5)), DrawStep::Drawn { count: 2 });
    let mut line = Line::new(drawn_rule());
    assert_eq!(line.draw(Timestamp(1_000)), DrawStep::Drawn { count: 0 });
    assert_eq!(rank(line.enter(&user(1), Timestamp(1_000))), Some(1));
}

#[test]
fn no_one_is_passed_over_before_the_opening_and_absent_people_can_come_back() {
    let mut line = Line::new(LineRule { abandon_after_ms: 100, ..drawn_rule() });
    enter_all(&mut line, 1..=5, 0);
    line.check_in(&user(3), Timestamp(1_000));
    assert_eq!(admit(&mut line, 9, 1_000), NOBODY);
    assert_eq!(line.counts(9, Timestamp(1_000)).inactive, 0);
    line.draw(Timestamp(1_000));
    assert_eq!(admit(&mut line, 1, 1_000), [5], "the only person present is last");
    assert_eq!(
        line.glance(&user(4), Timestamp(1_000)),
        check_in(&mut line, 4),
        "a glance shows the same as a check-in"
    );
    assert_eq!(rank(check_in(&mut line, 2)), Some(1));
}
