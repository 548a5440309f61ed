//! The status of people: a batch as it comes, grouped by line, all lines in parallel.

use super::{Call, Inner, is_there, moment};
use crate::line::{Clock, Entrant};
use crate::port::HotError;
use crate::redis::client::Lane;
use crate::redis::reply::{Array, Reading};
use crate::redis::scripts;
use domain::line::{LineId, LineOutcome, LineStatus, Pass, QueueNumber};
use domain::{PassId, Timestamp};
use futures::future::join_all;
use redis::Value;
use std::collections::HashMap;
use uuid::Uuid;

/// Most people in one run of the script.
const SCRIPT_BATCH_MAX: usize = 256;

type Answer = Result<LineStatus, HotError>;

/// The text of an outcome in a record.
pub(super) fn outcome_text(outcome: LineOutcome) -> &'static str {
    match outcome {
        LineOutcome::Issued => "I",
        LineOutcome::SoldOut => "S",
    }
}

/// `until_ms,pass,since_ms`; without the admission in a record of an earlier version, whose pass is not renewed.
pub(super) fn read_pass(text: &str) -> Option<Pass> {
    let mut fields = text.split(',');
    let (until_ms, id) = (fields.next()?, fields.next()?);
    let since_ms = fields.next().map_or(Ok(i64::MIN), str::parse).ok()?;
    let id = PassId(Uuid::try_parse(id).ok()?);
    Some(Pass { id, since: Timestamp(since_ms), until: Timestamp(until_ms.parse().ok()?) })
}

fn read_one(fields: &mut Array) -> Reading<LineStatus> {
    let (kind, number) = (fields.number::<u8>()?, QueueNumber(fields.number()?));
    Ok(match kind {
        3 | 4 | 10 => LineStatus::Waiting { number, rank: fields.number()?, is_new: kind != 4, is_late: kind == 10 },
        6 => LineStatus::Inside { number, pass: fields.parsed(read_pass)? },
        8 | 9 => {
            fields.value()?;
            LineStatus::Drawing { entry: number, is_new: kind == 8 }
        }
        7 => {
            let outcome = if fields.text()? == "I" { LineOutcome::Issued } else { LineOutcome::SoldOut };
            LineStatus::Finished { number, outcome }
        }
        _ => {
            fields.value()?;
            match kind {
                0 => LineStatus::Absent,
                1 => LineStatus::Full,
                2 => LineStatus::Closed,
                11 => LineStatus::TooMany,
                _ => LineStatus::Processing { number },
            }
        }
    })
}

fn read(value: Value, people: usize) -> Reading<Vec<LineStatus>> {
    if !is_there(&value) {
        return Ok(vec![LineStatus::NoLine; people]);
    }
    let mut fields = Array::of(value)?;
    (0..people).map(|_| read_one(&mut fields)).collect()
}

impl Inner {
    /// One answer each; `enters`: newcomers take places.
    pub(super) async fn stand(&self, batch: &[Entrant], clock: Clock, enters: bool) -> Vec<Answer> {
        let mut by_line: HashMap<&LineId, Vec<usize>> = HashMap::new();
        for (place, one) in batch.iter().enumerate() {
            by_line.entry(&one.who.line).or_default().push(place);
        }
        let mut asking = Vec::with_capacity(by_line.len());
        for (line, places) in &by_line {
            let users: Vec<&Entrant> = places.iter().map(|place| &batch[*place]).collect();
            asking.push(self.stand_in(line, users, clock, enters));
        }
        let unheard = || Err(HotError::unknown("no answer"));
        let mut answers: Vec<Answer> = batch.iter().map(|_| unheard()).collect();
        for (places, told) in by_line.values().zip(join_all(asking).await) {
            for (place, answer) in places.iter().zip(told) {
                answers[*place] = answer;
            }
        }
        answers
    }

    async fn stand_in(&self, line: &LineId, users: Vec<&Entrant>, clock: Clock, enters: bool) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(users.len());
        for part in users.chunks(SCRIPT_BATCH_MAX) {
            match self.stand_part(line, part, clock, enters).await {
                Ok(standings) => answers.extend(standings.into_iter().map(Ok)),
                Err(error) => answers.extend(part.iter().map(|_| Err(error.clone()))),
            }
        }
        answers
    }

    async fn stand_part(
        &self,
        line: &LineId,
        users: &[&Entrant],
        clock: Clock,
        enters: bool,
    ) -> Result<Vec<LineStatus>, HotError> {
        let known = self.known(line);
        // Before the first person is in it: a line that no scheduler looks at would keep the person. Of a name that no line
        // may have, nobody is told before it has been found.
        let is_known = self.lines.pin().contains_key(line);
        if enters && is_known {
            self.tell(&known).await;
        }
        let flag = |flag: bool| -> &[u8] { if flag { b"1" } else { b"0" } };
        let now = moment(clock);
        let network = |one: &&Entrant| one.network.map_or_else(String::new, |network| network.to_string());
        let networks: Vec<String> = if enters { users.iter().map(network).collect() } else { Vec::new() };
        let mut arguments = Vec::with_capacity(3 + 2 * users.len());
        arguments.extend([now.as_bytes(), flag(enters), flag(known.is_by_time())]);
        arguments.extend(users.iter().map(|one| one.who.user.as_str().as_bytes()));
        arguments.extend(networks.iter().map(String::as_bytes));
        let script = &scripts::LINE_ENTER_LOOK;
        let call = Call { script, pass: None, arguments: &arguments, lane: Lane::Decision, tells: is_there };
        let answer = self.call(&known, call).await?;
        if enters && !is_known && is_there(&answer) {
            self.tell(&known).await;
        }
        Ok(read(answer, users.len())?)
    }
}
