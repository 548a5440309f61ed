//! The load test against a correct server, and against servers with every fault that the checks must find.

use super::stand_in::{ADMIN_KEY, Fault, StandIn};
use crate::report::{Check, CheckStatus, Report};
use crate::rush::{Options, run};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const USERS: u64 = 3_000;
const STOCK: u64 = 100;

fn anywhere() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

fn options(url: String, folder: &tempfile::TempDir) -> Options {
    Options {
        users: USERS as u32,
        connections: 50,
        stock: STOCK as u32,
        url: Some(url),
        admin_key: Some(ADMIN_KEY.into()),
        report: folder.path().join("report.html"),
        ..Options::default()
    }
}

fn rush_at(fault: Fault, change: impl FnOnce(&mut Options)) -> anyhow::Result<Report> {
    let folder = tempfile::tempdir().expect("a folder");
    let server = StandIn::new(fault).serve(anywhere());
    let mut options = options(server.url(), &folder);
    change(&mut options);
    let report = run(options);
    server.kill();
    if report.is_ok() {
        assert!(folder.path().join("report.html").exists() && folder.path().join("report.json").exists());
    }
    report
}

fn count(report: &Report, code: &str) -> u64 {
    report.outcomes.iter().filter(|outcome| outcome.code == code).map(|outcome| outcome.count).sum()
}

fn red(report: &Report) -> Vec<&str> {
    let failed = |check: &&Check| check.status == CheckStatus::Failed;
    report.verdict.checks.iter().filter(failed).map(|check| check.id.as_str()).collect()
}

fn everyone_was_served(report: &Report) {
    assert_eq!(red(report), Vec::<&str>::new());
    assert_eq!(report.verdict.count(CheckStatus::Skipped), 0);
    assert_eq!((report.figures.issued, report.figures.unanswered), (STOCK, 0));
    assert_eq!(report.success.count + report.refusal.count, USERS);
    let answers: u64 = report.timeline.buckets.iter().map(|bucket| u64::from(bucket.answers)).sum();
    assert_eq!(answers, USERS);
}

#[test]
fn a_correct_server_passes_every_check() {
    let report = rush_at(Fault::None, |_| {}).expect("ran");
    everyone_was_served(&report);
    assert_eq!((count(&report, "ISSUED"), count(&report, "SOLD_OUT")), (STOCK, USERS - STOCK));
    assert!(report.figures.sold_out_seconds.is_some_and(|at| at <= report.figures.elapsed_seconds));
    assert!(report.trouble.rows().iter().all(|(_, count)| *count == 0), "{:?}", report.trouble);
}

#[test]
fn several_threads_and_chunked_responses_count_the_same() {
    let change = |options: &mut Options| (options.threads, options.idempotency_keys) = (3, true);
    let report = rush_at(Fault::Chunked, change).expect("ran");
    everyone_was_served(&report);
    assert_eq!(count(&report, "SOLD_OUT"), USERS - STOCK);
}

#[test]
fn each_planted_fault_fails_its_check() {
    for (fault, check) in [
        (Fault::Oversell, "issued_exactly"),
        (Fault::DoubleSerial, "no_serial_twice"),
        (Fault::ForgetYes, "heard_is_kept"),
        (Fault::TellWrongCoupon, "heard_is_kept"),
        (Fault::LoseRow, "hot_is_database"),
        (Fault::MiscountStock, "stock_adds_up"),
    ] {
        let report = rush_at(fault, |_| {}).expect("ran");
        assert!(!report.books_balance() && red(&report).contains(&check), "{fault:?}: {:?}", red(&report));
    }
}

#[test]
fn a_coupon_whose_response_was_lost_is_confirmed_by_a_retry() {
    let report = rush_at(Fault::BreakAnswers(7), |_| {}).expect("ran");
    everyone_was_served(&report);
    assert!(report.trouble.broken > 0 && report.trouble.yes_heard_late > 0, "{:?}", report.trouble);
    assert_eq!(count(&report, "ISSUED") + count(&report, "ALREADY_ISSUED"), STOCK);
}

#[test]
fn users_retry_after_503() {
    let report = rush_at(Fault::Unavailable(3), |_| {}).expect("ran");
    everyone_was_served(&report);
    assert_eq!(report.trouble.retries, report.trouble.unavailable);
    assert!(report.trouble.unavailable >= USERS / 3);
}

#[test]
fn without_retry_the_unanswered_stay_unknown_and_the_books_still_balance() {
    let report = rush_at(Fault::BreakAnswers(5), |options| options.retry = false).expect("ran");
    assert_eq!(red(&report), Vec::<&str>::new());
    assert_eq!(report.figures.unanswered, USERS / 5);
    assert!(report.figures.issued < STOCK, "some yeses were lost on the way");
    assert!(report.verdict.warnings.iter().any(|warning| warning.contains("gave up")));
}

