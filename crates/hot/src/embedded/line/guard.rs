//! Exclusive use of a line by one call: decides in memory and notes what is to be journalled. No other call has the
//! line meanwhile, so that records come to the writer in the order of the decisions.

use super::super::writer::{Message, Permit};
use super::Writer;
use super::change::{Change, Counters, Record};
use super::journal::LinesJournal;
use super::slot::{Slot, State};

use crate::line::{Admission, RuleChange};
use crate::port::HotError;
use domain::line::{
    DrawPlan, DrawStep, Entries, EntryHash, Line, LineCounts, LineOutcome, LineRule, LineStatus, Pass, QueueNumber,
    State as PlaceState, ValueOutcome,
};
use domain::{Network, PassId, Timestamp, UserId};
use std::sync::{Arc, MutexGuard};
use tokio::sync::oneshot;

/// Exclusive use of a line; [`LineGuard::end`] hands over what was changed.
pub(super) struct LineGuard<'a> {
    slot: &'a Arc<Slot>,
    state: MutexGuard<'a, State>,
    writer: &'a Writer,
    permit: Option<Permit<'a, LinesJournal>>,
    changes: Vec<Change>,
    /// The record that must be kept before the call may answer.
    wait_for: u64,
}

/// The record that a call waits for before it answers.
pub(super) struct Pending {
    heard: oneshot::Receiver<Result<(), HotError>>,
    slot: Arc<Slot>,
    record: u64,
}

impl Pending {
    /// Returns when it is kept.
    ///
    /// # Errors
    /// [`HotError`] when it is not.
    pub async fn kept(self) -> Result<(), HotError> {
        let heard = self.heard.await.unwrap_or_else(|_| Err(HotError::unknown("the writer stopped")));
        // The round that failed may be a later one than the one waited for.
        if self.slot.is_kept(self.record) { Ok(()) } else { heard }
    }
}

fn number_of(standing: LineStatus) -> Option<QueueNumber> {
    match standing {
        LineStatus::Waiting { number, .. }
        | LineStatus::Processing { number }
        | LineStatus::Inside { number, .. }
        | LineStatus::Finished { number, .. } => Some(number),
        LineStatus::Drawing { entry, .. } => Some(entry),
        LineStatus::Absent | LineStatus::Full | LineStatus::Closed | LineStatus::TooMany | LineStatus::NoLine => None,
    }
}

impl<'a> LineGuard<'a> {
    pub fn begin(slot: &'a Arc<Slot>, writer: &'a Writer) -> Self {
        let state = slot.state();
        Self { slot, state, writer, permit: None, changes: Vec::new(), wait_for: 0 }
    }

    /// Whether the journal will take what is going to be changed. Asked before anything is.
    fn may_change(&mut self) -> Result<(), HotError> {
        if self.permit.is_none() {
            self.writer.may_change()?;
            self.permit = Some(self.writer.permit()?);
        }
        Ok(())
    }

    /// The record that this call makes, if it makes one.
    fn record(&self) -> u64 {
        self.state.recorded + 1
    }

    /// The record up to which the journal must be on the disk before this person is told.
    fn tells(&mut self, user: &UserId) -> u64 {
        let record = self.state.unsettled(user);
        self.wait_for = self.wait_for.max(record);
        record
    }

    /// Makes the line known to the journal.
    pub fn make(&mut self) -> Result<(), HotError> {
        self.may_change()?;
        self.changes.push(Change::ForgotPasses);
        self.note_rule();
        self.note_call();
        Ok(())
    }

    /// Whether the line was ended.
    pub fn has_ended(&self) -> bool {
        self.state.has_ended
    }

    /// Ends the line. Returns what it was, with everybody in it.
    pub fn end_line(&mut self, now: Timestamp) -> Result<Line, HotError> {
        self.may_change()?;
        self.changes.push(Change::Ended { at: now });
        self.note_call();
        self.wait_for = self.record();
        self.state.has_ended = true;
        self.state.passes.clear();
        let rule = LineRule::new(0);
        Ok(std::mem::replace(&mut self.state.line, Line::new(rule)))
    }

    /// The passes of a line that was ended have run out.
    pub fn forget_passes(&mut self) -> Result<(), HotError> {
        self.may_change()?;
        self.changes.push(Change::ForgotPasses);
        Ok(())
    }

