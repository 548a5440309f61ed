use super::*;
use crate::load::{latency_histogram, record_ns};
use hdrhistogram::Histogram;

fn histogram(count: u64, median_us: f64, seed: u64) -> Histogram<u64> {
    let (mut histogram, mut random) = (latency_histogram(), fastrand::Rng::with_seed(seed));
    for _ in 0..count {
        // A long tail, as queues have.
        let tail = (1.0 / (1.0 - random.f64())).powf(0.35);
        record_ns(&mut histogram, (median_us * tail * 1_000.0 * (0.6 + 0.4 * random.f64())) as u64);
    }
    histogram
}

fn check(title: &str, title_ko: &str, status: CheckStatus, expected: &str, found: &str) -> Check {
    let (title, title_ko) = (title.to_owned(), title_ko.to_owned());
    Check { id: title.clone(), title, title_ko, status, expected: expected.into(), found: found.into() }
}

fn made_up() -> Report {
    let mut random = fastrand::Rng::with_seed(1);
    let bucket = |at: u32, random: &mut fastrand::Rng| Instants {
        answers: if at == 106 { 2_950 } else { 9_000 + random.u32(..900) },
        issued: if at == 0 { 1_000 } else { 0 },
        troubles: 0,
    };
    use CheckStatus::Passed;
    let checks = vec![
        check("As many coupons as there are, or people", "재고만큼 정확히 발급", Passed, "1000", "1000"),
        check("No serial given twice", "일련번호 중복 없음", Passed, "0", "0"),
        check(
            "Every yes heard is kept",
            "응답받은 쿠폰 = 보관된 쿠폰",
            Passed,
            "1000 heard and kept",
            "1000 as heard, 0 not",
        ),
        check(
            "Hot state equals database",
            "핫 상태 = 데이터베이스",
            Passed,
            "1000 in both",
            "1000 in hot state, 1000 in the database",
        ),
    ];
    Report {
        verdict: Assessment::of(checks, Vec::new()),
        campaign: "rush-3f9a1c20".into(),
        target: "http://127.0.0.1:41233".into(),
        own_server: true,
        started_at: "2026-12-01T20:00:00".into(),
        command: "onsale rush --users 1000000".into(),
        version: "0.1.0".into(),
        figures: Results {
            users: 1_000_000,
            connections: 1_000,
            threads: 1,
            stock: 1_000,
            asked_per_second: None,
            elapsed_seconds: 10.63,
            answers_per_second: 94_073.4,
            sold_out_seconds: Some(0.041),
            issued: 1_000,
            unanswered: 0,
        },
        outcomes: Outcomes::of([("ISSUED", 1_000), ("ALREADY_ISSUED", 0), ("SOLD_OUT", 999_000)]),
        success: Latency::of(&histogram(1_000, 14_000.0, 2)),
        refusal: Latency::of(&histogram(200_000, 8_000.0, 3)),
        timeline: Timeline { buckets: (0..107).map(|at| bucket(at, &mut random)).collect() },
        trouble: Trouble::default(),
        processor: ProcessorTime { generator: Some((3.1, 5.2)), server: Some((4.9, 7.7)) },
        machine: Machine { cpu: "A processor".into(), cores: 2, kernel: "Linux 6.18".into(), memory_mib: 24_000 },
        line: None,
        tickets: None,
    }
}

fn troubled() -> Report {
    let mut report = made_up();
    report.verdict.checks[1].status = CheckStatus::Failed;
    report.verdict.checks[1].found = "2".into();
    report.verdict.checks[3].status = CheckStatus::Skipped;
    report.verdict.checks[3].found = "no administrator's key was given".into();
    let warnings = vec!["12 people gave up without an answer; what they got is unknown <b>".to_owned()];
    report.verdict = Assessment::of(report.verdict.checks, warnings);
    report.figures.asked_per_second = Some(100_000);
    report.figures.unanswered = 12;
    report.figures.sold_out_seconds = Some(8.3);
    report.trouble = Trouble { limited: 3, broken: 2_044, not_connected: 31_000, retries: 2_047, ..Trouble::default() };
    for at in 40..52 {
        report.timeline.buckets[at] = Instants { answers: 0, issued: 0, troubles: 2_600 };
    }
    report
}

/// Pages to look at: set `LAB_REPORT_FOLDER` to keep them.
fn keep(name: &str, html: &str) {
    if let Some(folder) = std::env::var_os("LAB_REPORT_FOLDER") {
        std::fs::write(Path::new(&folder).join(name), html).expect("the page is written");
    }
}

#[test]
fn the_page_shows_the_result_and_is_self_contained() {
    let html = made_up().to_html().expect("rendered");
    keep("good.html", &html);
    assert!(html.contains("The books balance") && html.contains("장부가 일치합니다"));
    for figure in ["1,000,000", "94,073", "sold out after 41.0 ms", "SOLD_OUT", "999,000"] {
        assert!(html.contains(figure), "{figure}");
    }
    for outside in ["http-equiv", "<script", "src=", "href=", "@import", "url("] {
        assert!(!html.contains(outside), "{outside}");
    }
    assert!(!html.contains("NaN"));
}

#[test]
fn a_failed_check_comes_first_and_external_text_is_escaped() {
    let report = troubled();
    assert!(!report.books_balance());
    let html = report.to_html().expect("rendered");
    keep("bad.html", &html);
    assert!(html.contains("The books do not balance") && html.contains("1 failed, 2 passed, 1 skipped"));
    assert!(html.contains("unknown &#60;b&#62;"), "escaped");
    let text = summary(&report, Path::new("r.html"));
    assert!(text.contains("DO NOT BALANCE: 1 of 4") && text.contains("of 100,000 requested"), "{text}");
    assert!(text.contains("31,000 failed connections") && text.contains("r.json"), "{text}");
}

#[test]
fn an_empty_report_is_rendered() {
    let report = Report {
        success: Latency::default(),
        refusal: Latency::default(),
        timeline: Timeline::default(),
        outcomes: Vec::new(),
        ..made_up()
    };
    let html = report.to_html().expect("rendered");
    assert!(!html.contains("NaN") && !html.contains("inf"));
    assert!(summary(&report, Path::new("r.html")).contains("no users"));
}

#[test]
fn the_results_survive_writing_and_reading() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("r.html");
    let report = troubled();
    write(&report, &page).expect("written");
    let json = std::fs::read_to_string(json_path(&page)).expect("beside the page");
    assert!(serde_json::from_str::<Report>(&json).expect("readable") == report);
}

#[test]
fn percentiles_are_those_of_the_histogram() {
    let mut histogram = latency_histogram();
    (1..=1_000u64).for_each(|ms| record_ns(&mut histogram, ms * 1_000_000));
    let latency = Latency::of(&histogram);
    for (found, expected) in
        [(latency.p50_ms, 500.0), (latency.p99_ms, 990.0), (latency.p999_ms, 999.0), (latency.max_ms, 1_000.0)]
    {
        assert!((found - expected).abs() <= expected / 500.0, "{found} is not {expected}");
    }
    assert!(latency.curve.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1));
}
