//! The claim of a person: one line at a time (QUEUE-011; `queue:active:<user>`).
//!
//! A claim names the schedule in whose line the person waits. It lives as long as a place does whose holder is not heard of,
//! ten minutes at most, and is renewed whenever the holder is heard of: so a place that is passed over holds none, and another
//! line may be entered (amendment 18). A claim without a place is void; who enters another line finds that out.

use super::settings::TicketSettings;
use clock::now;
use domain::{AccountId, ScheduleId};
use hot::{HotError, KeyPort};
use std::sync::Arc;

/// Longest life of a claim that is not renewed, in milliseconds.
const LIFE_MS_MAX: u64 = 600_000;
/// How long one call may take to move a claim from one line to another, in milliseconds.
const MOVE_MS: u64 = 10_000;

/// Whose the claim of a person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// It was free, and is this line's from now on.
    Taken,
    /// This line's already.
    Own,
    /// Another line's.
    Of(ScheduleId),
}

/// The claims of all people. Cheap to clone.
#[derive(Clone)]
pub(super) struct Claims {
    keys: Arc<dyn KeyPort>,
    life_ms: u64,
}

fn name(person: AccountId) -> String {
    format!("queue:active:{person}")
}

fn moving(person: AccountId) -> String {
    format!("queue:entering:{person}")
}

fn entry(person: AccountId, schedule: ScheduleId) -> Vec<(String, Vec<u8>)> {
    vec![(name(person), schedule.to_string().into_bytes())]
}

impl Claims {
    pub(super) fn new(keys: Arc<dyn KeyPort>, settings: &TicketSettings) -> Self {
        let life_ms = match settings.abandon_after_ms {
            0 => LIFE_MS_MAX,
            passed_over_ms => u64::from(passed_over_ms).min(LIFE_MS_MAX),
        };
        Self { keys, life_ms }
    }

    /// Takes the claim for this line, if it is free.
    pub(super) async fn take(&self, person: AccountId, schedule: ScheduleId) -> Result<Claim, HotError> {
        // It may run out between the two questions.
        for _ in 0..2 {
            if self.keys.claim(entry(person, schedule), self.life_ms, now()).await? == [true] {
                return Ok(Claim::Taken);
            }
            match self.held(person).await? {
                Some(holder) if holder == schedule => return Ok(Claim::Own),
                Some(holder) => return Ok(Claim::Of(holder)),
                None => {}
            }
        }
        Err(HotError::unavailable("a claim comes and goes"))
    }

    /// The line that has the claim; `None` where none has.
    pub(super) async fn held(&self, person: AccountId) -> Result<Option<ScheduleId>, HotError> {
        let values = self.keys.get(&[name(person)], now()).await?;
        let value = values.into_iter().next().flatten();
        Ok(value.and_then(|value| std::str::from_utf8(&value).ok()?.parse().ok()))
    }

    /// Gives the claim to this line, whoever has it, for a life from now on.
    pub(super) async fn put(&self, person: AccountId, schedule: ScheduleId) -> Result<(), HotError> {
        self.keys.put(entry(person, schedule), self.life_ms, now()).await
    }

    /// As [`Claims::put`], behind the call: the holder of a place in this line was heard of.
    pub(super) fn renew(&self, person: AccountId, schedule: ScheduleId) {
        let claims = self.clone();
        tokio::spawn(async move {
            if let Err(error) = claims.put(person, schedule).await {
                tracing::debug!(%error, "a claim was not renewed");
            }
        });
    }

    /// Gives the claim back, if this line has it. A claim that stays runs out by itself.
    ///
    /// In one step: another call of the person may move the claim to another line meanwhile.
    pub(super) async fn give_back(&self, person: AccountId, schedule: ScheduleId) {
        let own = schedule.to_string();
        if let Err(error) = self.keys.remove_if(&name(person), own.as_bytes(), now()).await {
            tracing::debug!(%error, "a claim was not given back");
        }
    }

    /// Begins to move the claim to another line. Returns whether no other call of the person does.
    pub(super) async fn begin_move(&self, person: AccountId) -> Result<bool, HotError> {
        Ok(self.keys.claim(vec![(moving(person), Vec::new())], MOVE_MS, now()).await? == [true])
    }

    /// Ends it.
    pub(super) async fn end_move(&self, person: AccountId) {
        if let Err(error) = self.keys.remove(&[moving(person)]).await {
            tracing::debug!(%error, "the move of a claim ends by itself");
        }
    }
}
