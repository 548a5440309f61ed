//! Who asks alone, without a transaction that stays open (hole 14).

use super::{Refusal, later};
use crate::payment::lookup::{Found, Lookup};
use crate::payment::model::{ASK_MS, AskId, Asking, Payment, Told, ToldCode};
use crate::payment::refund::captured;
use crate::time::Timestamp;

impl Payment {
    /// Takes the payment for one try to ask. Every status may be asked about; who wants a PENDING one looks at the status.
    /// The same try may take it again, which renews its time.
    ///
    /// # Errors
    /// [`Refusal::Busy`].
    pub fn ask(&self, by: AskId, now: Timestamp) -> Result<Self, Refusal> {
        match self.asking {
            Some(asking) if self.is_busy(by, now) => Err(Refusal::Busy { until: asking.until }),
            _ => Ok(Self { asking: Some(Asking { by, until: later(now, ASK_MS) }), ..self.clone() }),
        }
    }

    /// The same for a payment that must still be PENDING.
    ///
    /// # Errors
    /// [`Refusal::Decided`], [`Refusal::Busy`].
    pub fn ask_pending(&self, by: AskId, now: Timestamp) -> Result<Self, Refusal> {
        if self.is_pending() { self.ask(by, now) } else { Err(Refusal::Decided(self.status)) }
    }

    /// The try is over without a decision. `due_at`: when a worker looks next, if not as before.
    ///
    /// # Errors
    /// [`Refusal::NotAsking`].
    pub fn let_go(&self, by: AskId, due_at: Option<Timestamp>) -> Result<Self, Refusal> {
        if !self.is_asked_by(by) {
            return Err(Refusal::NotAsking);
        }
        Ok(Self { asking: None, due_at: due_at.or(self.due_at), ..self.clone() })
    }

    /// A look-up was answered: its facts are kept, whatever follows from them.
    #[must_use]
    pub fn looked(&self, lookup: &Lookup, now: Timestamp) -> Self {
        let mut looked = Self { looked_at: Some(now), tries: 0, ..self.clone() };
        if let Lookup::Found(found) = lookup {
            looked.keep_facts(found, now);
        }
        looked
    }

    /// A look-up, or reservation, was not answered: `due_at` says when it is tried again.
    #[must_use]
    pub fn unanswered(&self, due_at: Timestamp) -> Self {
        Self { due_at: Some(due_at), tries: self.tries.saturating_add(1), ..self.clone() }
    }

    /// What a look-up says of money. Nothing that was seen taken is ever seen less of (hole 2).
    pub(crate) fn keep_facts(&mut self, found: &Found, now: Timestamp) {
        let captured = captured(found.money);
        self.captured_amount = self.captured_amount.max(captured);
        self.refunded_amount = self.refunded_amount.max(found.money.cancelled);
        self.response = Some(found.summary());
        if captured > 0 {
            self.first_paid_at = self.first_paid_at.or(Some(now));
            self.transaction = found.transaction.clone().or_else(|| self.transaction.take());
            self.card = found.card.clone().or_else(|| self.card.take());
        }
    }

    /// Its buyer is about to hear that it is not taken (hole 12). Only a try that has the payment for itself says so, so that
    /// no other is about to make it SUCCESS. The first word counts. It is due at once: it can only be FAILED now.
    ///
    /// # Errors
    /// [`Refusal::Decided`], [`Refusal::NotAsking`].
    pub fn tell(&self, by: AskId, code: ToldCode, now: Timestamp) -> Result<Self, Refusal> {
        self.demand_asking(by)?;
        let told = self.told.or(Some(Told { at: now, code }));
        Ok(Self { told, asking: None, due_at: Some(now), ..self.clone() })
    }

    /// Refuses a try that may not decide.
    pub(super) fn demand_asking(&self, by: AskId) -> Result<(), Refusal> {
        if !self.is_pending() {
            return Err(Refusal::Decided(self.status));
        }
        if self.is_asked_by(by) { Ok(()) } else { Err(Refusal::NotAsking) }
    }
}
