//! Short runs of the scripts of `deploy/k6` with the real k6, against the built program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use testkit::onsale::World;
use testkit::{Kit, available, tools};

/// Exit status of k6 when a threshold is crossed.
const THRESHOLD_CROSSED: i32 = 99;
const STOCK: u32 = 10;

fn k6() -> Option<PathBuf> {
    available(Kit::temporary().and_then(|_kit| tools::k6()))
}

fn world(people_per_second: &str) -> World {
    World::with(&[("ONSALE__GATE__DISPATCH_PER_SECOND", people_per_second), ("ONSALE__LIMITS__ENABLED", "false")])
}

/// Runs a script with these variables.
fn run(k6: &Path, script: &str, world: &World, variables: &[(&str, &str)]) -> Output {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/k6");
    let mut command = Command::new(k6);
    // No usage reports, and no listening port.
    command.args(["run", "--quiet", "--no-color", "--no-usage-report", "--address", ""]);
    for (name, value) in variables.iter().chain(&[
        ("BASE_URL", format!("http://{}", world.server.address).as_str()),
        ("ADMIN_KEY", &world.admin_key),
        ("STOCK", &STOCK.to_string()),
        ("POLL_MS", "100"),
        // Longer than any run takes on a busy machine.
        ("P99_MS_MAX", "60000"),
    ]) {
        command.arg("-e").arg(format!("{name}={value}"));
    }
    command.arg(script).current_dir(folder).output().expect("k6 starts")
}

#[track_caller]
fn ended_with(output: &Output, status: i32) {
    let said = [&output.stdout[..], &output.stderr].concat();
    assert_eq!(output.status.code(), Some(status), "{}", String::from_utf8_lossy(&said));
}

/// Coupons issued and coupons left.
fn figures(world: &World, event: &str) -> (u64, u64) {
    let status = world.anyone().get(&format!("/api/v1/coupons/status/{event}")).ok();
    let figure = |name: &str| status[name].as_u64().expect("a number");
    (figure("total_participants"), figure("remaining_stock"))
}

#[test]
fn every_visitor_polls_until_it_is_answered() {
    let Some(k6) = k6() else { return };
    let world = world("1000");
    let output = run(&k6, "gate-polling.js", &world, &[("EVENT_ID", "polled"), ("USERS", "40")]);
    ended_with(&output, 0);
    assert_eq!(figures(&world, "polled"), (STOCK.into(), 0));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("waiting_time"), "{said}");
}

#[test]
fn a_spike_goes_through_the_line() {
    let Some(k6) = k6() else { return };
    let world = world("1000");
    let variables = [
        ("EVENT_ID", "spiked"),
        ("QUIET_PER_SECOND", "5"),
        ("SPIKE_PER_SECOND", "30"),
        ("QUIET_SECONDS", "1"),
        ("SPIKE_SECONDS", "1"),
        ("VUS", "200"),
    ];
    ended_with(&run(&k6, "gate-spike.js", &world, &variables), 0);
    assert_eq!(figures(&world, "spiked"), (STOCK.into(), 0));
}

#[test]
fn a_rush_takes_all_coupons_and_no_more() {
    let Some(k6) = k6() else { return };
    let world = world("1000");
    let variables = [("EVENT_ID", "rushed"), ("USERS", "300"), ("VUS", "20")];
    ended_with(&run(&k6, "coupon-rush.js", &world, &variables), 0);
    assert_eq!(figures(&world, "rushed"), (STOCK.into(), 0));
    // The next run finds no stock, so its threshold fails.
    ended_with(&run(&k6, "coupon-rush.js", &world, &variables), THRESHOLD_CROSSED);
}

#[test]
fn visitors_that_are_never_answered_fail_the_run() {
    let Some(k6) = k6() else { return };
    let world = world("0");
    let variables = [("EVENT_ID", "shut"), ("USERS", "5"), ("WAIT_SECONDS_MAX", "1")];
    ended_with(&run(&k6, "gate-polling.js", &world, &variables), THRESHOLD_CROSSED);
    assert_eq!(figures(&world, "shut"), (0, STOCK.into()));
}