    /// See [`domain::line::Line::change`].
    pub fn change_rule(&mut self, rule: LineRule) -> Result<RuleChange, HotError> {
        if rule.revision != self.state.line.rule().revision {
            return Ok(RuleChange::Conflict(self.rule()));
        }
        self.may_change()?;
        self.state.line.change(rule);
        self.note_rule();
        self.note_call();
        Ok(RuleChange::Made(self.rule()))
    }

    /// The entry of the call that makes this change, for the audit log.
    fn note_call(&mut self) {
        self.changes.extend(call::note().map(|entry| Change::Audited(Box::new(entry))));
    }

    fn note_rule(&mut self) {
        self.changes.push(Change::Rule(Box::new(self.state.line.rule().clone())));
        self.state.rule_recorded = self.record();
        self.wait_for = self.record();
    }

    /// The rule in force.
    pub fn rule(&mut self) -> LineRule {
        self.wait_for = self.wait_for.max(self.state.rule_recorded);
        self.state.line.rule().clone()
    }

    /// See [`domain::line::Line::enter_from`]. With the record that tells it.
    pub fn enter(
        &mut self,
        user: &UserId,
        network: Option<Network>,
        now: Timestamp,
    ) -> Result<(LineStatus, u64), HotError> {
        let before = self.state.place(user);
        if !stands(before, now) {
            self.may_change()?;
            self.forget(user, before);
        }
        if self.state.line.is_late(user, now) {
            self.may_change()?;
        }
        let entrants = self.state.line.entrants();
        let standing = self.state.line.enter_from(user, network, now);
        // The first person who comes after the closing settles the participants of a draw.
        if let (None, Some(count)) = (entrants, self.state.line.entrants()) {
            self.changes.push(Change::Closed { count });
        }
        self.note_late(user, before, standing);
        if let LineStatus::Waiting { number: entry, is_new: true, .. } | LineStatus::Drawing { entry, is_new: true } =
            standing
        {
            let network = self.state.line.network_of(user);
            self.note(user, Change::Entered { entry, user: user.clone(), network });
        }
        Ok((standing, self.tells(user)))
    }

    /// A person who came back too late has given the old number up.
    fn note_late(&mut self, user: &UserId, before: LineStatus, after: LineStatus) {
        if matches!(after, LineStatus::Waiting { is_late: true, .. }) {
            self.forget(user, before);
        }
    }

    /// As [`LineGuard::check_in`], unless it may give a new place: what is told of that once must not get lost.
    pub fn check_in_now(&mut self, user: &UserId, now: Timestamp) -> Result<Option<LineStatus>, HotError> {
        if self.state.line.is_late(user, now) {
            return Ok(None);
        }
        self.check_in(user, now).map(|(standing, _)| Some(standing))
    }

    /// See [`domain::line::Line::check_in`]. With the record that tells it.
    pub fn check_in(&mut self, user: &UserId, now: Timestamp) -> Result<(LineStatus, u64), HotError> {
        if self.state.line.is_late(user, now) {
            return self.enter(user, None, now);
        }
        let before = self.state.place(user);
        if let LineStatus::Inside { number, pass } = before
            && !pass.lives_at(now)
        {
            // That it has run out the clock tells; the journal has time to forget it.
            if self.may_change().is_err() {
                return Ok((LineStatus::Absent, self.tells(user)));
            }
            self.state.passes.remove(&(pass.until.millis(), number));
            let entry = self.state.line.entry_of(number);
            self.changes.push(Change::Gone { entry });
        }
        Ok((self.state.line.check_in(user, now), self.tells(user)))
    }

    /// See [`domain::line::Line::leave`].
    pub fn leave(&mut self, user: &UserId, now: Timestamp) -> Result<bool, HotError> {
        let before = self.state.place(user);
        let has = matches!(before, LineStatus::Drawing { .. } | LineStatus::Waiting { .. } | LineStatus::Inside { .. });
        if has {
            self.may_change()?;
            self.forget(user, before);
        }
        self.tells(user);
        Ok(has && self.state.line.leave(user, now))
    }

    /// See [`domain::line::Line::finish`].
    pub fn finish(&mut self, user: &UserId, outcome: LineOutcome) -> Result<bool, HotError> {
        let before = self.state.place(user);
        let is_open = !matches!(before, LineStatus::Drawing { .. } | LineStatus::Finished { .. });
        if let Some(number) = number_of(before).filter(|_| is_open) {
            self.may_change()?;
            self.forget_pass(before);
            self.note_state(user, number, PlaceState::Finished(outcome));
        }
        self.tells(user);
        Ok(self.state.line.finish(user, outcome))
    }

