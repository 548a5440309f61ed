//! Short runs of the scripts of `deploy/k6` with the real k6, against the built program, alone and behind the edge.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use testkit::edge::Edge;
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
    let server = format!("http://{}", world.server.address);
    let stock = STOCK.to_string();
    let usual: [(&str, &str); 5] = [
        ("BASE_URL", server.as_str()),
        ("ADMIN_KEY", &world.admin_key),
        ("STOCK", &stock),
        ("POLL_MS", "100"),
        // Longer than any run takes on a busy machine.
        ("P99_MS_MAX", "60000"),
    ];
    // Of two values of a variable k6 takes the later one.
    for (name, value) in usual.iter().chain(variables) {
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

/// The scripts that the systems before Onsale were measured with, in our words: 2,000 users on one campaign, a spike at the
/// gate, polling at the gate, and all the way with a quarter as many coupons as users. Each through the edge, as users come.
#[test]
fn what_other_systems_are_measured_by_passes_through_the_edge() {
    let Some(k6) = k6() else { return };
    let world = world("1000");
    let Some(edge) = Edge::before_one(world.server.address, &[]) else { return };
    let edge = format!("http://{}", edge.address);
    let spike = [("QUIET_PER_SECOND", "5"), ("SPIKE_PER_SECOND", "30"), ("QUIET_SECONDS", "1"), ("SPIKE_SECONDS", "1")];
    let through = |script: &str, event: &str, stock: u32, more: &[(&str, &str)]| {
        let stock_text = stock.to_string();
        let own: [(&str, &str); 3] = [("BASE_URL", edge.as_str()), ("EVENT_ID", event), ("STOCK", &stock_text)];
        ended_with(&run(&k6, script, &world, &[&own[..], more].concat()), 0);
        assert_eq!(figures(&world, event), (stock.into(), 0), "{script}");
    };
    through("quick-test.js", "quick", 500, &[("USERS", "2000"), ("VUS", "20")]);
    through("coupon-rush.js", "rush", 100, &[("USERS", "500"), ("VUS", "20")]);
    through("gate-spike.js", "spike", STOCK, &[&spike[..], &[("VUS", "200")]].concat());
    through("gate-polling.js", "polling", STOCK, &[("USERS", "40")]);
    through("end-to-end.js", "whole", 25, &[("USERS", "100")]);
}

#[test]
fn the_scripts_notice_what_they_are_to_notice() {
    let Some(k6) = k6() else { return };
    let world = world("1000");
    // A campaign that is there already is not "initialized", and has fewer coupons than the script counts on.
    let first = [("EVENT_ID", "used"), ("USERS", "20"), ("VUS", "5")];
    ended_with(&run(&k6, "quick-test.js", &world, &first), 0);
    ended_with(&run(&k6, "quick-test.js", &world, &first), THRESHOLD_CROSSED);
    let gated = [("EVENT_ID", "gated"), ("USERS", "20")];
    ended_with(&run(&k6, "end-to-end.js", &world, &gated), 0);
    let output = run(&k6, "end-to-end.js", &world, &gated);
    assert_ne!(output.status.code(), Some(0), "nobody gets a coupon any more");
}

#[test]
fn visitors_that_are_never_answered_fail_the_run() {
    let Some(k6) = k6() else { return };
    let world = world("0");
    let variables = [("EVENT_ID", "shut"), ("USERS", "5"), ("WAIT_SECONDS_MAX", "1")];
    ended_with(&run(&k6, "gate-polling.js", &world, &variables), THRESHOLD_CROSSED);
    assert_eq!(figures(&world, "shut"), (0, STOCK.into()));
}
