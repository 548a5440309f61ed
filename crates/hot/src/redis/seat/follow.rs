//! A whole schedule: what stands in it, and made to follow the rows.

use super::Inner;
use super::book::counted;
use crate::line::Clock;
use crate::port::HotError;
use crate::redis::client::Wait;
use domain::seat::{HoldEnd, PutRight, SeatCounts, SeatHold, SeatsNow, Window};
use domain::{ScheduleId, SeatId, Timestamp};

/// Others may change the book between reading and writing: so often it is read again.
const TRIES: usize = 3;
/// A kept hold is named again by the rows after so long; its life is ten minutes.
const NAMED_EVERY_MS: i64 = 60_000;

impl Inner {
    pub(super) async fn holds(&self, schedule: ScheduleId, window: Window, clock: Clock) -> Result<SeatsNow, HotError> {
        let known = self.known(schedule);
        for is_last in (1..=TRIES).map(|round| round == TRIES) {
            let mut read = self.read(&known, clock).await?;
            let now = read.book.holds(window, read.now);
            let changes = read.changes();
            if let (true, Some(sequence)) = (changes.is_empty(), read.sequence) {
                return Ok(SeatsNow { sequence, ..now });
            }
            // That a seat came back is worked out again, should it be lost.
            let at = (Clock::At(read.now), Wait::Nobody);
            let applied = self.apply(&known, &changes, at).await?;
            let expected = read.sequence.map(|before| before + counted(&changes));
            if applied.is_whole && expected.is_none_or(|expected| expected == applied.sequence) {
                return Ok(SeatsNow { sequence: applied.sequence, ..now });
            }
            if is_last {
                // Older than it is rather than newer: whoever reads on from there misses nothing.
                return Ok(SeatsNow { sequence: read.sequence.unwrap_or_default(), ..now });
            }
        }
        Err(HotError::unavailable("the seats change too quickly"))
    }

    pub(super) async fn counts(&self, schedule: ScheduleId, clock: Clock) -> Result<SeatCounts, HotError> {
        let read = self.read(&self.known(schedule), clock).await?;
        Ok(read.book.counts(read.now))
    }

    pub(super) async fn put_right(
        &self,
        schedule: ScheduleId,
        rows: &[(SeatId, SeatHold)],
        older_than: Timestamp,
        window: Window,
        clock: Clock,
    ) -> Result<PutRight, HotError> {
        let known = self.known(schedule);
        let mut read = self.read(&known, clock).await?;
        if read.is_empty() && rows.is_empty() {
            self.unlist(schedule).await;
            return Ok(PutRight::default());
        }
        self.list_now(&known).await;
        let right = read.book.put_right(rows, older_than, window, read.now);
        let mut wishes = read.changes();
        let kept = rows.iter().filter(|(_, row)| row.end == HoldEnd::Kept);
        wishes.extend(kept.filter_map(|(seat, _)| read.named_again(*seat, NAMED_EVERY_MS)));
        self.apply(&known, &wishes, (Clock::At(read.now), self.wait())).await?;
        Ok(right)
    }
}