    /// See [`domain::line::Line::admit`].
    pub fn admit(&mut self, passes: &[PassId], now: Timestamp) -> Result<Admission, HotError> {
        self.may_change()?;
        self.shorten_passes(now);
        let state = &mut *self.state;
        for number in state.line.forget(now) {
            self.changes.push(Change::Gone { entry: state.line.entry_of(number) });
        }
        let admitted = state.line.admit(passes, now);
        while let Some((_, number)) = state.passes.first().copied().filter(|(until_ms, _)| *until_ms <= now.millis()) {
            state.passes.pop_first();
            self.changes.push(Change::Gone { entry: state.line.entry_of(number) });
        }
        let next_in_ms = state.line.next_in_ms();
        for one in &admitted {
            let number = one.number;
            if let Some(pass) = one.pass {
                self.state.passes.insert((pass.until.millis(), number));
            }
            let state = one.pass.map_or(PlaceState::Processing { since: now }, PlaceState::Inside);
            self.note_state(&one.user, number, state);
            self.wait_for = self.record();
        }
        Ok(Admission { admitted, next_in_ms })
    }

    /// See [`domain::line::Line::admit_newcomer`].
    pub fn admit_newcomer(&mut self, user: &UserId, pass: PassId, now: Timestamp) -> Result<Option<Pass>, HotError> {
        if !self.state.line.has_free_way(user, now) {
            return Ok(None);
        }
        self.enter(user, None, now)?;
        Ok(self.admit(&[pass], now)?.admitted.pop().and_then(|admitted| admitted.pass))
    }

    /// See [`domain::line::Line::renew`].
    pub fn renew(&mut self, user: &UserId, now: Timestamp) -> Result<Option<Pass>, HotError> {
        let LineStatus::Inside { number, pass: before } = self.state.place(user) else { return Ok(None) };
        self.may_change()?;
        let renewed = self.state.line.renew(user, now);
        if let Some(pass) = renewed {
            self.state.passes.remove(&(before.until.millis(), number));
            self.state.passes.insert((pass.until.millis(), number));
            self.note_state(user, number, PlaceState::Inside(pass));
        }
        self.tells(user);
        Ok(renewed)
    }

    /// See [`domain::line::Line::shorten_passes`].
    fn shorten_passes(&mut self, now: Timestamp) {
        let shortened = self.state.line.shorten_passes(now);
        if !shortened.is_empty() {
            self.state.passes = self.state.line.passes().collect();
        }
        for (user, number, pass) in shortened {
            self.note_state(&user, number, PlaceState::Inside(pass));
        }
    }

    /// See [`domain::line::Line::put_back`].
    pub fn put_back(&mut self, now: Timestamp) -> Result<Vec<(UserId, QueueNumber)>, HotError> {
        self.put_those_back(|line| line.put_back(now))
    }

    /// See [`domain::line::Line::put_all_back`].
    pub fn put_all_back(&mut self, now: Timestamp) -> Result<Vec<(UserId, QueueNumber)>, HotError> {
        self.put_those_back(|line| line.put_all_back(now))
    }

    fn put_those_back(
        &mut self,
        put_back: impl FnOnce(&mut Line) -> Vec<(UserId, QueueNumber)>,
    ) -> Result<Vec<(UserId, QueueNumber)>, HotError> {
        self.may_change()?;
        let back = put_back(&mut self.state.line);
        for (user, number) in &back {
            self.note_state(user, *number, PlaceState::Waiting);
            self.wait_for = self.record();
        }
        Ok(back)
    }

    /// See [`domain::line::Line::begin_draw`]; with the plan.
    pub fn begin_draw(&mut self, now: Timestamp) -> Result<(DrawStep, Option<DrawPlan>), HotError> {
        self.may_change()?;
        if let Some(count) = self.state.line.close_draw(now) {
            self.changes.push(Change::Closed { count });
        }
        self.wait_for = self.state.draw_recorded.max(self.state.rule_recorded);
        Ok((self.state.line.begin_draw(now), self.state.line.rule().draw.clone()))
    }

    /// See [`domain::line::Line::entrants_to_freeze`].
    pub fn entrants_to_freeze(&self) -> Option<Vec<Option<UserId>>> {
        self.state.line.entrants_to_freeze()
    }

