//! What may happen in a history. Probabilities are in thousandths.

use crate::bug::Bug;
use std::ops::Range;

/// What a history is made of.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many people come.
    pub people: Range<i64>,
    /// How many seats a schedule has: few, so that they meet.
    pub seats: Range<i64>,
    /// For how long they come, in milliseconds.
    pub rush_ms: i64,
    /// What goes wrong.
    pub faults: Faults,
    /// A mistake in the glue.
    pub bug: Option<Bug>,
}

/// How often what goes wrong.
#[derive(Clone, Debug)]
pub struct Faults {
    /// Histories in which nothing goes wrong but people.
    pub calm: u32,
    /// A call that never arrives, whose answer never comes, that arrives twice, or after 5 to 40 s.
    pub call: u32,
    /// A transaction whose commit is not known to its caller.
    pub commit: u32,
    /// A call of the provider without an answer; half of them are carried out.
    pub provider: u32,
    /// A message that is late by up to a minute, or comes twice.
    pub message: u32,
    /// A message that a relay or a group cannot handle, and that becomes a dead letter.
    pub dead_letter: u32,
    /// Kills of an instance in a history, at most.
    pub kills: i64,
    /// Stalls of an instance in a history, at most.
    pub stalls: i64,
    /// Times at which a database, hot state, the broker or the provider is away, at most.
    pub absences: i64,
    /// Histories in which hot state is lost once.
    pub hot_lost: u32,
    /// Histories in which a database is put back to a copy 60 s old.
    pub restored: u32,
    /// Histories in which an event is cancelled.
    pub event_cancelled: u32,
    /// Payments that an operator gives back, whole or in part, in the provider's console.
    pub by_hand: u32,
    /// How far a clock may be off, in milliseconds.
    pub skew_ms: i64,
}

impl Default for Plan {
    fn default() -> Self {
        Self { people: 2..7, seats: 2..7, rush_ms: 900_000, faults: Faults::default(), bug: None }
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            calm: 100,
            call: 40,
            commit: 10,
            provider: 60,
            message: 100,
            dead_letter: 10,
            kills: 4,
            stalls: 2,
            absences: 2,
            hot_lost: 200,
            restored: 150,
            event_cancelled: 150,
            by_hand: 30,
            skew_ms: 5_000,
        }
    }
}

/// More than this share of calls never fails: nothing would ever settle.
const MOST: u32 = 400;
/// Of what goes wrong in single calls there is nothing, the usual, or very much of it, each by itself.
const TIMES: [u32; 6] = [0, 1, 1, 1, 3, 10];

impl Faults {
    /// The faults of one history. `one_of` draws a number below another.
    pub(crate) fn varied(&self, one_of: impl Fn(usize) -> usize) -> Self {
        let varied = |thousandths: u32| (thousandths * TIMES[one_of(TIMES.len())]).min(MOST);
        Self {
            call: varied(self.call),
            commit: varied(self.commit),
            provider: varied(self.provider),
            message: varied(self.message),
            dead_letter: varied(self.dead_letter),
            by_hand: varied(self.by_hand),
            // In some histories all clocks are right, so that very moments are met.
            skew_ms: if one_of(3) == 0 { 0 } else { self.skew_ms },
            ..self.clone()
        }
    }

    /// Nothing goes wrong.
    pub fn none() -> Self {
        Self {
            calm: 1_000,
            call: 0,
            commit: 0,
            provider: 0,
            message: 0,
            dead_letter: 0,
            kills: 0,
            stalls: 0,
            absences: 0,
            hot_lost: 0,
            restored: 0,
            event_cancelled: 0,
            by_hand: 0,
            skew_ms: 0,
        }
    }
}

impl Plan {
    /// The plan with a mistake in the glue.
    #[must_use]
    pub fn with(self, bug: Bug) -> Self {
        Self { bug: Some(bug), ..self }
    }
}
