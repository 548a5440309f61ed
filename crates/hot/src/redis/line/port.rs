//! The port of lines on Redis.

use super::super::Ack;
use super::{Call, Inner, RedisLines, is_there, moment, rule, status};
use crate::line::{Admission, Clock, Entrant, LinePort, LineUser, Recovery, RuleChange};
use crate::port::{HotError, HotHealth};
use crate::redis::client::Lane;
use crate::redis::reply::{Array, Reading};
use crate::redis::{names, scripts};
use async_trait::async_trait;
use domain::line::{
    DrawStep, EntryHash, LineCounts, LineId, LineOutcome, LineRule, LineStatus, Pass, QueueNumber, ValueOutcome,
};
use domain::{PassId, UserId};
use redis::Value;

fn read_range(text: &str) -> Option<(u64, u64)> {
    let (first, last) = text.split_once(':')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

fn read_figures(value: Value) -> Reading<Option<LineCounts>> {
    if !is_there(&value) {
        return Ok(None);
    }
    let mut fields = Array::of(value)?;
    let mut number = || fields.number();
    let mut figures = LineCounts {
        waiting: number()?,
        inactive: number()?,
        processing: number()?,
        inside: number()?,
        finished: number()?,
        numbers: number()?,
        serving: number()?,
        admitted: number()?,
        gone: Vec::new(),
        entrants: None,
        drawn: None,
    };
    figures.drawn = u32::try_from(fields.number::<i64>()?).ok();
    figures.entrants = u32::try_from(fields.number::<i64>()?).ok();
    let mut ranges = fields.array()?;
    while ranges.len() > 0 {
        figures.gone.push(ranges.parsed(read_range)?);
    }
    Ok(Some(figures))
}

impl Inner {
    /// Runs a script that returns yes or no for one person.
    async fn tell_of(&self, who: &LineUser, script: &'static scripts::Script, now: &str, rest: &[&str]) -> Answer {
        let known = self.known(&who.line);
        let pass = known.keys.pass(&who.user);
        let mut arguments = vec![now.as_bytes(), who.user.as_str().as_bytes()];
        arguments.extend(rest.iter().map(|text| text.as_bytes()));
        let call = Call { script, pass: Some(&pass), arguments: &arguments, lane: Lane::Decision, tells: is_there };
        Ok(self.call(&known, call).await? == Value::Int(1))
    }

    /// Runs a script that writes a rule.
    async fn write_rule(
        &self,
        line: &LineId,
        script: &'static scripts::Script,
        rule: &LineRule,
    ) -> Result<Value, HotError> {
        let (values, known) = (rule::values(rule), self.known(line));
        let entry = self.entry_of_call(line).await?;
        let arguments = rule::arguments(&values, &entry);
        let pass = (!entry.is_empty()).then_some(known.keys.audit.as_str());
        let call = Call { script, pass, arguments: &arguments, lane: Lane::Decision, tells: is_there };
        let answer = self.call(&known, call).await?;
        if is_there(&answer) {
            // The tasks of every server look at it again: a draw may have been announced, or the rate changed.
            self.tell(&known).await;
        }
        Ok(answer)
    }
}

type Answer = Result<bool, HotError>;

#[async_trait]
impl LinePort for RedisLines {
    /// A missing line is made, empty: also one that Redis has lost.
    async fn make_line(&self, line: &LineId, rule: LineRule) -> Result<bool, HotError> {
        // First: whoever finds the name without the line must find how the line is to be made.
        self.0.define(line, &rule).await?;
        self.0.register_line(line).await?;
        let is_made = self.0.write_rule(line, &scripts::LINE_MAKE, &rule).await? == Value::Int(1);
        if is_made {
            // Again: a call that ended the line before may have taken it away meanwhile.
            self.0.define(line, &rule).await?;
        }
        Ok(is_made)
    }

    async fn end_line(&self, line: &LineId, clock: Clock) -> Result<bool, HotError> {
        self.0.end(line, clock).await
    }

    async fn kept_pass(&self, who: &LineUser, clock: Clock) -> Result<Option<Pass>, HotError> {
        self.0.kept_pass(who, clock).await
    }

    async fn recover_line(&self, line: &LineId) -> Result<Recovery, HotError> {
        self.recover(line).await
    }

    async fn change_rule(&self, line: &LineId, rule: LineRule) -> Result<RuleChange, HotError> {
        let change = rule::read_change(self.0.write_rule(line, &scripts::LINE_CHANGE, &rule).await?)?;
        if let RuleChange::Made(rule) = &change {
            self.0.clone().define_in_background(line, rule);
        }
        Ok(change)
    }

    async fn rule(&self, line: &LineId) -> Result<Option<LineRule>, HotError> {
        let known = self.0.known(line);
        let mut pipeline = redis::pipe();
        pipeline.cmd("HMGET").arg(&known.keys.line).arg(&rule::NAMES).arg(&rule::PROGRESS);
        let values = self.0.connections.send(&known.keys.line, pipeline).await?;
        Ok(rule::read(values.into_iter().next().unwrap_or(Value::Nil))?)
    }

    async fn lines(&self) -> Result<Vec<LineId>, HotError> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("SMEMBERS").arg(names::LINES);
        let values = self.0.connections.send(names::LINES, pipeline).await?;
        let mut names = match values.into_iter().next() {
            Some(Value::Set(names)) => Array::of(Value::Array(names))?,
            other => Array::of(other.unwrap_or(Value::Nil))?,
        };
        let mut lines = Vec::with_capacity(names.len());
        while names.len() > 0 {
            lines.push(names.parsed(|name| name.parse::<LineId>().ok())?);
        }
        lines.sort_unstable();
        self.0.forget_others(&lines);
        Ok(lines)
    }

    async fn enter_from(&self, batch: Vec<Entrant>, clock: Clock) -> Vec<Result<LineStatus, HotError>> {
        self.0.stand(&batch, clock, true).await
    }

    async fn check_in(&self, batch: Vec<LineUser>, clock: Clock) -> Vec<Result<LineStatus, HotError>> {
        let batch: Vec<Entrant> = batch.into_iter().map(Entrant::from).collect();
        self.0.stand(&batch, clock, false).await
    }

    async fn leave(&self, who: &LineUser, clock: Clock) -> Result<bool, HotError> {
        self.0.tell_of(who, &scripts::LINE_LEAVE, &moment(clock), &[]).await
    }

    async fn admit(&self, line: &LineId, passes: Vec<PassId>, clock: Clock) -> Result<Admission, HotError> {
        self.0.admit(line, &passes, clock).await
    }

    async fn admit_newcomer(&self, who: &LineUser, pass: PassId, clock: Clock) -> Result<Option<Pass>, HotError> {
        self.0.admit_newcomer(who, pass, clock).await
    }

    async fn renew(&self, who: &LineUser, clock: Clock) -> Result<Option<Pass>, HotError> {
        self.0.renew(who, clock).await
    }

    async fn put_back(&self, line: &LineId, clock: Clock) -> Result<Vec<(UserId, QueueNumber)>, HotError> {
        self.0.put_back(line, false, clock).await
    }

    async fn put_all_back(&self, line: &LineId, clock: Clock) -> Result<Vec<(UserId, QueueNumber)>, HotError> {
        self.0.put_back(line, true, clock).await
    }

    async fn finish(&self, who: &LineUser, outcome: LineOutcome) -> Result<bool, HotError> {
        self.0.tell_of(who, &scripts::LINE_FINISH, "", &[status::outcome_text(outcome)]).await
    }

    async fn draw(&self, line: &LineId, clock: Clock) -> Result<DrawStep, HotError> {
        self.0.draw(line, clock).await
    }

    async fn give_draw_value(&self, line: &LineId, value: &[u8]) -> Result<ValueOutcome, HotError> {
        self.0.give_draw_value(line, value).await
    }

    async fn draw_entries(&self, line: &LineId, first: u32, most: u32) -> Result<Option<Vec<EntryHash>>, HotError> {
        let rule = self.rule(line).await?;
        if rule.and_then(|rule| rule.draw).is_none_or(|plan| plan.root.is_none()) {
            return Ok(None);
        }
        self.0.entries(&self.0.known(line), first, most).await.map(Some)
    }

    fn is_quiet(&self, line: &LineId) -> bool {
        self.0.is_quiet(line)
    }

    async fn health(&self) -> HotHealth {
        self.0.connections.health(self.0.ack != Ack::None)
    }

    async fn counts(&self, line: &LineId, gone_max: usize, clock: Clock) -> Result<Option<LineCounts>, HotError> {
        let (now, most) = (moment(clock), gone_max.to_string());
        let arguments = [now.as_bytes(), most.as_bytes()];
        let script = &scripts::LINE_FIGURES;
        let call = Call { script, pass: None, arguments: &arguments, lane: Lane::Decision, tells: is_there };
        Ok(read_figures(self.0.call(&self.0.known(line), call).await?)?)
    }
}
