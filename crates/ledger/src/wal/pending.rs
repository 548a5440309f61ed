//! Rows that the log has told of, and that are not settled yet.

use super::lsn::Lsn;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// After a slow look the log is left alone for so many times as long: reading it costs at most a fifth of a core.
const REST_FACTOR: u32 = 4;
/// The place in the slot is moved on, where no message asks for it, after so long...
const MOVED_EVERY: Duration = Duration::from_secs(10);
/// ... or so much of the log.
const MOVED_BYTES: u64 = 16 * 1024 * 1024;

/// When the table is read instead of the log.
#[derive(Clone, Copy, Debug)]
pub struct WalOptions {
    /// It is read so often beside the log: for rows that an operator has reset, say.
    pub net_every: Duration,
    /// A look at the log that takes longer is slow; the table is read for four times as long after it.
    pub slow: Duration,
}

impl Default for WalOptions {
    fn default() -> Self {
        Self { net_every: Duration::from_secs(10), slow: Duration::from_millis(10) }
    }
}

/// A row that the log has told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// Its number.
    pub sequence: i64,
    /// The lower half of its transaction's id.
    pub transaction: u32,
}

/// How a row stands in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It waits to be published.
    Waits,
    /// It was published, has become a dead letter, or is another service's.
    Settled,
}

/// The rows in the order of commits, and when to look where.
#[derive(Debug)]
pub(crate) struct Pending {
    options: WalOptions,
    rows: VecDeque<Told>,
    /// All rows up to here are in `rows` or settled.
    pub covered: Lsn,
    /// Rows were settled behind the slot's place.
    has_settled: bool,
    /// The first row cannot be read yet.
    is_held_up: bool,
    moved_at: Instant,
    /// The table has to be read until nothing waits there.
    by_table: bool,
    table_read_at: Instant,
    log_rests_until: Option<Instant>,
}

impl Pending {
    /// Nothing is known yet: the table comes first.
    pub fn new(options: WalOptions) -> Self {
        let now = Instant::now();
        Self {
            options,
            rows: VecDeque::new(),
            covered: Lsn::default(),
            has_settled: false,
            is_held_up: false,
            moved_at: now,
            by_table: true,
            table_read_at: now,
            log_rests_until: None,
        }
    }

    /// The slot is new: what was written before it is in the table alone.
    pub fn begin_again(&mut self) {
        *self = Self::new(self.options);
    }

    /// Whether the table has to be read now.
    pub fn is_table_due(&self) -> bool {
        self.by_table || self.table_read_at.elapsed() >= self.options.net_every
    }

    /// The table was read; `is_empty`: nothing waits there.
    pub fn table_was_read(&mut self, is_empty: bool) {
        self.table_read_at = Instant::now();
        self.by_table = !is_empty;
    }

    /// Whether the log may be read now.
    pub fn may_look(&self) -> bool {
        self.log_rests_until.is_none_or(|until| until <= Instant::now())
    }

