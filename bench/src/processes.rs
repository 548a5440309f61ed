//! Processor time of servers that are several processes.

use std::collections::HashMap;

/// A process and everything it has started, as far as it still runs.
pub fn family(process: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    for number in numbers {
        if let Some(parent) = parent_of(number) {
            children.entry(parent).or_default().push(number);
        }
    }
    let (mut family, mut next) = (vec![process], 0);
    while let Some(member) = family.get(next) {
        family.extend(children.remove(member).unwrap_or_default());
        next += 1;
    }
    family
}

fn parent_of(process: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in brackets may contain anything: the state comes after the last bracket, the parent after that.
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// Processor time so far in seconds, user and system, of all of them together.
pub fn cpu_seconds(processes: &[u32]) -> f64 {
    let each = processes.iter().filter_map(|process| lab::load::cpu_seconds_of(*process));
    each.map(|(user, system)| user + system).sum()
}
