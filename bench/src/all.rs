//! `bench all`: every benchmark of the program in one run, so that a change can be judged.

use crate::{CouponArguments, coupon, lines, routes, steps};
use std::path::PathBuf;
use std::time::Instant;

/// Options of `bench all`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The program to measure.
    #[arg(long)]
    program: PathBuf,
    /// Short rounds and shorter lines: ten minutes on two cores in place of an hour.
    #[arg(long)]
    quick: bool,
    /// Where results are kept.
    #[arg(long, default_value = "bench/results")]
    results: PathBuf,
}

/// Measures and keeps all rows. A benchmark that fails is named at the end, and the others go on.
///
/// # Errors
/// When one of them has failed.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (rounds, seconds) = if arguments.quick { (3, 1) } else { (5, 4) };
    let (program, results) = (arguments.program.clone(), arguments.results.clone());
    let coupons = |only: &str| CouponArguments {
        program: program.clone(),
        rounds,
        seconds,
        baseline: None,
        only: Some(only.to_owned()),
        results: results.clone(),
    };
    let lines_of = |only: &str| lines::Arguments {
        program: program.clone(),
        rounds,
        seconds,
        places: if arguments.quick { 100_000 } else { 1_000_000 },
        quick: false,
        only: Some(only.to_owned()),
        results: results.clone(),
    };
    let all_routes =
        routes::Arguments { program: program.clone(), rounds, seconds, only: None, results: results.clone() };
    let all_steps = steps::Arguments {
        program: program.clone(),
        against: None,
        rounds: rounds as u64,
        seconds: seconds.max(2),
        only: None,
        results: results.clone(),
    };
    let parts: [(&str, &dyn Fn() -> anyhow::Result<()>); 8] = [
        ("coupon, sold out", &|| coupon::run(&coupons("sold-out"))),
        ("coupon, all win", &|| coupon::run(&coupons("embedded-all-win"))),
        ("coupon, start", &|| coupon::run(&coupons("start"))),
        ("lines, embedded", &|| lines::run(&lines_of("embedded-http"))),
        ("lines, Redis", &|| lines::run(&lines_of("redis-http"))),
        ("streams", &|| lines::run(&lines_of("streams"))),
        ("routes", &|| routes::run(&all_routes)),
        ("steps", &|| steps::run(&all_steps)),
    ];
    let mut failed = Vec::new();
    for (number, (name, part)) in parts.iter().enumerate() {
        println!("\n==> {} of {}: {name}", number + 1, parts.len());
        let begun = Instant::now();
        if let Err(error) = part() {
            println!("      {name} failed: {error:#}");
            failed.push(*name);
        }
        println!("      {name}: {:.0} s", begun.elapsed().as_secs_f64());
    }
    anyhow::ensure!(failed.is_empty(), "these failed: {}", failed.join("; "));
    Ok(())
}