#[test]
fn rate_limits_are_reported_with_the_keys_to_raise() {
    let change = |options: &mut Options| (options.users, options.connections) = (40, 40);
    let report = rush_at(Fault::LimitEverything, change).expect("ran");
    assert_eq!((report.figures.unanswered, report.figures.issued), (40, 0));
    let told = |warning: &String| warning.contains("limits.per_ip_per_second");
    assert!(report.verdict.warnings.iter().any(told), "{:?}", report.verdict.warnings);
}

#[test]
fn a_rate_is_kept_and_latency_counts_from_the_scheduled_time() {
    let change = |options: &mut Options| (options.users, options.rate, options.threads) = (1_000, Some(2_000), 2);
    let report = rush_at(Fault::None, change).expect("ran");
    assert!(report.books_balance());
    // The last of 1,000 is due after 499.5 ms, and no user arrives early.
    assert!(report.figures.elapsed_seconds >= 0.4995, "{}", report.figures.elapsed_seconds);
    assert_eq!(report.figures.asked_per_second, Some(2_000));
}

#[test]
fn without_a_key_the_short_form_is_used_and_the_database_check_is_skipped() {
    let report = rush_at(Fault::None, |options| options.admin_key = None).expect("ran");
    assert_eq!((red(&report), report.verdict.count(CheckStatus::Skipped)), (Vec::new(), 1));
    assert_eq!(report.figures.issued, STOCK);
    let report = rush_at(Fault::Oversell, |options| options.admin_key = None).expect("ran");
    assert!(!report.books_balance(), "an oversell shows without a key too");
}

#[test]
fn an_existing_campaign_is_used_unchanged() {
    let folder = tempfile::tempdir().expect("a folder");
    let stand_in = StandIn::new(Fault::None);
    stand_in.put_campaign("sale", 40);
    let server = stand_in.serve(anywhere());
    for (issued, already) in [(40, 0), (0, 40)] {
        let report = run(Options { campaign: Some("sale".into()), ..options(server.url(), &folder) }).expect("ran");
        assert_eq!(red(&report), Vec::<&str>::new());
        assert_eq!((report.figures.stock, report.figures.issued), (40, 40), "the second time they hold them already");
        assert_eq!((count(&report, "ISSUED"), count(&report, "ALREADY_ISSUED")), (issued, already));
        assert!(report.verdict.warnings.iter().any(|warning| warning.contains("already exists")));
    }
    server.kill();
}

#[test]
fn unusable_responses_end_the_load_test_with_the_reason() {
    let refused = rush_at(Fault::WantKey, |_| {}).expect_err("no key").to_string();
    assert!(refused.contains("coupon.open_issue"), "{refused}");
    let report = rush_at(Fault::WantKey, |options| options.issue_key = Some("tenant-key".into())).expect("ran");
    everyone_was_served(&report);
    let wrong = |options: &mut Options| options.admin_key = Some("wrong".into());
    let refused = format!("{:#}", rush_at(Fault::None, wrong).expect_err("wrong key"));
    assert!(refused.contains("administrator's key"), "{refused}");
}

#[test]
fn the_server_may_restart_during_the_load_test() {
    let folder = tempfile::tempdir().expect("a folder");
    let stand_in = StandIn::new(Fault::Unavailable(50));
    let server = stand_in.serve(anywhere());
    let address = server.address;
    let options = Options { users: 8_000, rate: Some(4_000), stock: 5_000, ..options(server.url(), &folder) };
    let (done, mut deaths) = (AtomicBool::new(false), 0);
    let report = std::thread::scope(|scope| {
        let mut server = server;
        let crowd = scope.spawn(|| {
            let report = run(options);
            done.store(true, Ordering::SeqCst);
            report
        });
        while !done.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(150));
            server.kill();
            deaths += 1;
            server = serve_again(&stand_in, address);
        }
        let report = crowd.join().expect("no panic");
        server.kill();
        report
    });
    let report = report.expect("ran");
    assert!(deaths >= 3 && report.trouble.broken > 0, "{deaths} deaths, {:?}", report.trouble);
    assert_eq!(red(&report), Vec::<&str>::new(), "{:?}", report.verdict);
    assert_eq!((report.figures.issued, report.figures.unanswered), (5_000, 0));
}

/// The port may be busy for a moment after the last server.
fn serve_again(stand_in: &StandIn, address: SocketAddr) -> super::stand_in::Running {
    let give_up = Instant::now() + Duration::from_secs(60);
    while std::net::TcpListener::bind(address).is_err() {
        assert!(Instant::now() < give_up, "{address} stays busy");
        std::thread::sleep(Duration::from_millis(5));
    }
    stand_in.serve(address)
}
