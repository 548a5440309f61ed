//! The checks of a line: the users' observations against the guarantees of a line.

use super::meter::Meter;
use super::notes::{Notes, Wrong};
use super::streams::Streamed;
use crate::report::{Check, CheckStatus, thousands};

/// All data to check.
pub(super) struct Evidence<'a> {
    pub(super) users: u32,
    pub(super) notes: &'a Notes,
    pub(super) meter: &'a Meter,
    pub(super) streamed: Streamed,
}

pub(super) fn judge(evidence: &Evidence<'_>) -> Vec<Check> {
    let notes = evidence.notes;
    let places = thousands(notes.entered);
    let mut checks = vec![
        everyone_answered(evidence),
        none_of(
            "nobody_past_the_line",
            "No user bypassed the line",
            "줄을 건너뛴 사람 없음",
            &notes.got_past,
            format!("of {} attempts", thousands(notes.cheats)),
        ),
        nobody_overtaken(evidence),
        none_of(
            "ranks_never_worse",
            "No rank ever got worse",
            "보여 준 순번은 나빠지지 않음",
            &notes.worsened,
            format!("of {} ranks", thousands(notes.ranks_heard)),
        ),
        none_of(
            "places_kept",
            "Queueing again keeps the place",
            "다시 줄을 서도 같은 자리",
            &notes.lost_places,
            format!("of {places} places lost or duplicated"),
        ),
        rate_kept(evidence),
        no_errors(evidence),
    ];
    checks.extend((evidence.streamed.wanted > 0).then(|| streams_tell(evidence.streamed)));
    checks
}

fn streams_tell(streamed: Streamed) -> Check {
    let Streamed { wanted, told, documents, ended } = streamed;
    let found = format!("{told} of {wanted} delivered {} documents, {ended} ended", thousands(documents));
    let expected = format!("{wanted} that deliver documents and stay open");
    let passed = told == wanted && ended == 0;
    check(
        "streams_tell",
        "Every stream delivered the public document",
        "모든 스트림이 현황을 전달",
        passed,
        expected,
        found,
    )
}

fn check(id: &str, title: &str, title_ko: &str, passed: bool, expected: String, found: String) -> Check {
    let status = if passed { CheckStatus::Passed } else { CheckStatus::Failed };
    Check { id: id.into(), title: title.into(), title_ko: title_ko.into(), status, expected, found }
}

/// A check that passes when the count is zero.
fn none_of(id: &str, title: &str, title_ko: &str, wrong: &Wrong, of: String) -> Check {
    let mut found = format!("{} {of}", thousands(wrong.count));
    if !wrong.examples.is_empty() {
        found = format!("{found}; {}", wrong.examples.join("; "));
    }
    check(id, title, title_ko, wrong.count == 0, "0".into(), found)
}

fn everyone_answered(evidence: &Evidence<'_>) -> Check {
    let notes = evidence.notes;
    let (left, answered) = (notes.left, notes.tally.answers());
    let stayed = u64::from(evidence.users) - left;
    let found = format!("{} answered, {} gave up", thousands(answered), thousands(notes.tally.gave_up));
    let expected = format!("{} that did not leave", thousands(stayed));
    let passed = answered == stayed && notes.tally.gave_up == 0;
    check("everyone_answered", "Every user has a response", "모두가 결과를 들음", passed, expected, found)
}

fn nobody_overtaken(evidence: &Evidence<'_>) -> Check {
    let notes = evidence.notes;
    let of = format!("in {} comparisons with all later users", thousands(notes.compared));
    let (title, title_ko) = ("No user was overtaken", "뒤에 온 사람이 앞선 적 없음");
    let judged = none_of("nobody_overtaken", title, title_ko, &notes.overtaken, of);
    if notes.is_processed && notes.overtaken.count > 0 {
        // A user whose processing took too long returns to the old place, while others have seen better ranks.
        let found = "an issuer processes users and may return them to the line, so ranks alone cannot show this".into();
        return Check { status: CheckStatus::Skipped, found, ..judged };
    }
    judged
}

fn rate_kept(evidence: &Evidence<'_>) -> Check {
    let meter = evidence.meter;
    let judge = |passed, expected, found| {
        check(
            "rate_kept",
            "Admissions never exceeded the rate",
            "설정한 속도보다 많이 들여보낸 적 없음",
            passed,
            expected,
            found,
        )
    };
    let Some(rate) = meter.rate_per_second() else {
        let found = "the rate cannot be seen without an administrator's key".into();
        return Check { status: CheckStatus::Skipped, ..judge(true, "no more than the rate".into(), found) };
    };
    let expected = format!("at most {} in any second", thousands(rate.into()));
    match (meter.excess(rate), meter.busiest(1)) {
        (Some(excess), _) => {
            let found = format!("{} within {} s", thousands(excess.admitted), excess.seconds);
            judge(false, expected, format!("{found}, {} allowed", thousands(excess.allowed)))
        }
        (None, Some(most)) => judge(true, expected, format!("{} in the busiest second", thousands(most))),
        (None, None) => {
            let found = "too few readings of the line".into();
            Check { status: CheckStatus::Skipped, ..judge(true, expected, found) }
        }
    }
}

fn no_errors(evidence: &Evidence<'_>) -> Check {
    let trouble = &evidence.notes.tally.trouble;
    let errors = trouble.faults + trouble.unavailable + trouble.malformed;
    let found = format!("{} responses with 5xx, or unreadable", thousands(errors));
    check("no_server_errors", "No server errors", "서버 오류 없음", errors == 0, "0".into(), found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn red(change: impl FnOnce(&mut Notes)) -> Vec<String> {
        let (mut notes, meter) = (Notes::new(2), Meter::default());
        for code in [domain::coupon::issue::IssueCode::Issued, domain::coupon::issue::IssueCode::SoldOut] {
            notes.tally.decided(code, false, 1, 1);
        }
        change(&mut notes);
        let evidence = Evidence { users: 2, notes: &notes, meter: &meter, streamed: Streamed::default() };
        let failed = judge(&evidence).into_iter().filter(|check| check.status == CheckStatus::Failed);
        failed.map(|check| check.id).collect()
    }

    #[test]
    fn each_violation_fails_its_check() {
        let wrong = || Wrong { count: 1, examples: vec!["rush-0000001: so".into()] };
        assert_eq!(red(|_| {}), Vec::<String>::new());
        assert_eq!(red(|notes| notes.tally.gave_up = 1), ["everyone_answered"]);
        assert_eq!(red(|notes| notes.left = 1), ["everyone_answered"]);
        assert_eq!(red(|notes| notes.got_past = wrong()), ["nobody_past_the_line"]);
        assert_eq!(red(|notes| notes.overtaken = wrong()), ["nobody_overtaken"]);
        assert_eq!(red(|notes| notes.worsened = wrong()), ["ranks_never_worse"]);
        assert_eq!(red(|notes| notes.lost_places = wrong()), ["places_kept"]);
        assert_eq!(red(|notes| notes.tally.trouble.unavailable = 1), ["no_server_errors"]);
        let put_back = |notes: &mut Notes| (notes.overtaken, notes.is_processed) = (wrong(), true);
        assert_eq!(red(put_back), Vec::<String>::new(), "the check is skipped");
    }
}
