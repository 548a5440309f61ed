//! `bench hostile`: one hostile host against a running server, for a while, with and without the shipped NGINX. Meanwhile
//! honest people come at a steady rate. What they get, with the attack and without it, is the figure.
//!
//! Everything is on the loopback network: each honest person of IPv4 has an address of 127.1.0.0/16, the hostile host is
//! 127.0.0.66. Addresses of IPv6 are forwarded by a proxy that is trusted, 127.0.0.1, as a load balancer would. Attackers
//! and server share the processor, so the attacks come at fixed rates: what is measured is who is served, not how much a
//! machine of two cores endures.

mod attack;
mod exchange;
mod honest;
mod tally;

use crate::server::{Server, call, folder};
use crate::streams::admin_key;
use crate::table::{Row, Table};
use honest::Figures;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tally::Tally;
use testkit::edge::Edge;

/// Options of `bench hostile`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The program to measure.
    #[arg(long)]
    program: PathBuf,
    /// Seconds without the attack, and as many with it.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Honest people a second; every second one has an address of IPv6.
    #[arg(long, default_value_t = 200)]
    people: u32,
    /// Only this way to the server: direct, nginx.
    #[arg(long)]
    only: Option<String>,
    /// Where results are kept.
    #[arg(long, default_value = "bench/results")]
    results: PathBuf,
}

/// The settings are the defaults, but for what a demonstration on one machine needs.
const SETTINGS: [(&str, &str); 4] = [
    ("ONSALE__QUEUE__LINES", "shop"),
    ("ONSALE__COUPON__OPEN_ISSUE", "true"),
    ("ONSALE__GATE__EVENT_IDS", "gated"),
    ("ONSALE__HTTP__TRUSTED_PROXIES", "127.0.0.1"),
];

/// Measures both ways and keeps the rows.
///
/// # Errors
/// When a server cannot be started or does not do what it should.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    launch::descriptors::raise();
    let mut table = Table::new("hostile");
    for way in ["direct", "nginx"] {
        if arguments.only.as_deref().is_none_or(|only| only == way) {
            measure(arguments, way, &mut table)?;
        }
    }
    table.keep(&arguments.results)
}

fn measure(arguments: &Arguments, way: &str, table: &mut Table) -> anyhow::Result<()> {
    let folder = folder()?;
    let key = admin_key(&arguments.program, folder.path())?;
    let server = Server::serve_in(folder, &arguments.program, &SETTINGS)?;
    for campaign in ["open", "gated"] {
        let body = format!("{{\"event_id\":\"{campaign}\",\"name\":\"{campaign}\",\"stock\":1000000}}");
        let (status, text) = call(server.address, "POST", "/api/v1/admin/campaigns", Some(&key), &body)?;
        anyhow::ensure!(status == 201, "no campaign: {status} {text}");
    }
    let edge = if way == "nginx" { Some(edge(server.address)?) } else { None };
    let address = edge.as_ref().map_or(server.address, |edge| edge.address);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(both(arguments, way, &server, address, table))
}

/// NGINX with the limits that its README gives as an example.
fn edge(server: SocketAddr) -> anyhow::Result<Edge> {
    let limits = [
        ("address_rate", "50"),
        ("address_burst", "100"),
        ("user_rate", "5"),
        ("user_burst", "10"),
        ("address_connections", "100"),
        ("address_streams", "100"),
    ];
    let values: Vec<_> = limits.map(|(name, value)| (name, value.to_owned())).into();
    Edge::before_one(server, &values).ok_or_else(|| anyhow::anyhow!("nginx is not installed"))
}

async fn both(
    arguments: &Arguments,
    way: &str,
    server: &Server,
    address: SocketAddr,
    table: &mut Table,
) -> anyhow::Result<()> {
    let length = Duration::from_secs(arguments.seconds);
    let calm = honest::crowd(address, arguments.people, length, 0).await;
    let resident_before = server.resident_bytes();
    let cpu_before = server.cpu_seconds();
    let tally = Tally::default();
    let mut attack = attack::begin(address, &tally);
    // The attackers first take what they can get.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let attacked = honest::crowd(address, arguments.people, length, 1_000_000).await;
    attack.abort_all();
    let cpu = (server.cpu_seconds() - cpu_before) / (arguments.seconds + 3) as f64;
    let grown = server.resident_bytes().saturating_sub(resident_before);
    for line in tally.lines() {
        println!("      {way}: {line}");
    }
    push(table, &format!("{way}, calm"), &calm);
    push(table, &format!("{way}, attacked"), &attacked);
    let name = |what: &str| format!("{way}, attacked: {what}");
    table.push(Row::at_most(name("memory that the server grew"), grown as f64 / 1_048_576.0, "MiB", 256.0));
    table.push(Row::to_know(name("processor of the server"), cpu, "s/s"));
    Ok(())
}

fn push(table: &mut Table, name: &str, figures: &Figures) {
    for (family, seen) in [("IPv4", &figures.v4), ("IPv6", &figures.v6)] {
        let name = |what: &str| format!("{name}, {family}: {what}");
        let refused = Row::at_most(name("people refused or without a reply"), seen.not_served() as f64, "", 0.0);
        table.push(refused.made_of(format!("[of {}: {}]", seen.all(), seen.statuses())));
        table.push(Row::to_know(name("median"), seen.quantile_ms(0.5), "ms"));
        table.push(Row::to_know(name("99th percentile"), seen.quantile_ms(0.99), "ms"));
    }
}
