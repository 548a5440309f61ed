//! The row "waiting pages" of goals.md: memory of a stream in the server, and the time for one push to reach all.

use crate::server::{Server, call, folder};
use crate::table::{Row, Table, median};
use anyhow::bail;
use launch::create_key;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// As many as the contract speaks of; fewer where there are fewer descriptors.
const STREAMS_MAX: usize = 19_000;
/// Descriptors that are needed beside.
const DESCRIPTORS_BESIDE: u64 = 500;
/// Pushes; the median counts.
const PUSHES: u32 = 5;
/// Streams opened at once: fewer than may wait to be accepted.
const OPENING: usize = 256;
const LIMIT: Duration = Duration::from_secs(120);

/// The observations of the readers.
#[derive(Default)]
struct Seen {
    /// The rate that is waited for.
    rate: AtomicU64,
    readers: AtomicUsize,
    bytes: AtomicU64,
}

/// The rows. Descriptors of this process and of the server are raised as far as they go.
///
/// # Errors
/// When the server does not do what it should.
pub fn rows(program: &Path, table: &mut Table) -> anyhow::Result<()> {
    let streams = raise_descriptors()?;
    let folder = folder()?;
    let key = admin_key(program, folder.path())?;
    let environment = [
        ("ONSALE__QUEUE__LINES", "bench"),
        ("ONSALE__QUEUE__RATE_PER_SECOND", "0"),
        ("ONSALE__LIMITS__ENABLED", "false"),
        ("ONSALE__LOG__ACCESS", "false"),
        ("ONSALE__HTTP__MAX_CONNECTIONS", "1000000"),
        ("ONSALE__HTTP__MAX_CONNECTIONS_PER_NETWORK", "0"),
        ("ONSALE__QUEUE__STREAMS_MAX", "900000"),
        ("ONSALE__QUEUE__STREAMS_MAX_PER_NETWORK", "0"),
    ];
    let server = Server::serve_in(folder, program, &environment)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure(&server, &key, streams, table))
}

fn raise_descriptors() -> anyhow::Result<usize> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?;
    let descriptors = limit.maximum.unwrap_or(u64::MAX).saturating_sub(DESCRIPTORS_BESIDE);
    Ok(usize::try_from(descriptors).unwrap_or(usize::MAX).min(STREAMS_MAX))
}

/// An administrator's key of the server that will run in that folder.
pub fn admin_key(program: &Path, folder: &Path) -> anyhow::Result<String> {
    Ok(create_key(program, &std::env::temp_dir(), folder, &["--admin"])?)
}

async fn measure(server: &Server, key: &str, streams: usize, table: &mut Table) -> anyhow::Result<()> {
    let seen = Arc::new(Seen::default());
    // Once, so that what the first of all takes is not counted for each.
    let _warm = read_on(open(server.address).await?, seen.clone());
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before_bytes = server.resident_bytes();
    let opened_at = Instant::now();
    let mut opened = 0;
    while opened < streams {
        let count = OPENING.min(streams - opened);
        let all: Vec<_> = (0..count).map(|_| tokio::spawn(open(server.address))).collect();
        for stream in all {
            read_on(stream.await??, seen.clone());
        }
        opened += count;
    }
    let open_seconds = opened_at.elapsed().as_secs_f64();
    // Nothing may still be on its way.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let bytes = server.resident_bytes().saturating_sub(before_bytes) as f64 / streams as f64;
    let name = format!("waiting pages, {streams} streams: memory each");
    let kib = Row::at_most(name, bytes / 1024.0, "KiB", 12.0);
    table.push(kib.made_of(format!("[resident memory of the server; opened in {open_seconds:.1} s]")));
    pushes(server, key, streams, &seen, table).await
}

async fn pushes(server: &Server, key: &str, streams: usize, seen: &Seen, table: &mut Table) -> anyhow::Result<()> {
    let (mut seconds, mut cpu_seconds) = (Vec::new(), Vec::new());
    for push in 1..=PUSHES {
        seen.readers.store(0, Ordering::Relaxed);
        seen.rate.store(u64::from(push), Ordering::Relaxed);
        let cpu_before = server.cpu_seconds();
        let begun = Instant::now();
        let (address, key) = (server.address, key.to_owned());
        tokio::task::spawn_blocking(move || change_rate(address, &key, push)).await??;
        // The one that came first, too.
        while seen.readers.load(Ordering::Relaxed) <= streams {
            if begun.elapsed() > LIMIT {
                bail!("only {} of {} have heard push {push}", seen.readers.load(Ordering::Relaxed), streams + 1);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        seconds.push(begun.elapsed().as_secs_f64());
        cpu_seconds.push(server.cpu_seconds() - cpu_before);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let cpu_us = median(&cpu_seconds) * 1e6 / streams as f64;
    let row = Row::at_most(format!("waiting pages, {streams} streams: a push to all"), median(&seconds), "s", 1.0);
    table.push(row.made_of(format!("[median of {PUSHES}; {cpu_us:.1} us of the server's processor time each]")));
    Ok(())
}

async fn open(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /queue/stream/bench HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n").await?;
    let mut answer = Vec::with_capacity(1024);
    while !answer.windows(5).any(|part| part == b"data:") {
        if stream.read_buf(&mut answer).await? == 0 {
            bail!("a stream ended: {}", String::from_utf8_lossy(&answer));
        }
    }
    anyhow::ensure!(answer.starts_with(b"HTTP/1.1 200"), "a stream was refused");
    Ok(stream)
}

/// Reads a stream and notes when the rate that is waited for has come.
fn read_on(mut stream: TcpStream, seen: Arc<Seen>) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let mut heard = [0; 512];
        loop {
            let Ok(count @ 1..) = stream.read(&mut heard).await else { return };
            seen.bytes.fetch_add(count as u64, Ordering::Relaxed);
            let wanted = format!("\"ratePerSecond\":{}.0", seen.rate.load(Ordering::Relaxed));
            if heard[..count].windows(wanted.len()).any(|part| part == wanted.as_bytes()) {
                seen.readers.fetch_add(1, Ordering::Relaxed);
            }
        }
    })
}

fn change_rate(address: SocketAddr, key: &str, rate: u32) -> anyhow::Result<()> {
    let body = format!("{{\"ratePerSecond\":{rate}}}");
    let (status, text) = call(address, "PUT", "/queue/admin/queue:bench/rate", Some(key), &body)?;
    anyhow::ensure!(status == 204, "the rate was not changed: {status} {text}");
    Ok(())
}
