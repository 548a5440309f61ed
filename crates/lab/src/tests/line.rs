//! The load test at a correct waiting line, and at lines with every fault that users can observe.

use super::stand_in::gate::{Gate, GateFault};
use super::stand_in::{ADMIN_KEY, Fault, StandIn};
use crate::report::{Check, CheckStatus, Report};
use crate::rush::Options;
use crate::rush::line::{LineOptions, Shares, run};
use std::net::SocketAddr;

const USERS: u32 = 400;
const STOCK: u32 = 50;
const RATE_PER_SECOND: u32 = 400;
/// By then every user has polled a few times, and those that leave have left.
const LOOKS_EACH: u32 = 6;

fn gate(fault: GateFault) -> Gate {
    Gate::new(RATE_PER_SECOND, u64::from(USERS * LOOKS_EACH), fault)
}

fn options(url: String, folder: &tempfile::TempDir) -> LineOptions {
    LineOptions {
        crowd: Options {
            users: USERS,
            connections: 20,
            stock: STOCK,
            url: Some(url),
            admin_key: Some(ADMIN_KEY.into()),
            report: folder.path().join("report.html"),
            ..Options::default()
        },
        poll_ms: 50,
        ..LineOptions::default()
    }
}

fn rush_at(gate: Gate, change: impl FnOnce(&mut LineOptions)) -> anyhow::Result<Report> {
    let folder = tempfile::tempdir().expect("a folder");
    let server = StandIn::new(Fault::None).with_gate(gate).serve(SocketAddr::from(([127, 0, 0, 1], 0)));
    let mut options = options(server.url(), &folder);
    change(&mut options);
    let report = run(options);
    server.kill();
    if report.is_ok() {
        let page = std::fs::read_to_string(folder.path().join("report.html")).expect("written");
        assert!(page.contains("Ranks over time") && page.contains("Admissions per second"));
    }
    report
}

fn red(report: &Report) -> Vec<&str> {
    let failed = |check: &&Check| check.status == CheckStatus::Failed;
    report.verdict.checks.iter().filter(failed).map(|check| check.id.as_str()).collect()
}

#[test]
fn a_correct_line_passes_every_check() {
    let report = rush_at(gate(GateFault::None), |_| {}).expect("ran");
    assert_eq!(red(&report), Vec::<&str>::new(), "{:?}", report.verdict);
    let line = report.line.as_ref().expect("there was a line");
    assert_eq!(line.rate_per_second, Some(RATE_PER_SECOND));
    assert_eq!((report.figures.issued, report.figures.unanswered), (STOCK.into(), 0));
    assert_eq!(line.entered, u64::from(USERS));
    assert!(line.left > 0 && line.came_back > 0 && line.asked_twice > 0 && line.cheats > 0, "{line:?}");
    assert!(line.ranks_heard >= u64::from(USERS) && line.entering.count >= u64::from(USERS), "{line:?}");
    let answers: u64 = report.outcomes.iter().map(|outcome| outcome.count).sum();
    assert_eq!(answers, u64::from(USERS), "everybody was answered or went away: {:?}", report.outcomes);
    assert!(line.shown.iter().any(|shown| shown.ranks.last().is_some_and(|(_, rank)| *rank == 0)));
}

#[test]
fn each_planted_fault_fails_its_check() {
    let everybody =
        Shares { leave_percent: 0, back_percent: 0, twice_percent: 100, cheat_percent: 100, stream_percent: 0 };
    for (fault, check) in [
        (GateFault::Overtake, "nobody_overtaken"),
        (GateFault::WorseRank, "ranks_never_worse"),
        (GateFault::ForgetPlace, "places_kept"),
        (GateFault::NewPlace, "places_kept"),
        (GateFault::NoPassNeeded, "nobody_past_the_line"),
        (GateFault::Again, "nobody_past_the_line"),
        (GateFault::Error, "no_server_errors"),
    ] {
        let report = rush_at(gate(fault), |options| options.shares = everybody).expect("ran");
        assert!(!report.books_balance() && red(&report).contains(&check), "{fault:?}: {:?}", report.verdict.checks);
    }
}

#[test]
fn too_many_admissions_within_a_second_fail_the_check() {
    // More than thirty seconds of the rate at once, so that even rare samples show it.
    let change = |options: &mut LineOptions| options.crowd.users = 1_000;
    let report = rush_at(Gate::new(30, u64::from(USERS), GateFault::Hurry), change).expect("ran");
    assert_eq!(red(&report), ["rate_kept"]);
}

#[test]
fn users_without_a_response_give_up_and_fail_the_check() {
    let change = |options: &mut LineOptions| {
        options.crowd.users = 20;
        options.crowd.retry = false;
    };
    let report = rush_at(Gate::new(RATE_PER_SECOND, 0, GateFault::Silence), change).expect("ran");
    let red = red(&report);
    assert!(red.contains(&"everyone_answered") && red.contains(&"no_server_errors"), "{red:?}");
}

#[test]
fn users_of_the_public_document_poll_ranks_less_often() {
    let change = |options: &mut LineOptions| options.by_document = true;
    let report = rush_at(gate(GateFault::None), change).expect("ran");
    assert_eq!(red(&report), Vec::<&str>::new(), "{:?}", report.verdict);
    let line = report.line.expect("there was a line");
    assert!(line.by_document && line.documents > 0 && line.ranks_heard >= u64::from(USERS), "{line:?}");
    assert_eq!(report.figures.issued, u64::from(STOCK));
}

#[test]
fn a_gate_cannot_be_created_without_a_key() {
    let change = |options: &mut LineOptions| options.crowd.admin_key = None;
    let refused = rush_at(gate(GateFault::None), change).expect_err("no key");
    assert!(format!("{refused:#}").contains("--key"), "{refused:#}");
}
