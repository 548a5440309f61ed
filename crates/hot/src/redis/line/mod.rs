//! Lines of many processes: one script a call, on Redis, single node or cluster (GATE-001..006, QUEUE-001..007).
//!
//! ```text
//! batch --by line--> enter_look.lua + WAIT --> statuses      (status)
//! any number of schedulers --> admit.lua + WAIT --> passes   (admission; the pace is in the line's hash)
//! a newcomer, or a visitor inside --> newcomer.lua, renew.lua + WAIT --> a pass   (straight)
//! any number of schedulers --> entries.lua, settle.lua + WAIT --> the published entries of a draw   (entries)
//! any number of schedulers --> draw.lua + WAIT --> queue numbers   (draw; a part of the line at a time)
//! operators' changes --same script--> a stream of entries for the audit log; kept answers   (calls)
//! the state of a line in this process: keys, breaker         (known)
//! lines that people are in, or enter                         (asked)
//! lines that may have entries for the audit log              (audited)
//! how lines were defined last, and the end of a line         (defined, ended)
//! admission and put back are executed once                   (once)
//! ```
//!
//! The scripts beside these files are twins of [`domain::line::Line`]; `hot::conformance::line` compares both. Replies are on
//! the replica: a script that wrote nothing makes a write, since `WAIT` counts only writes of its own connection.

mod admission;
mod asked;
mod audited;
mod calls;
mod defined;
mod draw;
mod ended;
mod entries;
mod known;
mod once;
mod port;
mod rule;
mod status;
mod straight;

use super::activity::Activity;
use super::client::{Lane, RedisConnections, Wait};
use super::scripts::{self, Script};
use super::{Ack, names};
use crate::line::Clock;
use crate::port::HotError;
use domain::line::LineId;
use known::Known;
use redis::Value;
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

/// Most batches of passes that are shown beside the next admission; past that it waits for them.
const SHOWING_MAX: usize = 4;

/// How lines are opened.
#[derive(Clone, Copy, Debug)]
pub struct LineOptions {
    /// When an answer may be returned. Lines publish nothing: [`Ack::Bus`] means [`Ack::Replica`].
    pub ack: Ack,
    /// Most entries whose queue numbers one run of the draw's script gives: the node serves no other call meanwhile.
    pub draw_part_max: usize,
}

impl Default for LineOptions {
    fn default() -> Self {
        Self { ack: Ack::Replica, draw_part_max: 1_000 }
    }
}

/// Lines on Redis. Cheap to clone.
///
/// A line that master and replica have lost does not exist: its people get
/// [`NoLine`](domain::line::LineStatus::NoLine), and it is made again, empty.
#[derive(Clone)]
pub struct RedisLines(Arc<Inner>);

struct Inner {
    connections: RedisConnections,
    ack: Ack,
    draw_part_max: usize,
    lines: papaya::HashMap<LineId, Arc<Known>>,
    activity: Activity,
    audited: Mutex<audited::Audited>,
    /// How many batches of passes may be written for other readers at the same time.
    showing: Arc<Semaphore>,
}

/// One call of a script.
struct Call<'a> {
    script: &'static Script,
    /// The key beyond those of the line.
    pass: Option<&'a str>,
    arguments: &'a [&'a [u8]],
    lane: Lane,
    /// Whether the answer tells a caller of a change: it must be durable then.
    tells: fn(&Value) -> bool,
}

fn is_there(value: &Value) -> bool {
    *value != Value::Nil
}

fn moment(clock: Clock) -> String {
    match clock {
        Clock::Engine => String::new(),
        Clock::At(now) => now.millis().to_string(),
    }
}

impl RedisLines {
    /// Opens the engine on the connections of the process, and begins to hear which lines are asked for. Must be called in a
    /// Tokio runtime.
    pub fn new(connections: RedisConnections, options: LineOptions) -> Self {
        let inner = Arc::new(Inner {
            activity: Activity::new(connections.clone(), names::ACTIVE_LINES),
            connections,
            ack: options.ack,
            draw_part_max: options.draw_part_max,
            lines: papaya::HashMap::new(),
            audited: Mutex::default(),
            showing: Arc::new(Semaphore::new(SHOWING_MAX)),
        });
        tokio::spawn(Inner::hear_others(Arc::downgrade(&inner)));
        Self(inner)
    }
}

impl Inner {
    fn wait(&self) -> Wait {
        if self.ack == Ack::None { Wait::Nobody } else { Wait::Replica }
    }

    /// The state of a line in this process. An unknown name takes no memory before Redis has the line: otherwise made-up
    /// names could fill the memory.
    fn known(&self, line: &LineId) -> Arc<Known> {
        let known = self.lines.pin().get(line).cloned();
        known.unwrap_or_else(|| Arc::new(Known::new(line.clone())))
    }

    /// Calls a script on a line, unless its breaker is open. No line: [`Value::Nil`].
    async fn call(&self, known: &Arc<Known>, call: Call<'_>) -> Result<Value, HotError> {
        known.enter()?;
        let result = self.call_now(known, call).await;
        match &result {
            Ok(value) => {
                known.answered();
                if is_there(value) {
                    self.lines.pin().get_or_insert_with(known.id.clone(), || known.clone());
                }
            }
            Err(error) => known.failed(error),
        }
        result
    }

    async fn call_now(&self, known: &Known, call: Call<'_>) -> Result<Value, HotError> {
        let mut keys = Vec::with_capacity(13);
        keys.extend(known.keys.all());
        keys.extend(call.pass);
        let reply = self.connections.run(call.script, &keys, call.arguments, (call.lane, self.wait())).await?;
        if !reply.is_durable && (call.tells)(&reply.value) {
            metrics::counter!("onsale_hot_wait_failed_total").increment(1);
            return Err(HotError::unknown("no replica has confirmed what became of the line"));
        }
        Ok(reply.value)
    }

    /// Changes a set or a hash that has something of all lines.
    async fn note(&self, script: &'static Script, key: &str, arguments: &[&[u8]]) -> Result<(), HotError> {
        let reply = self.connections.run(script, &[key], arguments, (Lane::Decision, self.wait())).await?;
        if reply.is_durable { Ok(()) } else { Err(HotError::unknown("no replica has confirmed the line")) }
    }

    /// Before the line is made: no one may wait in a line that no scheduler finds.
    async fn register_line(&self, line: &LineId) -> Result<(), HotError> {
        self.note_name(line, &scripts::LINE_REGISTER).await
    }

    /// Adds the name of a line to the sets of names, or removes it.
    async fn note_name(&self, line: &LineId, script: &'static Script) -> Result<(), HotError> {
        self.note(script, names::LINES, &[line.to_string().as_bytes()]).await?;
        match line {
            LineId::Queue(name) => self.note(script, names::QUEUES, &[name.as_str().as_bytes()]).await,
            LineId::Gate(_) => Ok(()),
        }
    }
}
