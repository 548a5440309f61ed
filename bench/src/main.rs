//! The benchmarks of `goals.md`: each figure side by side with what it is compared with, in one run.
//!
//! No figure here is a test: ratios, medians and the machine are printed and kept under `bench/results/`.

mod all;
mod comparison;
mod coupon;
mod coupon_server;
mod effect;
mod fastapi;
mod hello;
mod history;
mod hostile;
mod issuer;
mod issuer_kafka;
mod issuer_single;
mod lines;
mod lines_admission;
mod lines_fairness;
mod machine;
mod one_by_one;
mod processes;
mod resp;
mod routes;
mod server;
mod shard;
mod shop;
mod start;
mod steps;
mod streams;
mod table;
mod tickets;

use clap::{Parser, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Parser)]
#[command(name = "bench", about = "Benchmarks of Onsale; run by `cargo xtask bench`")]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The coupon rows of goals.md.
    Coupon(CouponArguments),
    /// The rows of goals.md about waiting lines.
    Lines(lines::Arguments),
    /// The row "commit to effect" of goals.md.
    Effect(effect::Arguments),
    /// The row "messages to rows" of goals.md, on each database server.
    Issuer(issuer::Arguments),
    /// Honest people while one host attacks, with and without the shipped NGINX.
    Hostile(hostile::Arguments),
    /// Routes that the router answers, used connections, mixed routes behind nginx.
    Routes(routes::Arguments),
    /// Gateway and catalog: reads, seats of a large hall, a flood of log-ins.
    Shop(shop::Arguments),
    /// Whole purchases of tickets, and the rush on them.
    Tickets(tickets::Arguments),
    /// Issue, redeem, confirm, one after the other.
    Steps(steps::Arguments),
    /// All of the program's rows one after the other.
    All(all::Arguments),
    /// A picture of all kept runs.
    History(history::Arguments),
    /// The coupon route on Redis behind the product's door, coalescing or not.
    CouponServer(coupon_server::Arguments),
    /// The thing to compare with: axum's "hello world", listening on a free port of 127.0.0.1.
    Hello,
}

#[derive(Debug, clap::Args)]
struct CouponArguments {
    /// The program to measure.
    #[arg(long)]
    program: PathBuf,
    /// Rounds of each comparison; the median counts.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of each side of each round.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// The virtual environment of `bench/baseline`, for the rows over FastAPI.
    #[arg(long)]
    baseline: Option<PathBuf>,
    /// Only rows whose section's name contains this: sold-out, embedded-all-win, start, fastapi-embedded, fastapi-redis,
    /// redis-all-win, redis-shard.
    #[arg(long)]
    only: Option<String>,
    /// Where results are kept.
    #[arg(long, default_value = "bench/results")]
    results: PathBuf,
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().what {
        What::Coupon(arguments) => coupon::run(&arguments),
        What::Lines(arguments) => lines::run(&arguments),
        What::Effect(arguments) => effect::run(&arguments),
        What::Issuer(arguments) => issuer::run(&arguments),
        What::Hostile(arguments) => hostile::run(&arguments),
        What::Routes(arguments) => routes::run(&arguments),
        What::Shop(arguments) => shop::run(&arguments),
        What::Tickets(arguments) => tickets::run(&arguments),
        What::Steps(arguments) => steps::run(&arguments),
        What::All(arguments) => all::run(&arguments),
        What::History(arguments) => history::run(&arguments),
        What::CouponServer(arguments) => coupon_server::serve(&arguments),
        What::Hello => hello::serve(),
    }
}