    /// A look took this long.
    pub fn looked(&mut self, took: Duration) {
        let is_slow = took > self.options.slow;
        self.log_rests_until = is_slow.then(|| Instant::now() + took * REST_FACTOR);
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds what a look has found up to a place. Rows of transactions that end before the last place are known.
    pub fn add(&mut self, found: impl IntoIterator<Item = (Told, Lsn)>, up_to: Lsn) {
        let covered = self.covered;
        self.rows.extend(found.into_iter().filter(|(_, end)| *end > covered).map(|(told, _)| told));
        self.covered = self.covered.max(up_to);
    }

    /// The first rows.
    pub fn first(&self, count: usize) -> Vec<Told> {
        self.rows.iter().take(count).copied().collect()
    }

    /// Takes away the rows at the front that are settled or deleted, and returns the numbers of those that wait, of the first
    /// `count`, up to one that cannot be read yet.
    ///
    /// `standing`: the rows that can be read. `oldest_running`: transactions before it had all ended when they were read;
    /// `None` if that is not known.
    pub fn sort_out(
        &mut self,
        count: usize,
        standing: &HashMap<i64, Standing>,
        oldest_running: Option<u32>,
    ) -> Vec<i64> {
        let is_gone = |told: &Told| oldest_running.is_some_and(|oldest| is_before(told.transaction, oldest));
        let is_done = |told: &Told| match standing.get(&told.sequence) {
            Some(Standing::Settled) => true,
            Some(Standing::Waits) => false,
            None => is_gone(told),
        };
        let count = count.min(self.rows.len());
        let done = self.rows.iter().take(count).take_while(|told| is_done(told)).count();
        self.rows.drain(..done);
        self.has_settled |= done > 0;
        // Of what was looked at the first is neither done nor readable.
        self.is_held_up = done < count
            && self.rows.front().is_some_and(|told| !standing.contains_key(&told.sequence) && !is_gone(told));
        let rest = self.rows.iter().take(count - done);
        let readable = rest.take_while(|told| standing.contains_key(&told.sequence) || is_gone(told));
        readable
            .filter(|told| standing.get(&told.sequence) == Some(&Standing::Waits))
            .map(|told| told.sequence)
            .collect()
    }

    /// Whether the first row could not be read when the rows were sorted out last.
    pub fn is_held_up(&self) -> bool {
        self.is_held_up
    }

    /// Where the slot's place should be moved to, now that no row waits; `None`: it is not worth it.
    pub fn moves_to(&self, place: Lsn) -> Option<Lsn> {
        let is_due =
            self.has_settled || self.moved_at.elapsed() >= MOVED_EVERY || self.covered.since(place) >= MOVED_BYTES;
        (self.rows.is_empty() && self.covered > place && is_due).then_some(self.covered)
    }

    /// The place was moved.
    pub fn moved(&mut self) {
        self.has_settled = false;
        self.moved_at = Instant::now();
    }
}

/// Whether a transaction is older. Their ids go round.
fn is_before(one: u32, other: u32) -> bool {
    other.wrapping_sub(one).cast_signed() > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(sequence: i64) -> Told {
        Told { sequence, transaction: 100 + sequence as u32 }
    }

    fn with_rows(sequences: &[i64]) -> Pending {
        let mut pending = Pending::new(WalOptions::default());
        pending.add(sequences.iter().map(|sequence| (told(*sequence), Lsn(10))), Lsn(10));
        pending
    }

    fn standing(waits: &[i64], settled: &[i64]) -> HashMap<i64, Standing> {
        let waits = waits.iter().map(|one| (*one, Standing::Waits));
        waits.chain(settled.iter().map(|one| (*one, Standing::Settled))).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn rows_are_told_in_the_order_of_the_log_until_they_are_settled() {
        let mut pending = with_rows(&[5, 3, 9]);
        assert_eq!(pending.sort_out(2, &standing(&[5, 3], &[]), None), [5, 3]);
        assert_eq!(pending.sort_out(3, &standing(&[9, 5], &[3]), None), [5, 9], "3 stands behind 5 and stays");
        assert_eq!(pending.sort_out(3, &standing(&[9], &[3, 5]), None), [9]);
        assert_eq!(pending.first(9), [told(9)]);
        assert_eq!(pending.moves_to(Lsn(0)), None, "9 is not settled");
        assert!(pending.sort_out(3, &standing(&[], &[9]), None).is_empty());
        assert_eq!(pending.moves_to(Lsn(0)), Some(Lsn(10)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_row_that_cannot_be_read_yet_holds_up_those_behind_it() {
        let mut pending = with_rows(&[1, 2, 3]);
        let readable = standing(&[1, 3], &[]);
        assert_eq!(pending.sort_out(3, &readable, None), [1]);
        assert_eq!(pending.sort_out(3, &readable, Some(102)), [1], "its transaction may still run");
        assert_eq!(pending.sort_out(3, &readable, Some(103)), [1, 3], "its transaction has ended: it was deleted");
        assert!(!pending.is_held_up());
        assert!(pending.sort_out(3, &standing(&[3], &[1]), None).is_empty());
        assert!(pending.is_held_up());
        assert_eq!(pending.sort_out(3, &standing(&[3], &[]), Some(103)), [3]);
        assert_eq!((pending.first(9), pending.is_held_up()), (vec![told(3)], false));
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_look_finds_again_is_known() {
        let mut pending = with_rows(&[1]);
        pending.add([(told(1), Lsn(10)), (told(2), Lsn(20))], Lsn(20));
        assert_eq!(pending.first(9), [told(1), told(2)]);
        assert_eq!(pending.covered, Lsn(20));
    }

    #[tokio::test(start_paused = true)]
    async fn the_table_comes_first_and_again_from_time_to_time() {
        let mut pending = Pending::new(WalOptions::default());
        assert!(pending.is_table_due());
        pending.table_was_read(false);
        assert!(pending.is_table_due(), "more may wait there");
        pending.table_was_read(true);
        assert!(!pending.is_table_due());
        tokio::time::advance(WalOptions::default().net_every).await;
        assert!(pending.is_table_due());
        pending.table_was_read(true);
        pending.begin_again();
        assert!(pending.is_table_due());
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_slow_look_the_log_rests() {
        let mut pending = Pending::new(WalOptions::default());
        let slow = WalOptions::default().slow;
        pending.looked(slow);
        assert!(pending.may_look());
        pending.looked(slow * 2);
        assert!(!pending.may_look());
        tokio::time::advance(slow * 2 * REST_FACTOR).await;
        assert!(pending.may_look());
    }

    #[tokio::test(start_paused = true)]
    async fn the_place_moves_on_without_messages_but_seldom() {
        let mut pending = Pending::new(WalOptions::default());
        pending.add([], Lsn(1_000));
        assert_eq!(pending.moves_to(Lsn(0)), None);
        tokio::time::advance(MOVED_EVERY).await;
        assert_eq!(pending.moves_to(Lsn(0)), Some(Lsn(1_000)));
        pending.moved();
        assert_eq!(pending.moves_to(Lsn(0)), None);
        pending.add([], Lsn(MOVED_BYTES));
        assert_eq!(pending.moves_to(Lsn(0)), Some(Lsn(MOVED_BYTES)));
    }

    #[test]
    fn ids_of_transactions_go_round() {
        assert!(is_before(1, 2) && !is_before(2, 2) && !is_before(3, 2));
        assert!(is_before(u32::MAX, 3) && !is_before(3, u32::MAX));
    }
}
