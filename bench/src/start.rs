//! How fast the program starts, how much it holds, how large it is.

use crate::coupon::{ALL_WIN_STOCK, issue_request, with_campaign};
use crate::server::{Server, ask};
use crate::table::{Row, Table, median};
use lab::load::{Limits, Plan, Until, drive};
use std::path::Path;
use std::time::Instant;

const STARTS: usize = 9;
const WINNERS: u64 = 1_000_000;

/// The start, memory and size rows.
pub fn rows(program: &Path, table: &mut Table) -> anyhow::Result<()> {
    empty_start(program, table)?;
    full_start(program, table)?;
    let bytes = std::fs::metadata(program)?.len();
    let megabytes = bytes as f64 / 1e6;
    table.push(Row::at_most("release binary", megabytes, "MB", 40.0));
    Ok(())
}

/// Seconds since `begun`, once the server has answered.
pub fn seconds_to_first_answer(begun: Instant, server: &Server) -> anyhow::Result<f64> {
    ask(server.address, "GET", "/health/ready")?;
    Ok(begun.elapsed().as_secs_f64())
}

fn empty_start(program: &Path, table: &mut Table) -> anyhow::Result<()> {
    let mut seconds = Vec::new();
    for _ in 0..STARTS {
        let begun = Instant::now();
        let server = Server::serve(program, &[])?;
        seconds.push(seconds_to_first_answer(begun, &server)?);
    }
    let figure = median(&seconds);
    table.push(
        Row::at_most("start, empty folder: exec to first answer", figure, "s", 0.3)
            .made_of(format!("[median of {STARTS}, made anew each time]")),
    );
    Ok(())
}

fn full_start(program: &Path, table: &mut Table) -> anyhow::Result<()> {
    let server = with_campaign(program, ALL_WIN_STOCK, &[("ONSALE__HOT__FLUSH", "false")])?;
    let empty_bytes = server.resident_bytes();
    let plan = Plan {
        address: server.address,
        connections: 256,
        threads: 1,
        until: Until::Requests(WINNERS),
        limits: Limits::default(),
    };
    drive(&plan, |number, out| issue_request("bench", 0, number, out))?;
    let grown_bytes = server.resident_bytes().saturating_sub(empty_bytes);
    let arena_bytes = server.metric("onsale_hot_winner_bytes").unwrap_or(f64::NAN);
    wait_for_rows(&server)?;
    let begun_stop = Instant::now();
    let folder = server.stop()?;
    let stop_seconds = begun_stop.elapsed().as_secs_f64();
    let begun = Instant::now();
    let server = Server::serve_in(folder, program, &[])?;
    let seconds = seconds_to_first_answer(begun, &server)?;
    table.push(
        Row::at_most("start, 1,000,000 winners in the journal", seconds, "s", 3.0)
            .made_of(format!("[stopped politely in {stop_seconds:.1} s before]")),
    );
    let figure = arena_bytes / WINNERS as f64;
    table.push(Row::at_most("memory a winner", figure, "B", 100.0).made_of(format!(
        "[index, rows and names; the whole process grew by {} MB under load]",
        grown_bytes / 1_000_000
    )));
    Ok(())
}

/// The next start should measure the replay, not the rest of the hand-over.
fn wait_for_rows(server: &Server) -> anyhow::Result<()> {
    let begun = Instant::now();
    while server.metric("onsale_hot_outbox_pending")? > 0.0 && begun.elapsed().as_secs() < 300 {
        std::thread::sleep(std::time::Duration::from_millis(500));
    }
    Ok(())
}
