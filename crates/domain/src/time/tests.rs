//! Which texts are times, and which are not.

use super::*;
use proptest::prelude::*;

#[test]
fn the_documented_forms_are_read() {
    let moment = Timestamp(1_796_155_200_000);
    for text in [
        "2026-12-01T20:00:00",
        "2026-12-01T20:00:00Z",
        "2026-12-02T05:00:00+09:00",
        "2026-12-01T14:30:00-05:30",
        "2026-12-01T20:00:00-00:00",
        "2026-12-01T20:00:00.0",
        "2026-12-01T20:00:00.000999999Z",
    ] {
        assert_eq!(Timestamp::parse(text), Ok(moment), "{text}");
    }
    assert_eq!(Timestamp::parse("2026-12-01T20:00:00.5Z"), Ok(Timestamp(moment.0 + 500)));
    assert_eq!(moment.to_string(), "2026-12-01T20:00:00");
    assert_eq!(ZonedTime(moment).to_string(), "2026-12-01T20:00:00Z");
}

#[test]
fn the_first_and_the_last_moment_are_read_and_those_beyond_are_named() {
    for text in ["1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999Z"] {
        assert_eq!(Timestamp::parse(text).expect(text).to_string(), text[..19]);
    }
    for text in
        ["1969-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-00:01", "1970-01-01T00:00:00+00:01"]
    {
        assert_eq!(Timestamp::parse(text), Err(TimeError::OutOfRange), "{text}");
    }
}

#[test]
fn every_other_form_is_refused() {
    for text in [
        "",
        "tomorrow",
        "2026-12-01",
        "2026-12-01T20:00",
        "2026-12-01 20:00:00",
        "2026-12-01t20:00:00Z",
        "2026-12-01T20:00:00z",
        "20261201T200000Z",
        "2026-12-01T20:00:00,5Z",
        "2026-12-01T20:00:00.Z",
        "2026-12-01T20:00:00.1234567890Z",
        "2026-12-01T20:00:00+09",
        "2026-12-01T20:00:00+0900",
        "2026-12-01T20:00:00+09:00:00",
        "2026-12-01T20:00:00\u{2212}09:00",
        "2026-12-01T20:00:00[Asia/Seoul]",
        "2026-12-01T20:00:00+09:00[Asia/Seoul]",
        "2026-12-01T20:00:00Z[UTC]",
        "2026-W49-2T20:00:00Z",
        "2026-335T20:00:00Z",
        "-2026-12-01T20:00:00",
        "+002026-12-01T20:00:00Z",
        " 2026-12-01T20:00:00Z",
        "2026-12-01T20:00:00Z ",
        "2026-12-01T20:00:00ZZ",
        "\u{ff12}026-12-01T20:00:00Z",
    ] {
        assert_eq!(Timestamp::parse(text), Err(TimeError::Form), "{text:?}");
        assert_eq!(ZonedTime::parse(text), Err(TimeError::Form), "{text:?}");
    }
}

#[test]
fn times_that_do_not_exist_are_refused() {
    for text in [
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-12-00T00:00:00Z",
        "2026-12-01T24:00:00Z",
        "2026-12-01T20:60:00Z",
        "2026-12-31T23:59:60Z",
        "2026-12-01T20:00:00+25:00",
        "2026-12-01T20:00:00+14:01",
        "2026-12-01T20:00:00+09:60",
    ] {
        assert_eq!(Timestamp::parse(text), Err(TimeError::NoSuchTime), "{text}");
    }
}

#[test]
fn a_zoned_time_needs_its_zone_in_json_too() {
    let read = |text: &str| serde_json::from_str::<ZonedTime>(text).map_err(|error| error.to_string());
    assert_eq!(read("\"2026-12-02T05:00:00+09:00\""), Ok(ZonedTime(Timestamp(1_796_155_200_000))));
    for (text, word) in
        [("\"2026-12-01T20:00:00\"", "needs Z or an offset"), ("1796155200", "must be yyyy"), ("null", "must be")]
    {
        let error = read(text).expect_err(text);
        assert!(error.contains(word), "{text}: {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]
    #[test]
    fn what_is_written_is_read(second in 0..=LATEST_MS / 1000) {
        let at = Timestamp(second * 1000);
        prop_assert_eq!(Timestamp::parse(&at.to_string()), Ok(at));
        prop_assert_eq!(ZonedTime::parse(&ZonedTime(at).to_string()), Ok(ZonedTime(at)));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}") {
        let _ = Timestamp::parse(&text);
    }
}
