//! Who asks alone, without a transaction that stays open (hole 14).

use super::{Refusal, earlier, later};
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

    /// The same for a try that looks the payment up. What is due before the end of its time is its own work, and due again
    /// then, so that a try that lapses leaves it to the next. What is due before that all the same was asked for while the try
    /// was under way, and is not answered by its look-up ([`Payment::due`]).
    ///
    /// # Errors
    /// [`Refusal::Busy`].
    pub fn ask_to_look(&self, by: AskId, now: Timestamp) -> Result<Self, Refusal> {
        let asked = self.ask(by, now)?;
        if self.is_asked_by(by) && self.was_asked_for_meanwhile() {
            return Ok(asked);
        }
        Ok(Self { due_at: self.due_at.map(|due_at| due_at.max(later(now, ASK_MS))), ..asked })
    }

    /// The same for a payment that must still be PENDING.
    ///
    /// # Errors
    /// [`Refusal::Decided`], [`Refusal::Busy`].
    pub fn ask_pending(&self, by: AskId, now: Timestamp) -> Result<Self, Refusal> {
        if self.is_pending() { self.ask_to_look(by, now) } else { Err(Refusal::Decided(self.status)) }
    }

    /// Whether a notice, or the end of its reservation, came while a try was under way: after its look-up was asked for.
    fn was_asked_for_meanwhile(&self) -> bool {
        self.asking.zip(self.due_at).is_some_and(|(asking, due_at)| due_at < asking.until)
    }

    /// When a worker looks next; none: never again. But what was asked for while the try was under way stays due: its look-up
    /// may have been answered before that.
    #[must_use]
    pub fn due(&self, at: Option<Timestamp>) -> Self {
        let asked_for = self.due_at.filter(|_| self.was_asked_for_meanwhile());
        let due_at = asked_for.map_or(at, |asked_for| earlier(at, asked_for));
        Self { due_at, ..self.clone() }
    }

    /// The try is over without a decision. `due_at`: when a worker looks next; none: as before the try, at once where it was
    /// due.
    ///
    /// # Errors
    /// [`Refusal::NotAsking`].
    pub fn let_go(&self, by: AskId, due_at: Option<Timestamp>) -> Result<Self, Refusal> {
        let Some(asking) = self.asking.filter(|asking| asking.by == by) else { return Err(Refusal::NotAsking) };
        let began = Timestamp(asking.until.millis().saturating_sub(ASK_MS));
        let before = if self.due_at == Some(asking.until) { Some(began) } else { self.due_at };
        Ok(Self { asking: None, ..self.due(due_at.or(before)) })
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

    /// A look-up, or reservation, was not answered: the try is over, and `due_at` says when it is tried again.
    ///
    /// # Errors
    /// [`Refusal::NotAsking`].
    pub fn unanswered(&self, by: AskId, due_at: Timestamp) -> Result<Self, Refusal> {
        Ok(Self { tries: self.tries.saturating_add(1), ..self.let_go(by, Some(due_at))? })
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
