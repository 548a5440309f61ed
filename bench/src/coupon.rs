//! The coupon rows of `goals.md`.

use crate::comparison::{Side, compare, load, ratio_of};
use crate::server::{Server, call};
use crate::table::{Row, Table, median};
use crate::{CouponArguments, fastapi, one_by_one, shard, start};
use anyhow::ensure;
use lab::load::Until;
use std::io::Write;
use std::path::Path;

/// Everything on, but wide enough for one address to be the whole crowd.
pub const WIDE_LIMITS: [(&str, &str); 2] =
    [("ONSALE__LIMITS__PER_IP_PER_SECOND", "1000000"), ("ONSALE__LIMITS__PER_IP_BURST", "1000000")];
/// Winners of one side of one round of the row in which all win.
const ALL_WIN_REQUESTS: u64 = 200_000;
/// As many coupons as a tenant may have, and some room.
pub const ALL_WIN_STOCK: u32 = 9_000_000;
const ALL_WIN_CONNECTIONS: usize = 1_000;

/// Measures and keeps the rows.
pub fn run(arguments: &CouponArguments) -> anyhow::Result<()> {
    let mut table = Table::new("coupon");
    let wanted = |name: &str| arguments.only.as_ref().is_none_or(|only| name.contains(only.as_str()));
    if wanted("sold-out") {
        sold_out(arguments, &mut table)?;
    }
    if wanted("embedded-all-win") {
        all_win(arguments, &mut table)?;
    }
    if wanted("start") {
        start::rows(&arguments.program, &mut table)?;
    }
    if wanted("fastapi-embedded") {
        fastapi::embedded(arguments, &mut table)?;
    }
    if wanted("fastapi-redis") {
        fastapi::redis(arguments, &mut table)?;
    }
    if wanted("redis-all-win") {
        one_by_one::rows(arguments, &mut table)?;
    }
    if wanted("redis-shard") {
        shard::rows(arguments, &mut table)?;
    }
    table.keep(&arguments.results)
}

fn hello_request(_: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n");
}

/// Appends a request for a coupon of a user of this run.
pub fn issue_request(campaign: &str, run: u64, number: u64, out: &mut Vec<u8>) {
    let body_length = "{\"user_id\":\"-\",\"event_id\":\"\"}".len() + 4 + 10 + campaign.len();
    let _ = write!(
        out,
        "POST /api/v1/coupons/issue HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n\
         Content-Length: {body_length}\r\n\r\n{{\"user_id\":\"{run:04}-{number:010}\",\"event_id\":\"{campaign}\"}}"
    );
}

/// A server with a campaign of this stock.
pub fn with_campaign(program: &Path, stock: u32, extra: &[(&str, &str)]) -> anyhow::Result<Server> {
    let environment = [&WIDE_LIMITS[..], extra].concat();
    let server = Server::serve(program, &environment)?;
    let path = format!("/api/v1/admin/events/bench/stock?initial_stock={stock}");
    let (status, text) = call(server.address, "POST", &path, None, "")?;
    ensure!(status == 200, "no campaign: {status} {text}");
    Ok(server)
}

fn sold_out(arguments: &CouponArguments, table: &mut Table) -> anyhow::Result<()> {
    let hello = Server::own(&["hello"])?;
    let ours = with_campaign(&arguments.program, 1_000, &[])?;
    let ask = |number: u64, out: &mut Vec<u8>| issue_request("bench", 0, number, out);
    load(&ours, 64, Until::Requests(2_000), &ask)?;
    for connections in [64, 256, 1_000] {
        let ratio = compare(arguments.rounds, arguments.seconds, connections, (&ours, &ask), (&hello, &hello_request))?;
        let what = format!("sold out over axum hello world, {connections} connections");
        table.push(Row::at_least(format!("{what}: requests/s"), ratio.rate, "x", 1.0).made_of(ratio.raw()));
        table.push(Row::at_most(format!("{what}: cpu a request"), ratio.cpu, "x", 1.0));
    }
    Ok(())
}

fn all_win(arguments: &CouponArguments, table: &mut Table) -> anyhow::Result<()> {
    let (mut pairs, mut flushes_ms, mut batches) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..arguments.rounds as u64 {
        let (flushed, flush_ms, batch) = all_win_side(&arguments.program, round, &[])?;
        let (unflushed, _, _) = all_win_side(&arguments.program, round, &[("ONSALE__HOT__FLUSH", "false")])?;
        pairs.push((flushed, unflushed));
        flushes_ms.push(flush_ms);
        batches.push(batch);
    }
    let ratio = ratio_of(&pairs);
    let what = format!("all win, flushed over unflushed, {ALL_WIN_CONNECTIONS} connections: requests/s");
    table.push(Row::at_least(what, ratio.rate, "x", 0.75).made_of(ratio.raw()));
    let (flush_ms, batch) = (median(&flushes_ms), median(&batches));
    let p99_ms = ratio.a.p99_ms;
    let sides = format!("[p99 {p99_ms:.1} ms; a commit under this load {flush_ms:.2} ms for {batch:.0} winners]");
    table.push(Row::at_most("all win, p99 in journal commits", p99_ms / flush_ms, "x", 4.0).made_of(sides));
    Ok(())
}

/// One side on a fresh server: its results, the mean commit time in milliseconds, and the mean commit size.
fn all_win_side(program: &Path, round: u64, extra: &[(&str, &str)]) -> anyhow::Result<(Side, f64, f64)> {
    let server = with_campaign(program, ALL_WIN_STOCK, extra)?;
    let ask = |number: u64, out: &mut Vec<u8>| issue_request("bench", round, number, out);
    load(&server, ALL_WIN_CONNECTIONS, Until::Requests(20_000), &|n, out| issue_request("bench", 9_999, n, out))?;
    let read = || -> anyhow::Result<(f64, f64, f64)> {
        let seconds = server.metric("onsale_hot_keep_seconds_sum")?;
        let count = server.metric("onsale_hot_keep_seconds_count")?;
        Ok((seconds, count, server.metric("onsale_hot_round_size_sum")?))
    };
    let before = read()?;
    let (side, _) = load(&server, ALL_WIN_CONNECTIONS, Until::Requests(ALL_WIN_REQUESTS), &ask)?;
    let after = read()?;
    let rounds = after.1 - before.1;
    Ok((side, (after.0 - before.0) * 1000.0 / rounds, (after.2 - before.2) / rounds))
}
