use super::*;
use crate::report::{Assessment, Check, CheckStatus, Latency, Results};

fn report(status: CheckStatus, unanswered: u64, p99_ms: f64) -> Report {
    let check = Check {
        id: "a".into(),
        title: "a".into(),
        title_ko: "a".into(),
        status,
        expected: "1".into(),
        found: "1".into(),
    };
    Report {
        verdict: Assessment::of(vec![check], vec!["a warning".to_owned()]),
        campaign: "c".into(),
        target: "http://a".into(),
        own_server: false,
        started_at: String::new(),
        command: String::new(),
        version: String::new(),
        figures: Results { users: 10, stock: 5, unanswered, ..Results::default() },
        outcomes: Vec::new(),
        success: Latency { count: 5, p99_ms, ..Latency::default() },
        refusal: Latency::default(),
        timeline: crate::report::Timeline::default(),
        trouble: crate::report::Trouble::default(),
        processor: crate::report::ProcessorTime::default(),
        machine: crate::report::Machine::default(),
        line: None,
        tickets: None,
    }
}

fn part(status: CheckStatus, unanswered: u64, p99_ms: f64) -> Part {
    Part::of(PartName::Coupons, &report(status, unanswered, p99_ms), 100, "x-coupons.html".into())
}

#[test]
fn a_part_passes_when_its_books_balance_all_are_answered_and_in_time() {
    assert!(part(CheckStatus::Passed, 0, 100.0).passed);
    for (failed, place) in [
        (part(CheckStatus::Failed, 0, 1.0), 0),
        // What nobody could look at is no proof.
        (part(CheckStatus::Skipped, 0, 1.0), 0),
        (part(CheckStatus::Passed, 1, 1.0), 1),
        (part(CheckStatus::Passed, 0, 100.1), 2),
    ] {
        let met: Vec<bool> = failed.findings.iter().map(|finding| finding.is_met).collect();
        assert!(!failed.passed && !met[place] && met.iter().filter(|met| **met).count() == 2, "{failed:?}");
    }
}

fn evening() -> Evening {
    Evening { people: 10, connections: 2, coupons: 5, admit_per_second: 0, seats: 3, p99_ms: 100 }
}

fn certificate(parts: Vec<Part>) -> Certificate {
    let stage = Stage {
        crowd: Options::default(),
        tickets: Err("no sandbox".to_owned()),
        out: PathBuf::from("evening.html"),
        force: false,
    };
    let place = Place { target: None, version: "1".into(), configuration_sha256: "ab".into() };
    let gaps = gaps::of(&evening(), &stage, &parts);
    Certificate::new(evening(), place, parts, gaps, (clock::now(), clock::now()))
}

#[test]
fn a_certificate_says_what_was_left_out_and_why() {
    let gaps: Vec<String> = certificate(vec![part(CheckStatus::Passed, 0, 1.0)]).not_covered.concat();
    for word in ["temporary servers", "waiting line before the coupons\": its size", "sale of tickets\": no sandbox"] {
        assert!(gaps.iter().any(|gap| gap.contains(word)), "{word} not in {gaps:?}");
    }
    assert!(gaps.iter().all(|gap| !gap.contains("Everybody wants")), "{gaps:?}");
}

#[test]
fn a_certificate_of_nothing_or_with_a_failed_part_has_not_passed() {
    let (good, bad) = (part(CheckStatus::Passed, 0, 1.0), part(CheckStatus::Failed, 0, 1.0));
    assert!(certificate(vec![good.clone()]).passed);
    assert!(!certificate(vec![good, bad]).passed && !certificate(Vec::new()).passed);
}

#[test]
fn a_certificate_is_read_as_it_was_written_and_shown_whole() {
    let written = certificate(vec![part(CheckStatus::Passed, 0, 1.0)]);
    let text = written.to_json().expect("written");
    assert_eq!(Certificate::of_json(&text).expect("read"), written);
    assert!(Certificate::of_json(&text.replacen('{', "{\"more\":1,", 1)).is_err(), "nothing unknown is believed");
    let page = written.to_html("a.b", "KEY").expect("a page");
    for word in ["Not covered", "x-coupons.html", "a.b", "KEY", "통과했습니다", "a warning"] {
        assert!(page.contains(word), "{word}");
    }
}

#[test]
fn reports_of_parts_stand_beside_the_certificate() {
    let stage = Stage {
        crowd: Options::default(),
        tickets: Err(String::new()),
        out: PathBuf::from("/a/evening.html"),
        force: false,
    };
    assert_eq!(stage.report_of(PartName::Line), PathBuf::from("/a/evening-line.html"));
}
