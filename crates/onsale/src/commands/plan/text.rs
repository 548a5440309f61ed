//! The plan for people.

use super::Plan;
use super::sizes::Sizes;
use crate::out::OutputError;

pub fn print(plan: &Plan) -> Result<(), OutputError> {
    let (evening, demand, sizes) = (&plan.evening, &plan.demand, &plan.sizes);
    let how = if evening.line { "in a line" } else { "first come, first served" };
    say!("{} people, {} items, {} minutes, {how}", evening.people, evening.stock, evening.minutes)?;
    say!("\nin the busiest second")?;
    let rows = [
        ("people arrive", demand.arrivals),
        ("join the line", demand.enters),
        ("are let in", demand.admitted),
        ("requests for an item", demand.asks),
        ("items given", demand.given),
        ("looks at the line", demand.looks),
        ("looks at one's place", demand.own_looks),
        ("pages that listen", demand.streams),
    ];
    for (name, value) in rows.iter().filter(|(_, value)| *value > 0.0) {
        say!("  {:>10.0}  {name}", value.ceil())?;
    }
    say!("\nit takes")?;
    for line in takes(sizes) {
        say!("  {line}")?;
    }
    list("assumed", &plan.assumptions)?;
    list("not counted", &plan.not_counted)?;
    list("warning", &plan.warnings)?;
    say!("\nthe figures and their runs: --json")
}

fn list<T: AsRef<str>>(title: &str, lines: &[T]) -> Result<(), OutputError> {
    say!()?;
    lines.iter().try_for_each(|line| say!("{title}: {}", line.as_ref()))
}

fn takes(sizes: &Sizes) -> Vec<String> {
    let Sizes { server_cores, servers, server_mib, connections, descriptors, out_mbit, in_mbit, .. } = sizes;
    let mut lines = if sizes.one_process {
        vec![format!(
            "one process: {server_cores} cores, {server_mib} MiB of memory, {} MiB of a local disk",
            sizes.disk_mib
        )]
    } else {
        vec![
            format!(
                "{servers} servers, one of them to spare: {server_cores} cores together, {server_mib} MiB of memory each"
            ),
            format!("{} NGINX before them", sizes.edges),
            format!(
                "Redis: {} masters, each with a replica, {} MiB of memory a node",
                sizes.redis_shards, sizes.redis_node_mib
            ),
            format!("Kafka: {} brokers; {} issuers", sizes.kafka_brokers, sizes.issuers),
            format!(
                "a database: {} cores, a replica, {} MiB of disk; the last row is stored after {} s",
                sizes.database_cores, sizes.disk_mib, sizes.rows_seconds
            ),
        ]
    };
    lines.push(format!("{connections} open connections: {descriptors} open files on each machine that people reach"));
    lines.push(format!("{out_mbit} Mbit/s towards people, {in_mbit} Mbit/s from them"));
    lines
}
