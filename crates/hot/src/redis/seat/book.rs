//! The book of a schedule, read as a whole, and records written only if they are still as they were read.

use super::arguments::{Arguments, Keys};
use super::known::Known;
use super::record::{Record, write};
use super::{Inner, moment, not_durable};
use crate::line::Clock;
use crate::port::HotError;
use crate::redis::client::{Lane, Wait};
use crate::redis::reply::{Array, Reading, unexpected};
use crate::redis::scripts;
use domain::seat::{SeatBook, SeatStands};
use domain::{AccountId, SeatId, Timestamp};
use redis::Value;
use std::collections::{BTreeSet, HashMap};

/// Most records written by one run of the script: the node serves no other call meanwhile.
const PART_MAX: usize = 256;
/// The field of the book that is the sequence.
const SEQUENCE: &str = "#";

/// The book as it was read.
pub(super) struct Read {
    /// What stood in it.
    pub book: SeatBook,
    /// When it was read, by the clock of the call.
    pub now: Timestamp,
    /// The same by the node's.
    node_now: Timestamp,
    /// `None`: there was no book.
    pub sequence: Option<u64>,
    /// The records, as they are written.
    records: HashMap<SeatId, (String, Record)>,
    /// Kept holds that nobody has named for too long.
    forgotten: Vec<SeatId>,
}

/// A record to write.
pub(super) struct Wish {
    seat: SeatId,
    read: String,
    record: String,
    /// Whether it changes anything that anybody sees.
    counts: bool,
    users: Vec<AccountId>,
}

/// What became of wishes.
pub(super) struct Applied {
    /// Whether every record was still as it was read.
    pub is_whole: bool,
    /// The sequence after it.
    pub sequence: u64,
}

impl Read {
    fn of(fields: Vec<(Value, Value)>, now: Timestamp, node_now: Timestamp) -> Reading<Self> {
        let (mut records, mut forgotten, mut sequence) = (HashMap::with_capacity(fields.len()), Vec::new(), None);
        for (name, value) in fields {
            let mut pair = Array::of(Value::Array(vec![name, value]))?;
            let name = pair.text()?;
            if name == SEQUENCE {
                sequence = Some(pair.number()?);
                continue;
            }
            let Ok(seat) = name.parse::<SeatId>() else { return unexpected(&name) };
            let text = pair.text()?;
            let record = Record::read(&text)?;
            if record.is_forgotten(node_now) {
                forgotten.push(seat);
            }
            records.insert(seat, (text, record));
        }
        let live = records.iter().filter(|(_, (_, record))| !record.is_forgotten(node_now));
        let stands: Vec<(SeatId, SeatStands)> = live.map(|(seat, (_, record))| (*seat, record.stands)).collect();
        let book = SeatBook::restored(stands, sequence.unwrap_or_default());
        Ok(Self { book, now, node_now, sequence, records, forgotten })
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The records that the last call of the book has changed, and those that are forgotten.
    pub fn changes(&self) -> Vec<Wish> {
        let changed: BTreeSet<SeatId> = self.book.changed().iter().chain(&self.forgotten).copied().collect();
        changed.into_iter().map(|seat| self.wish(seat, true)).collect()
    }

    /// Names a kept hold again, unless that was done lately.
    pub fn named_again(&self, seat: SeatId, every_ms: i64) -> Option<Wish> {
        let (_, record) = self.records.get(&seat)?;
        let is_due = record.named?.millis().saturating_add(every_ms) <= self.node_now.millis();
        (is_due && self.book.stands(seat) == record.stands).then(|| self.wish(seat, false))
    }

    fn wish(&self, seat: SeatId, counts: bool) -> Wish {
        let (before, after) = (self.records.get(&seat), self.book.stands(seat));
        let after_user = Record { stands: after, named: None }.user();
        Wish {
            seat,
            read: before.map(|(text, _)| text.clone()).unwrap_or_default(),
            record: write(after, self.node_now),
            counts,
            users: before.and_then(|(_, record)| record.user()).into_iter().chain(after_user).collect(),
        }
    }
}

impl Inner {
    /// Reads the book. Costs the node one command, whatever its size.
    pub(super) async fn read(&self, known: &Known, clock: Clock) -> Result<Read, HotError> {
        known.enter()?;
        let mut question = redis::pipe();
        question.cmd("TIME").cmd("HGETALL").arg(&known.keys.book);
        let answer = self.connections.send(&known.keys.book, question).await;
        known.note(answer.as_ref().err());
        let mut values = answer?.into_iter();
        let mut next = || values.next().unwrap_or(Value::Nil);
        let (time, book) = (next(), next());
        let node_now = read_time(time)?;
        let now = if let Clock::At(now) = clock { now } else { node_now };
        Ok(Read::of(read_pairs(book)?, now, node_now)?)
    }

    /// Writes records, makes the sequence where there is none, and lets the keys live on.
    pub(super) async fn apply(
        &self,
        known: &Known,
        wishes: &[Wish],
        (clock, wait): (Clock, Wait),
    ) -> Result<Applied, HotError> {
        let mut applied = Applied { is_whole: true, sequence: 0 };
        // Also without wishes.
        let parts = wishes.chunks(PART_MAX).chain(wishes.is_empty().then_some(wishes));
        for part in parts {
            let mut arguments = Arguments::at(moment(clock));
            for wish in part {
                arguments.add(wish.seat).add(&wish.read).add(&wish.record).flag(wish.counts);
            }
            let users = part.iter().flat_map(|wish| wish.users.iter().copied());
            let keys = Keys::of(&known.keys, part.iter().map(|wish| wish.seat), users);
            let call = (&keys.names()[..], &arguments);
            let reply = self.run(known, &scripts::SEAT_APPLY, call, (Lane::Other, wait)).await?;
            if !reply.is_durable {
                return Err(not_durable());
            }
            let mut fields = Array::of(reply.value)?;
            applied.is_whole &= fields.number::<usize>()? == part.len();
            applied.sequence = fields.number()?;
        }
        Ok(applied)
    }
}

/// How often [`Inner::apply`] counts for these wishes.
pub(super) fn counted(wishes: &[Wish]) -> u64 {
    wishes.chunks(PART_MAX).filter(|part| part.iter().any(|wish| wish.counts)).count() as u64
}

fn read_time(value: Value) -> Reading<Timestamp> {
    let mut fields = Array::of(value)?;
    let (seconds, micros): (i64, i64) = (fields.number()?, fields.number()?);
    Ok(Timestamp(seconds * 1_000 + micros / 1_000))
}

fn read_pairs(value: Value) -> Reading<Vec<(Value, Value)>> {
    match value {
        Value::Map(pairs) => Ok(pairs),
        Value::Array(values) => {
            let mut values = values.into_iter();
            let mut pairs = Vec::with_capacity(values.len() / 2);
            while let (Some(name), Some(value)) = (values.next(), values.next()) {
                pairs.push((name, value));
            }
            Ok(pairs)
        }
        other => unexpected(&other),
    }
}
