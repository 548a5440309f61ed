//! Whether this database was put back to an older copy (hole 7), and whether the clocks of others differ (hole 15).

use super::Workers;
use access::Peer;
use domain::Timestamp;
use ledger::LedgerError;
use std::time::Duration;
use uuid::Uuid;

/// Time between two looks, once both roles have answered.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// The same before that: nothing is known of what others have stored.
const FIRST_LOOKS_EVERY: Duration = Duration::from_secs(1);
/// A clock that is off by so much is a warning, in milliseconds.
const CLOCK_WARNING_MS: i64 = 500;
/// And an alarm.
const CLOCK_ALARM_MS: i64 = 5_000;

impl Workers {
    /// Compares the own counter with what catalog and payment have stored, until the process ends.
    pub async fn run_fence(self) {
        let mut are_known = false;
        loop {
            are_known |= self.look_at_others().await;
            match self.0.parts.steps.is_behind().await {
                Ok(is_behind) => report(is_behind),
                Err(error) => tracing::debug!(%error, "the counter of holds cannot be read now"),
            }
            tokio::time::sleep(if are_known { LOOK_EVERY } else { FIRST_LOOKS_EVERY }).await;
        }
    }

    /// Asks both roles for the greatest number that they have stored. Returns whether both have said so.
    pub async fn look_at_others(&self) -> bool {
        let parts = &self.0.parts;
        let nobody = format!("/internal/payments/{}", Uuid::nil());
        let catalog = self.look_at(&parts.catalog, "/internal/schedules/ended").await;
        let payment = self.look_at(&parts.payment, &nobody).await;
        catalog && payment
    }

    async fn look_at(&self, peer: &Peer, path: &str) -> bool {
        let asked_at = clock::now();
        let Ok(reply) = peer.get(path).await else { return false };
        if let Some(date) = reply.date {
            report_clock(peer.role(), off_ms(date, asked_at, clock::now()));
        }
        self.0.parts.steps.terms().fence.saw(reply.hold_no);
        reply.hold_no.is_some()
    }

    /// Whether a number above the own counter is of a time that this database has lost, by what the other roles say now. `None`: one
    /// of them says nothing.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn has_lost_numbers(&self) -> Result<Option<bool>, LedgerError> {
        if !self.look_at_others().await {
            return Ok(None);
        }
        self.0.parts.steps.is_behind().await.map(Some)
    }

    /// As [`crate::steps::ReservationSteps::is_behind`], with what the other roles say now: at the start, before anything is sold.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn is_behind(&self) -> Result<bool, LedgerError> {
        self.look_at_others().await;
        self.0.parts.steps.is_behind().await
    }
}

/// How far another clock is ahead of ours at least (behind: below 0), in milliseconds. `date` is cut off to the second, and was
/// written between both moments: what that leaves open counts for it.
fn off_ms(date: Timestamp, asked_at: Timestamp, heard_at: Timestamp) -> i64 {
    let (earliest, latest) = (date.millis(), date.millis() + 999);
    if earliest > heard_at.millis() {
        earliest - heard_at.millis()
    } else if latest < asked_at.millis() {
        latest - asked_at.millis()
    } else {
        0
    }
}

fn report_clock(role: &'static str, off_ms: i64) {
    metrics::gauge!("onsale_reservation_clock_off_ms", "role" => role).set(off_ms as f64);
    match off_ms.abs() {
        CLOCK_ALARM_MS.. => {
            tracing::error!(role, off_ms, "the clock of another role is off: set the time of both machines")
        }
        CLOCK_WARNING_MS.. => tracing::warn!(role, off_ms, "the clock of another role is off"),
        _ => {}
    }
}

fn report(is_behind: bool) {
    metrics::gauge!("onsale_reservation_behind").set(if is_behind { 1.0 } else { 0.0 });
    if is_behind {
        tracing::error!(
            "the database of reservations was put back to an older copy: nothing is sold, swept, secured or cancelled until \
             `onsale reconcile --seats --repair` has taken over what payment knows"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_off_only_where_no_second_explains_it() {
        let at = |ms: i64| Timestamp(1_700_000_000_000 + ms);
        // Written 900 ms into the second, asked then and heard 50 ms later: it is right.
        for (date, asked_at, heard_at, off) in
            [(0, 900, 950, 0), (0, 1_400, 1_500, -401), (3_000, 100, 200, 2_800), (0, -400, -300, 300), (0, -50, 70, 0)]
        {
            assert_eq!(off_ms(at(date), at(asked_at), at(heard_at)), off, "{date} {asked_at}");
        }
    }
}
