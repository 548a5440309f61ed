//! Every measured figure that the calculator uses, with the run that it is from. A test compares them with `bench/results`.
//!
//! Where several runs were kept, the worst one since the present code is taken. All were made on two cores that the load
//! generator used as well, so a server by itself does better; nothing here says how far it scales beyond two cores.

use serde::Serialize;

/// A measured figure.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Figure {
    /// What was measured.
    pub what: &'static str,
    /// The value.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// The run, in `bench/results`.
    pub run: &'static str,
    /// The row of the run.
    pub row: &'static str,
    /// The value as the raw text of the row has it; empty where it is the row's own figure.
    pub raw: &'static str,
}

const WON: &str = "all win, flushed over unflushed, 1000 connections: requests/s";
const SOLD_OUT: &str = "sold out over axum hello world, 64 connections: requests/s";
const ENTER: &str = "embedded: enter at 1000000 waiting over hello world, 64 connections: requests/s";
const RANK: &str = "embedded: rank at 1000000 waiting over hello world, 1000 connections: requests/s";
const REDIS_ENTER: &str = "Redis: enter at 1000000 waiting over hello world, 64 connections: requests/s";
const REDIS_RANK: &str = "Redis: rank at 1000000 waiting over hello world, 64 connections: requests/s";
const SHARD: &str = "one Redis shard, winners: batches of 256 over single calls of the same script, decisions/s";
const ROWS: &str = "PostgreSQL 15: three brokers to row";
const STREAMS: &str = "waiting pages, 19000 streams: memory each";
const PUSH: &str = "waiting pages, 19000 streams: a push to all";
const COUPONS: &str = "coupon-1795244442.json";
const LINES: &str = "lines-1795298398.json";
const SHARDS: &str = "coupon-1795274856.json";
const ISSUER: &str = "issuer-1795275055.json";

const fn figure(
    what: &'static str,
    value: f64,
    unit: &'static str,
    (run, row, raw): (&'static str, &'static str, &'static str),
) -> Figure {
    Figure { what, value, unit, run, row, raw }
}

/// A coupon that is given and flushed to the disk.
pub const WON_US: Figure =
    figure("processor for a coupon that is given", 20.1, "us", (COUPONS, WON, "a 68314/s 20.1 us"));
/// Coupons that one process gives and flushes.
pub const WON_PER_SECOND: Figure =
    figure("coupons given by one process", 68_314.0, "/s", (COUPONS, WON, "a 68314/s 20.1 us"));
/// An answer that needs no decision.
pub const REFUSED_US: Figure =
    figure("processor for a refusal", 11.1, "us", ("coupon-1795243366.json", SOLD_OUT, "a 83747/s 11.1 us"));
/// A person who joins a line, one process.
pub const ENTER_US: Figure = figure("processor for joining a line", 17.7, "us", (LINES, ENTER, "a 55852/s 17.7 us"));
/// People who join a line of one process.
pub const ENTER_PER_SECOND: Figure =
    figure("people who join a line of one process", 55_852.0, "/s", (LINES, ENTER, "a 55852/s 17.7 us"));
/// A look at one's place, one process.
pub const LOOK_US: Figure = figure("processor for a look at a place", 12.1, "us", (LINES, RANK, "a 87064/s 12.1 us"));
/// A person who joins a line on Redis: the server.
pub const REDIS_ENTER_US: Figure = figure(
    "processor of a server for joining a line on Redis",
    17.5,
    "us",
    (LINES, REDIS_ENTER, "a 28852/s 17.5 us + redis 26.9 us"),
);
/// A look at one's place on Redis: the server.
pub const REDIS_LOOK_US: Figure = figure(
    "processor of a server for a look at a place on Redis",
    16.1,
    "us",
    (LINES, REDIS_RANK, "a 33123/s 16.1 us + redis 21.1 us"),
);
/// A person who joins a line on Redis: Redis.
pub const SHARD_ENTER_US: Figure = figure(
    "processor of Redis for joining a line",
    26.9,
    "us",
    (LINES, REDIS_ENTER, "a 28852/s 17.5 us + redis 26.9 us"),
);
/// A look at one's place on Redis: Redis.
pub const SHARD_LOOK_US: Figure = figure(
    "processor of Redis for a look at a place",
    21.1,
    "us",
    (LINES, REDIS_RANK, "a 33123/s 16.1 us + redis 21.1 us"),
);
/// A coupon on Redis, asked for one at a time. Servers ask for many at once, which takes an eighth.
pub const SHARD_WON_US: Figure =
    figure("processor of Redis for a coupon, alone", 20.54, "us", (SHARDS, SHARD, "b 48671/s redis 20.54 us"));
/// From the bus to a row of PostgreSQL.
pub const ROWS_PER_SECOND: Figure = figure("rows stored from Kafka", 19_963.701_611_764_59, "/s", (ISSUER, ROWS, ""));
/// From the bus to a row: brokers, issuer and database.
pub const ROW_US: Figure =
    figure("processor from Kafka to a row", 56.0, "us", (ISSUER, ROWS, "machine 56 us/row, brokers included"));
/// A coupon in memory.
pub const WINNER_BYTES: Figure = figure("memory of a coupon", 75.918_348, "B", (COUPONS, "memory a winner", ""));
/// A place in memory.
pub const PLACE_BYTES: Figure =
    figure("memory of a place in a line", 369.324_032, "B", ("lines-1796019883.json", "embedded: memory a place", ""));
/// An open connection in memory.
pub const CONNECTION_KIB: Figure =
    figure("memory of an open connection", 8.076_631_578_947_369, "KiB", (LINES, STREAMS, ""));
/// A message to a page that listens.
pub const PUSH_US: Figure = figure(
    "processor for a message to a page",
    12.6,
    "us",
    (LINES, PUSH, "12.6 us of the server's processor time each"),
);

/// All of them.
pub const ALL: [Figure; 17] = [
    WON_US,
    WON_PER_SECOND,
    REFUSED_US,
    ENTER_US,
    ENTER_PER_SECOND,
    LOOK_US,
    REDIS_ENTER_US,
    REDIS_LOOK_US,
    SHARD_ENTER_US,
    SHARD_LOOK_US,
    SHARD_WON_US,
    ROWS_PER_SECOND,
    ROW_US,
    WINNER_BYTES,
    PLACE_BYTES,
    CONNECTION_KIB,
    PUSH_US,
];
