//! Reads: with and without the gateway, warm, and of a key that nobody has.

use super::Arguments;
use super::place::{Place, SERVICE_KEY};
use crate::comparison::{Build, Side, compare, load, load_at, ratio_of};
use crate::server::Server;
use crate::table::{Row, Table};
use lab::load::Until;
use std::io::Write;
use std::time::Duration;

const CONNECTIONS: [usize; 3] = [64, 256, 1_000];

/// A route whose caller's token the gateway checks, over the same route to which the caller is told by headers.
pub fn gateway(arguments: &Arguments, place: &Place, table: &mut Table) -> anyhow::Result<()> {
    let path = format!("/events/{}", place.event);
    let through = format!("GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {}\r\n\r\n", place.token);
    let direct = format!(
        "GET {path} HTTP/1.1\r\nHost: bench\r\nX-User-Id: {}\r\nX-User-Role: USER\r\nX-Service-Api-Key: {SERVICE_KEY}\r\n\r\n",
        place.user
    );
    let (through, direct) = (same(through), same(direct));
    let until = Until::Elapsed(Duration::from_secs(arguments.seconds));
    // The internal listener has fewer places.
    for connections in [16, 64] {
        let mut pairs = Vec::new();
        for _ in 0..arguments.rounds {
            let measure = |address, build: Build<'_>| -> anyhow::Result<Side> {
                Ok(load_at(&place.server, address, connections, until, (None, build))?.0)
            };
            pairs.push((measure(place.server.address, &through)?, measure(place.internal, &direct)?));
        }
        let ratio = ratio_of(&pairs);
        let name =
            |what: &str| format!("a token checked by the gateway over no gateway, {connections} connections: {what}");
        table.push(Row::at_least(name("requests/s"), ratio.rate, "x", 0.85).made_of(ratio.raw()));
        table.push(Row::at_most(name("processor"), ratio.cpu, "x", 1.2));
    }
    Ok(())
}

/// List and detail, over hello world.
pub fn warm(arguments: &Arguments, place: &Place, table: &mut Table) -> anyhow::Result<()> {
    let hello = Server::own(&["hello"])?;
    let hello_build = same("GET / HTTP/1.1\r\nHost: bench\r\n\r\n".to_owned());
    for (name, path) in [("list of events", "/events".to_owned()), ("an event", format!("/events/{}", place.event))] {
        let ask = get(&path);
        for connections in CONNECTIONS {
            let sides = ((&place.server, &ask as Build<'_>), (&hello, &hello_build as Build<'_>));
            let ratio = compare(arguments.rounds, arguments.seconds, connections, sides.0, sides.1)?;
            let name = format!("{name} over hello world, {connections} connections: requests/s");
            table.push(Row::at_least(name, ratio.rate, "x", 0.6).made_of(format!(
                "{} cpu {:.2} x",
                ratio.raw(),
                ratio.cpu
            )));
        }
        let until = Until::Elapsed(Duration::from_secs(arguments.seconds));
        let (_, outcome) = load(&place.server, 1_000, until, &ask)?;
        let p95_ms = outcome.latency_us.value_at_quantile(0.95) as f64 / 1_000.0;
        table.push(Row::to_know(format!("{name}, 95th percentile at 1000 connections"), p95_ms, "ms"));
    }
    Ok(())
}

/// A thousand people at once for what nobody has read: how many go to the tables.
pub fn cold(place: &Place, table: &mut Table) -> anyhow::Result<()> {
    let loads =
        |place: &Place| place.server.metric("onsale_catalog_cache_total{outcome=\"loaded\"}").unwrap_or_default();
    // A change drops the key.
    let change = serde_json::json!({"description": "cold"});
    place.as_admin("PATCH", &format!("/events/{}", place.event), &change)?;
    let before = loads(place);
    load(&place.server, 1_000, Until::Requests(1_000), &get(&format!("/events/{}", place.event)))?;
    table.push(Row::at_most("loads of a cold key that 1000 people ask for at once", loads(place) - before, "", 1.0));
    Ok(())
}

/// A plain request for this path.
pub fn get(path: &str) -> impl Fn(u64, &mut Vec<u8>) + Sync + use<> {
    same(format!("GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n"))
}

fn same(request: String) -> impl Fn(u64, &mut Vec<u8>) + Sync {
    move |_, out| {
        let _ = out.write_all(request.as_bytes());
    }
}
