//! What administrators may write of a line, and what comes of it.

use super::definition::LineFields;
use domain::line::{Admits, Challenge, LineId, LineRule, LineTerms};
use domain::line::{DrawPlan, DrawSeed, Randomness};
use domain::{ErrorCode, Timestamp};
use onsale_http::ApiError;
use onsale_http::extract::json::from_json;

fn line(text: &str) -> LineId {
    text.parse().expect("a line")
}

fn applied(text: &str, rule: LineRule) -> Result<LineRule, ApiError> {
    let is_undrawn = rule.draw.is_some();
    from_json::<LineFields>(text.as_bytes())?.applied(&line("queue:shop"), rule, is_undrawn)
}

#[test]
fn what_is_missing_stays_and_null_takes_away_what_can_be_missing() {
    let all = r#"{"ratePerSecond":3,"capacity":4,"maxInside":5,"tokenTtlSeconds":6,"opensAt":"2026-12-01T20:00:00+09:00",
        "closesAt":"2026-12-01T22:00:00+09:00","switch":"auto","onAboveInside":7,"challenge":"pow",
        "positionsPerNetwork":8,"exceptions":[{"network":"203.0.113.0/24"},{"path":"/a*"},{"agent":"abc"},
        {"signedLink":true}],"look":"acme","unknown":1}"#;
    let rule = applied(all, LineRule::new(1)).expect("valid");
    assert_eq!(applied("{}", rule.clone()), Ok(rule.clone()));
    assert_eq!((rule.rate_per_second, rule.capacity, rule.inside_max), (3, 4, 5));
    assert_eq!(rule.admits, Admits::Pass { ttl_ms: 6_000 });
    let nothing = r#"{"opensAt":null,"closesAt":null,"switch":"on","onAboveInside":null,"challenge":null,
        "positionsPerNetwork":null,"exceptions":[],"look":null}"#;
    let bare = applied(nothing, rule).expect("valid");
    assert_eq!((bare.opens_at, bare.terms), (None, LineTerms::default()));
}

#[test]
fn what_is_wrong_is_named() {
    for (text, expected) in [
        (r#"{"capacity":0}"#, "capacity must be 1 to"),
        (r#"{"ratePerSecond":1000001}"#, "rate must be"),
        (r#"{"tokenTtlSeconds":86401}"#, "tokenTtlSeconds must be 1 to 86400"),
        (r#"{"capacity":null}"#, "capacity: invalid type: null"),
        (r#"{"switch":"maybe"}"#, "switch: unknown variant"),
        (r#"{"switch":"auto"}"#, "needs onAboveInside"),
        (r#"{"opensAt":"tomorrow"}"#, "opensAt: a time must be"),
        (r#"{"exceptions":[{"path":"/a"},{"network":"x"}]}"#, "exceptions[1]: network must be"),
        (r#"{"exceptions":[{"signedLink":false}]}"#, "signedLink must be true"),
        (r#"{"exceptions":[{"other":1}]}"#, "exceptions[0]: an exception has exactly one"),
        (r#"{"exceptions":[{"path":"/a","agent":"abc"}]}"#, "exceptions[0]: an exception has exactly one"),
        (r#"{"look":"a b"}"#, "look must be a name"),
    ] {
        let error = applied(text, LineRule::new(1)).expect_err("refused");
        assert_eq!(error.code, ErrorCode::InvalidInput, "{text}");
        assert!(error.detail.as_ref().is_some_and(|detail| detail.contains(expected)), "{text}: {error:?}");
    }
}

#[test]
fn a_campaigns_line_takes_three_fields_and_a_draw_keeps_the_opening() {
    let gate = line("gate:shoes");
    let fields = |text: &str| from_json::<LineFields>(text.as_bytes()).expect("read");
    let rule =
        fields(r#"{"ratePerSecond":3,"capacity":4,"challenge":"account"}"#).applied(&gate, LineRule::new(1), false);
    assert_eq!(rule.map(|rule| rule.terms.challenge), Ok(Some(Challenge::Account)));
    assert!(fields(r#"{"switch":"off"}"#).applied(&gate, LineRule::new(1), false).is_err());
    let opens_at = Some(Timestamp(1_800_000_000_000));
    let draw = opens_at.map(|at| DrawPlan::new(DrawSeed([1; 32]), at, Randomness::None));
    let drawn = LineRule { opens_at, draw, ..LineRule::new(1) };
    for away in [
        r#"{"opensAt":null}"#,
        r#"{"opensAt":"2027-01-15T08:00:01Z"}"#,
        r#"{"switch":"off"}"#,
        r#"{"switch":"auto","onAboveInside":9}"#,
        r#"{"closesAt":"2027-01-15T08:00:05Z"}"#,
    ] {
        let code = applied(away, drawn.clone()).expect_err("refused").code;
        assert_eq!(code, ErrorCode::DrawAnnounced, "{away}");
        assert!(fields(away).applied(&line("queue:shop"), drawn.clone(), false).is_ok(), "over: {away}");
    }
    for stays in [r#"{"ratePerSecond":2,"switch":"on"}"#, r#"{"opensAt":"2027-01-15T08:00:00Z"}"#, r#"{"look":"acme"}"#]
    {
        assert!(applied(stays, drawn.clone()).is_ok(), "{stays}");
    }
}
