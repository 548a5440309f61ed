use super::demand::Evening;
use super::figures::{ALL, Figure, WON_PER_SECOND};
use super::sizes::{HEADROOM, Sizes, server_cores, shard_cores, sizes};
use super::{Plan, figures};
use serde_json::Value;
use std::path::Path;

/// Sums in another order differ in their last digits.
const ROUNDING: f64 = 1e-9;
/// Plans compared by each of the properties.
const TRIALS: u64 = 4_000;

fn run_of(figure: &Figure) -> Value {
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bench/results");
    let text = std::fs::read_to_string(results.join(figure.run)).expect("the run is kept");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn every_figure_is_what_its_run_says() {
    for figure in ALL {
        let run = run_of(&figure);
        let rows = run["rows"].as_array().expect("rows");
        let row = rows.iter().find(|row| row["name"] == figure.row);
        let row = row.unwrap_or_else(|| panic!("{} has no row {:?}", figure.run, figure.row));
        if figure.raw.is_empty() {
            let found = row["figure"].as_f64().expect("a number");
            assert!((found - figure.value).abs() < 1e-6, "{}: {found}", figure.what);
            continue;
        }
        let raw = row["raw"].as_str().expect("raw");
        assert!(raw.contains(figure.raw), "{}: {raw}", figure.what);
        assert!(figure.raw.contains(&figure.value.to_string()), "{}: {}", figure.what, figure.raw);
    }
}

/// Any evening; the same for the same number.
fn evening(random: &mut fastrand::Rng) -> Evening {
    // As many small ones as large ones.
    let any = |random: &mut fastrand::Rng, digits: u32| {
        let digits = random.u32(1..=digits);
        random.u64(1..=10u64.pow(digits))
    };
    Evening {
        people: any(random, 8),
        stock: any(random, 7),
        minutes: random.u32(1..=1_440),
        peak: random.u32(1..=100),
        line: random.bool(),
        cores: random.u32(1..=64),
    }
}

fn sizes_of(evening: &Evening) -> Sizes {
    sizes(evening, &evening.demand())
}

/// What must not shrink when an evening grows. That one process became several servers is growth whatever they count.
fn grows(small: &Sizes, large: &Sizes) -> bool {
    let parts = |sizes: &Sizes| {
        let Sizes { server_cores, servers, redis_shards, redis_node_mib, kafka_brokers, issuers, .. } = *sizes;
        let Sizes { database_cores, disk_mib, rows_seconds, out_mbit, in_mbit, connections, server_mib, .. } = *sizes;
        [
            [server_cores, servers, redis_shards, redis_node_mib, kafka_brokers, issuers, server_mib],
            [database_cores, disk_mib, rows_seconds, out_mbit, in_mbit, connections, 0],
        ]
        .concat()
    };
    let (small_parts, large_parts) = (parts(small), parts(large));
    (small.one_process || !large.one_process)
        && small_parts.iter().zip(&large_parts).all(|(small, large)| small <= large)
}

fn always_grows(change: impl Fn(&mut Evening, &mut fastrand::Rng)) {
    let mut random = fastrand::Rng::with_seed(15);
    for _ in 0..TRIALS {
        let small = evening(&mut random);
        let mut large = small;
        change(&mut large, &mut random);
        let (before, after) = (sizes_of(&small), sizes_of(&large));
        assert!(grows(&before, &after), "{small:?}\n{before:?}\n{large:?}\n{after:?}");
    }
}

#[test]
fn more_people_never_take_less() {
    always_grows(|evening, random| evening.people += random.u64(0..=evening.people * 2));
}

#[test]
fn more_stock_never_takes_less() {
    always_grows(|evening, random| evening.stock += random.u64(0..=evening.stock * 2));
}

#[test]
fn less_time_never_takes_less() {
    always_grows(|evening, random| evening.minutes = random.u32(1..=evening.minutes));
}

#[test]
fn a_sharper_peak_never_takes_less() {
    always_grows(|evening, random| evening.peak += random.u32(0..=100));
}

#[test]
fn no_plan_is_under_what_the_figures_say() {
    let mut random = fastrand::Rng::with_seed(16);
    let (mut one, mut many) = (0, 0);
    for _ in 0..TRIALS {
        let evening = evening(&mut random);
        let (demand, sizes) = (evening.demand(), sizes_of(&evening));
        let us = |value: Figure| value.value / 1e6;
        // By hand, and not by the functions of the plan.
        let (enter, look) = match sizes.one_process {
            true => (figures::ENTER_US, figures::LOOK_US),
            false => (figures::REDIS_ENTER_US, figures::REDIS_LOOK_US),
        };
        let busy = demand.given * us(figures::WON_US)
            + (demand.asks - demand.given) * us(figures::REFUSED_US)
            + demand.enters * us(enter)
            + demand.looks * us(figures::LOOK_US)
            + demand.own_looks * us(look)
            + demand.streams * us(figures::PUSH_US);
        assert!(sizes.server_cores as f64 + ROUNDING >= busy * HEADROOM, "{evening:?}\n{sizes:?}\n{busy}");
        let memory = evening.stock as f64 * figures::WINNER_BYTES.value
            + if evening.line { evening.people as f64 * figures::PLACE_BYTES.value } else { 0.0 };
        assert!(sizes.server_mib as f64 * 1_048_576.0 >= memory, "{evening:?}\n{sizes:?}");
        let doors = sizes.edges.max(1);
        assert!(sizes.descriptors * doors >= sizes.connections, "{evening:?}\n{sizes:?}");
        if sizes.one_process {
            one += 1;
            assert!(demand.given <= WON_PER_SECOND.value && busy <= 2.0 / HEADROOM + ROUNDING, "{evening:?}\n{busy}");
            continue;
        }
        many += 1;
        // All but the one to spare.
        assert!((sizes.servers - 1) * u64::from(evening.cores) >= sizes.server_cores, "{evening:?}\n{sizes:?}");
        let redis = demand.given * us(figures::SHARD_WON_US)
            + demand.enters * us(figures::SHARD_ENTER_US)
            + demand.own_looks * us(figures::SHARD_LOOK_US);
        assert!(sizes.redis_shards as f64 + ROUNDING >= redis * HEADROOM, "{evening:?}\n{sizes:?}");
        let rows = demand.given * us(figures::ROW_US);
        assert!(sizes.database_cores as f64 + ROUNDING >= rows * HEADROOM, "{evening:?}\n{sizes:?}");
    }
    assert!(one > 100 && many > 100, "{one} with one process, {many} with many: both kinds are tried");
}

#[test]
fn the_issues_example_is_one_process_and_with_a_line_it_is_several() {
    let mut evening = Evening { people: 1_000_000, stock: 50_000, minutes: 10, peak: 10, line: false, cores: 4 };
    let plan = Plan::of(evening);
    assert!(plan.sizes.one_process, "{:?}", plan.sizes);
    assert!((plan.demand.arrivals - 16_666.7).abs() < 0.1, "{:?}", plan.demand);
    assert!(
        server_cores(&plan.demand, figures::ENTER_US, figures::LOOK_US) * HEADROOM <= plan.sizes.server_cores as f64
    );
    evening.line = true;
    let plan = Plan::of(evening);
    assert!(!plan.sizes.one_process && plan.sizes.redis_shards >= 3, "{:?}", plan.sizes);
    let warns = plan.warnings.iter().any(|warning| warning.contains("one node of Redis"));
    assert_eq!(warns, shard_cores(&plan.demand) * HEADROOM > 1.0);
    assert!(plan.warnings.iter().any(|warning| warning.contains("rehearse on yours")));
}

#[test]
fn a_wait_of_an_hour_is_looked_at_less_often_than_one_of_a_minute() {
    let of = |minutes| {
        let evening = Evening { people: 1_000, stock: 1, minutes, peak: 1, line: true, cores: 2 };
        evening.demand().looks
    };
    let (minute, hour) = (of(1), of(60));
    // Between one look in two seconds and one in thirty of each of the thousand.
    assert!(minute <= 500.0 && hour >= 1_000.0 / 30.0 && minute > hour * 4.0, "{minute} and {hour} a second");
}
