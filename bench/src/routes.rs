//! The rows "any connection, any route" of `goals.md`: routes that the router answers, and connections that carried
//! another request before, as every connection of a proxy's pool has.

use crate::comparison::{Build, Ratio, Side, compare, load, load_at, ratio_of};
use crate::coupon::{WIDE_LIMITS, issue_request};
use crate::server::Server;
use crate::table::{Row, Table};
use lab::load::Until;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;
use testkit::edge::Edge;

const CONNECTIONS: [usize; 3] = [64, 256, 1_000];
/// Coupons of the campaign: most requests find it sold out.
const STOCK: u64 = 1_000;
/// Another request than the measured one.
const OTHER: &[u8] = b"GET /api/v1/coupons/status/bench HTTP/1.1\r\nHost: bench\r\n\r\n";

/// Options of `bench routes`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The program to measure.
    #[arg(long)]
    pub program: PathBuf,
    /// Rounds of each comparison; the median counts.
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
    /// Seconds of each side of each round.
    #[arg(long, default_value_t = 3)]
    pub seconds: u64,
    /// Only rows whose section's name contains this: used-connections, other-routes, mixed.
    #[arg(long)]
    pub only: Option<String>,
    /// Where results are kept.
    #[arg(long, default_value = "bench/results")]
    pub results: PathBuf,
}

/// Measures and keeps the rows.
///
/// # Errors
/// When a server cannot be started or answers wrongly.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut table = Table::new("routes");
    let wanted = |name: &str| arguments.only.as_ref().is_none_or(|only| name.contains(only.as_str()));
    if wanted("used-connections") {
        used_connections(arguments, &mut table)?;
    }
    if wanted("other-routes") {
        other_routes(arguments, &mut table)?;
    }
    if wanted("mixed") {
        mixed(arguments, &mut table)?;
    }
    table.keep(&arguments.results)
}

fn hello_request(_: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n");
}

fn sold_out(number: u64, out: &mut Vec<u8>) {
    issue_request("bench", 0, number, out);
}

/// A server whose campaign is sold out, with a line that nobody is admitted from.
fn shop(program: &Path, extra: &[(&str, &str)]) -> anyhow::Result<Server> {
    let line = [("ONSALE__QUEUE__LINES", "shop"), ("ONSALE__QUEUE__RATE_PER_SECOND", "0")];
    let server = Server::serve(program, &[&WIDE_LIMITS[..], &line, extra].concat())?;
    server.ask("POST", &format!("/api/v1/admin/events/bench/stock?initial_stock={STOCK}"))?;
    load(&server, 64, Until::Requests(2 * STOCK), &sold_out)?;
    Ok(server)
}

/// The same request on fresh connections and on used ones.
fn used_connections(arguments: &Arguments, table: &mut Table) -> anyhow::Result<()> {
    let server = shop(&arguments.program, &[])?;
    for connections in CONNECTIONS {
        let measure = |first| -> anyhow::Result<Side> {
            let until = Until::Elapsed(Duration::from_secs(arguments.seconds));
            Ok(load_at(&server, server.address, connections, until, (first, &sold_out))?.0)
        };
        measure(Some(OTHER))?;
        let mut pairs = Vec::new();
        for _ in 0..arguments.rounds {
            pairs.push((measure(Some(OTHER))?, measure(None)?));
        }
        let ratio = ratio_of(&pairs);
        let name = format!("sold out on used connections over fresh ones, {connections} connections: requests/s");
        table.push(Row::at_least(name, ratio.rate, "x", 0.95).made_of(ratio.raw()));
    }
    Ok(())
}

fn get(path: &'static str) -> impl Fn(u64, &mut Vec<u8>) + Sync {
    move |_, out| {
        let _ = write!(out, "GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n");
    }
}

/// Each route over hello world, with the access log and without.
fn other_routes(arguments: &Arguments, table: &mut Table) -> anyhow::Result<()> {
    let hello = Server::own(&["hello"])?;
    let (status, serving) = (get("/api/v1/coupons/status/bench"), get("/queue/serving/shop"));
    let coupon = |number: u64, out: &mut Vec<u8>| {
        let user = number % STOCK;
        let path = format!("/api/v1/coupons/user/0000-{user:010}/event/bench");
        let _ = write!(out, "GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n");
    };
    let routes: [(&str, Build<'_>); 3] =
        [("status of a campaign", &status), ("a user's coupon", &coupon), ("serving of a line", &serving)];
    for (log, goal) in [("true", 0.7), ("false", 0.85)] {
        let ours = shop(&arguments.program, &[("ONSALE__LOG__ACCESS", log)])?;
        for (name, ask) in routes {
            for connections in CONNECTIONS {
                let sides = ((&ours, ask), (&hello, &hello_request as Build<'_>));
                let ratio = compare(arguments.rounds, arguments.seconds, connections, sides.0, sides.1)?;
                let log = if log == "true" { "access log on" } else { "access log off" };
                let name = format!("{name} over hello world, {log}, {connections} connections: requests/s");
                push(table, name, &ratio, goal);
            }
        }
    }
    Ok(())
}

fn push(table: &mut Table, name: String, ratio: &Ratio, goal: f64) {
    table.push(Row::at_least(name, ratio.rate, "x", goal).made_of(format!("{} cpu {:.2} x", ratio.raw(), ratio.cpu)));
}

/// Behind NGINX, as a crowd asks: 90 % for a coupon, 5 % for the status, 5 % for what a line serves.
fn mixed(arguments: &Arguments, table: &mut Table) -> anyhow::Result<()> {
    let (ours, hello) =
        (shop(&arguments.program, &[("ONSALE__HTTP__TRUSTED_PROXIES", "127.0.0.1")])?, Server::own(&["hello"])?);
    let (status, serving) = (get("/api/v1/coupons/status/bench"), get("/queue/serving/shop"));
    let ask = |number: u64, out: &mut Vec<u8>| match number % 20 {
        0 => status(number, out),
        10 => serving(number, out),
        _ => sold_out(number, out),
    };
    let same = |_: u64, out: &mut Vec<u8>| {
        let _ = write!(out, "GET /api/v1/hello HTTP/1.1\r\nHost: bench\r\n\r\n");
    };
    let (Some(before_ours), Some(before_hello)) = (edge(&ours), edge(&hello)) else {
        println!("      mixed: skipped, nginx is not installed");
        return Ok(());
    };
    for connections in CONNECTIONS {
        let until = Until::Elapsed(Duration::from_secs(arguments.seconds));
        let mut pairs = Vec::new();
        for _ in 0..arguments.rounds {
            let first = load_at(&ours, before_ours.address, connections, until, (None, &ask))?.0;
            pairs.push((first, load_at(&hello, before_hello.address, connections, until, (None, &same))?.0));
        }
        let name = format!("mixed routes behind nginx over nginx before hello, {connections} connections: requests/s");
        push(table, name, &ratio_of(&pairs), 0.95);
    }
    Ok(())
}

fn edge(server: &Server) -> Option<Edge> {
    Edge::before_one(server.address, &[])
}
