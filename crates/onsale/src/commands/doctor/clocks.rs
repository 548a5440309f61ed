//! Compares this machine's clock with the servers' clocks: sale windows, tokens and rows take their times from all.

use super::finding::Finding;

/// A larger difference cannot come from the network delay.
const APART_MS_MAX: i64 = 500;
const CHANGE: &str = "timedatectl set-ntp true, and wait until `timedatectl` shows the clock as synchronised";

/// A server's clock.
pub(super) struct Clock {
    /// Name of the server.
    pub server: String,
    /// Milliseconds ahead of this machine; negative when behind.
    pub ahead_ms: i64,
}

fn way(ahead_ms: i64) -> &'static str {
    if ahead_ms < 0 { "behind" } else { "ahead of" }
}

/// Returns `None` when there is no other clock.
pub(super) fn clocks(clocks: &[Clock]) -> Option<Finding> {
    let worst = clocks.iter().max_by_key(|clock| clock.ahead_ms.abs())?;
    let off: Vec<&Clock> = clocks.iter().filter(|clock| clock.ahead_ms.abs() > APART_MS_MAX).collect();
    if off.is_empty() {
        let detail = format!("{} clocks within {} ms of this machine's", clocks.len(), worst.ahead_ms.abs());
        return Some(Finding::ok("clocks", detail));
    }
    let one_way = clocks.iter().all(|clock| clock.ahead_ms.signum() == worst.ahead_ms.signum());
    if off.len() == clocks.len() && off.len() > 1 && one_way {
        let least = off.iter().map(|clock| clock.ahead_ms.abs()).min().unwrap_or_default();
        let detail = format!("this machine's clock is {least} ms or more {} all others", way(-worst.ahead_ms));
        return Some(Finding::wrong("clocks", detail, format!("here: {CHANGE}")));
    }
    let each = |clock: &&Clock| {
        format!("{} is {} ms {} this machine", clock.server, clock.ahead_ms.abs(), way(clock.ahead_ms))
    };
    let detail: Vec<String> = off.iter().map(each).collect();
    Some(Finding::wrong("clocks", detail.join(", "), format!("there (or here, if it is this machine's): {CHANGE}")))
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    fn look(ahead_ms: &[i64]) -> Option<Finding> {
        let clock = |(index, ahead_ms): (usize, &i64)| Clock { server: format!("server {index}"), ahead_ms: *ahead_ms };
        clocks(&ahead_ms.iter().enumerate().map(clock).collect::<Vec<_>>())
    }

    #[test]
    fn a_clock_that_is_off_is_named_with_its_direction() {
        assert_eq!(look(&[]), None);
        assert_eq!(look(&[500, -500]).expect("clocks").severity, Severity::Ok);
        for (ahead_ms, wanted) in [
            (&[0, 501][..], "server 1 is 501 ms ahead of this machine"),
            (&[3, -2_000], "server 1 is 2000 ms behind this machine"),
            (&[-700], "server 0 is 700 ms behind this machine"),
            (&[-700, -900, -4_000], "this machine's clock is 700 ms or more ahead of all others"),
            (&[700, 900], "this machine's clock is 700 ms or more behind all others"),
            (&[700, -900], "server 0 is 700 ms ahead of this machine, server 1 is 900 ms behind this machine"),
        ] {
            let found = look(ahead_ms).expect("clocks");
            assert_eq!((found.severity, found.detail.as_str()), (Severity::Wrong, wanted), "{ahead_ms:?}");
        }
    }
}
