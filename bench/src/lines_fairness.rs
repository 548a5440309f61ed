//! Fairness in numbers: no visitor is admitted before an earlier one, and no rank gets worse while others leave.

use crate::lines::Arguments;
use crate::lines_admission::{BATCH, FULL_RATE, go_on, named, rule};
use crate::table::{Row, Table};
use anyhow::ensure;
use domain::line::{LineId, LineStatus, QueueNumber};
use domain::{PassId, UserId};
use hot::line::{Clock, LinePort, LineUser};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Number of concurrent callers, each with a few users.
const CALLERS: usize = 128;
const PEOPLE_OF_A_CALL: u64 = 16;
/// Number of observed users in the line.
const WATCHED_SHARE: u64 = 10;
/// Number of polls per user, while every fifth user leaves and the others are admitted.
const ROUNDS: u64 = 20;
const LEAVERS_SHARE: u64 = 5;

/// One entry, since the beginning.
#[derive(Clone, Copy)]
struct Entry {
    from: Duration,
    until: Duration,
    number: QueueNumber,
}

/// The rows of an engine.
pub async fn rows<P: LinePort + Clone>(
    arguments: &Arguments,
    engine: &str,
    port: &P,
    table: &mut Table,
) -> anyhow::Result<()> {
    let line = named("order")?;
    port.make_line(&line, rule(FULL_RATE)).await?;
    let begun = Instant::now();
    let entries = enter_all(port, &line, arguments.places).await?;
    let per_second = entries.len() as f64 / begun.elapsed().as_secs_f64();
    let name = format!("{engine}: inversions in {} entries, {CALLERS} callers at once", entries.len());
    let raw = format!("[{per_second:.0} entries/s, {PEOPLE_OF_A_CALL} to a call]");
    table.push(Row::at_most(name, inversions(entries) as f64, "", 0.0).made_of(raw));
    let watched = arguments.places / WATCHED_SHARE;
    let Watched { looks, worse, out_of_order, left } = watch(port, watched).await?;
    let name = format!("{engine}: ranks that got worse, {watched} watched, {left} of them leaving");
    table.push(Row::at_most(name, worse as f64, "", 0.0).made_of(format!("[{looks} looks]")));
    let name = format!("{engine}: admissions out of order meanwhile");
    table.push(Row::at_most(name, out_of_order as f64, "", 0.0));
    Ok(())
}

fn people(line: &LineId, users: impl Iterator<Item = u64>) -> anyhow::Result<Vec<LineUser>> {
    users.map(|user| Ok(LineUser { line: line.clone(), user: UserId::new(&format!("user-{user:09}"))? })).collect()
}

async fn enter_all<P: LinePort + Clone>(port: &P, line: &LineId, places: u64) -> anyhow::Result<Vec<Entry>> {
    let (next, begun) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let caller = |port: P, line: LineId, next: Arc<AtomicU64>| async move {
        let mut entries = Vec::new();
        loop {
            let first = next.fetch_add(PEOPLE_OF_A_CALL, Ordering::Relaxed);
            if first >= places {
                return anyhow::Ok(entries);
            }
            let batch = people(&line, first..places.min(first + PEOPLE_OF_A_CALL))?;
            let from = begun.elapsed();
            let standings = port.enter(batch, Clock::Engine).await;
            let until = begun.elapsed();
            for standing in standings {
                let LineStatus::Waiting { number, is_new: true, .. } = standing? else { anyhow::bail!("no new place") };
                entries.push(Entry { from, until, number });
            }
        }
    };
    let callers: Vec<_> =
        (0..CALLERS).map(|_| tokio::spawn(caller(port.clone(), line.clone(), next.clone()))).collect();
    let mut entries = Vec::with_capacity(usize::try_from(places)?);
    for caller in callers {
        entries.extend(caller.await??);
    }
    Ok(entries)
}