    /// See [`domain::line::Line::freeze_entries`]. Returns the plan in force.
    pub fn freeze_entries(&mut self, entries: Arc<Entries>) -> Result<Option<DrawPlan>, HotError> {
        self.may_change()?;
        if self.state.line.freeze_entries(entries.clone()) {
            self.changes.push(Change::Frozen(entries));
            self.note_rule();
        }
        Ok(self.rule().draw)
    }

    /// See [`domain::line::Line::give_draw_value`].
    pub fn give_draw_value(&mut self, value: &[u8]) -> Result<ValueOutcome, HotError> {
        self.may_change()?;
        let before = self.state.line.rule().draw.as_ref().is_some_and(DrawPlan::awaits_value);
        let outcome = self.state.line.give_draw_value(value);
        if before && outcome == ValueOutcome::Kept {
            self.note_rule();
            self.note_call();
        }
        self.wait_for = self.state.rule_recorded;
        Ok(outcome)
    }

    /// See [`domain::line::Line::entries`].
    pub fn entries(&mut self, first: u32, most: u32) -> Option<Vec<EntryHash>> {
        self.wait_for = self.state.rule_recorded;
        let from = (first as usize).saturating_sub(1);
        Some(self.state.line.entries()?.hashes().iter().skip(from).take(most as usize).copied().collect())
    }

    /// See [`domain::line::Line::finish_draw`].
    pub fn finish_draw(&mut self, order: Vec<u32>, now: Timestamp) -> Result<(), HotError> {
        self.may_change()?;
        let count = order.len() as u32;
        if self.state.line.finish_draw(order, now) {
            self.changes.push(Change::Drawn { count });
            self.state.draw_recorded = self.record();
        }
        self.wait_for = self.state.draw_recorded;
        Ok(())
    }

    /// See [`domain::line::Line::counts`].
    pub fn counts(&mut self, gone_max: usize, now: Timestamp) -> LineCounts {
        self.wait_for = self.state.recorded;
        self.state.line.counts(gone_max, now)
    }

    fn note_state(&mut self, user: &UserId, number: QueueNumber, state: PlaceState) {
        let entry = self.state.line.entry_of(number);
        self.note(user, Change::Became { entry, state });
    }

    fn note(&mut self, user: &UserId, change: Change) {
        self.changes.push(change);
        let record = self.record();
        self.state.unsettle(user, record);
    }

    /// A person with this earlier status has no place any more, or has taken another.
    fn forget(&mut self, user: &UserId, before: LineStatus) {
        if let Some(number) = number_of(before) {
            self.forget_pass(before);
            let entry = self.state.line.entry_of(number);
            self.note(user, Change::Gone { entry });
        }
    }

    fn forget_pass(&mut self, before: LineStatus) {
        if let LineStatus::Inside { number, pass } = before {
            self.state.passes.remove(&(pass.until.millis(), number));
        }
    }

    fn counters(&self) -> Counters {
        let figures = self.state.line.counts(0, Timestamp(i64::MIN));
        Counters { numbers: figures.numbers, serving: figures.serving, admitted: figures.admitted }
    }

    /// Hands the changes to the writer. Returns what to wait for, if anything.
    ///
    /// # Errors
    /// [`HotError::Unavailable`] when nothing was changed, and too many wait already.
    pub fn end(mut self) -> Result<Option<Pending>, HotError> {
        if !self.changes.is_empty() {
            self.state.recorded += 1;
        }
        let must_wait = !self.slot.is_kept(self.wait_for);
        if self.changes.is_empty() && !must_wait {
            return Ok(None);
        }
        let permit = match self.permit.take() {
            Some(permit) => permit,
            None => self.writer.permit()?,
        };
        let (answer, heard) = oneshot::channel();
        let record = Record {
            slot: self.slot.clone(),
            number: self.state.recorded,
            counters: self.counters(),
            changes: std::mem::take(&mut self.changes),
        };
        permit.send(Message::Record(record, must_wait.then_some(answer)));
        Ok(must_wait.then(|| Pending { heard, slot: self.slot.clone(), record: self.wait_for }))
    }
}

/// Whether the person has a place, other than an expired pass.
fn stands(standing: LineStatus, now: Timestamp) -> bool {
    match standing {
        LineStatus::Inside { pass, .. } => pass.lives_at(now),
        other => other != LineStatus::Absent,
    }
}