/// Number of entries behind a later one, which was requested only after their response.
fn inversions(mut entries: Vec<Entry>) -> usize {
    // Backwards in time: the smallest number among those requested after this response.
    let mut by_from = entries.clone();
    by_from.sort_by_key(|entry| std::cmp::Reverse(entry.from));
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.until));
    let (mut later, mut smallest, mut inverted) = (0, QueueNumber(u64::MAX), 0);
    for entry in entries {
        while later < by_from.len() && by_from[later].from >= entry.until {
            smallest = smallest.min(by_from[later].number);
            later += 1;
        }
        inverted += usize::from(smallest < entry.number);
    }
    inverted
}

#[derive(Default)]
struct Watched {
    looks: u64,
    worse: u64,
    out_of_order: u64,
    left: u64,
}

async fn watch<P: LinePort>(port: &P, watched: u64) -> anyhow::Result<Watched> {
    let line = named("watched")?;
    port.make_line(&line, rule(FULL_RATE)).await?;
    for first in (0..watched).step_by(BATCH) {
        for standing in port.enter(people(&line, first..watched.min(first + BATCH as u64))?, Clock::Engine).await {
            standing?;
        }
    }
    go_on(port, &line).await?;
    let (mut sum, mut last_number, mut shown) =
        (Watched::default(), QueueNumber(0), vec![u64::MAX; usize::try_from(watched)?]);
    for round in 0..ROUNDS {
        sum.left += leave(port, &line, watched, round).await?;
        let wanted = usize::try_from(watched / ROUNDS)?.max(1);
        let passes = (0..wanted).map(|_| PassId(Uuid::new_v4())).collect();
        for one in port.admit(&line, passes, Clock::Engine).await?.admitted {
            sum.out_of_order += u64::from(one.number <= last_number);
            last_number = one.number;
        }
        look_at_all(port, &line, &mut shown, &mut sum).await?;
    }
    ensure!(sum.left > 0 && last_number.get() > 0, "no visitor left, or none was admitted");
    Ok(sum)
}

/// Every fifth leaves, spread over the rounds. How many had a place to give up.
async fn leave<P: LinePort>(port: &P, line: &LineId, watched: u64, round: u64) -> anyhow::Result<u64> {
    // Not in order: a step without a common factor scatters them over the line.
    let leavers =
        (0..watched).filter(|user| user.wrapping_mul(611_953) % (ROUNDS * LEAVERS_SHARE) == round * LEAVERS_SHARE);
    let mut left = 0;
    for who in people(line, leavers)? {
        left += u64::from(port.leave(&who, Clock::Engine).await?);
    }
    Ok(left)
}

async fn look_at_all<P: LinePort>(port: &P, line: &LineId, shown: &mut [u64], sum: &mut Watched) -> anyhow::Result<()> {
    for first in (0..shown.len()).step_by(BATCH) {
        let users = first..shown.len().min(first + BATCH);
        let standings = port.check_in(people(line, users.clone().map(|user| user as u64))?, Clock::Engine).await;
        for (user, standing) in users.zip(standings) {
            if let LineStatus::Waiting { rank, .. } = standing? {
                sum.looks += 1;
                sum.worse += u64::from(rank > shown[user]);
                shown[user] = rank;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visitor_answered_before_another_asked_must_stand_before_it() {
        let entry = |from: u64, until: u64, number| Entry {
            from: Duration::from_millis(from),
            until: Duration::from_millis(until),
            number: QueueNumber(number),
        };
        let at_once = vec![entry(0, 5, 2), entry(1, 5, 1), entry(4, 9, 3)];
        assert_eq!(inversions(at_once.clone()), 0, "they asked at the same time");
        assert_eq!(inversions([at_once.clone(), vec![entry(5, 6, 4)]].concat()), 0);
        assert_eq!(inversions(vec![entry(0, 5, 2), entry(5, 6, 1)]), 1);
        assert_eq!(inversions(vec![entry(0, 5, 2), entry(0, 5, 3), entry(6, 7, 1), entry(8, 9, 4)]), 2);
    }
}
