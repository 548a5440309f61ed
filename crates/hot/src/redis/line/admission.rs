//! Admission, and putting people back in line.

use super::known::Known;
use super::{Call, Inner, is_there, moment};
use crate::line::{Admission, Clock};
use crate::port::HotError;
use crate::redis::client::{Lane, Wait};
use crate::redis::reply::{Array, Reading};
use crate::redis::scripts;
use domain::line::{Admitted, LineId, Pass, QueueNumber};
use domain::{PassId, Timestamp, UserId};
use redis::Value;
use std::sync::Arc;

/// Most people in one run of the script: the node serves no other call meanwhile.
const SCRIPT_BATCH_MAX: usize = 2_000;

/// The reply of one run of the script.
pub(super) struct AdmissionReply {
    pub next_in_ms: Option<u64>,
    pub admitted: Vec<Admitted>,
}

/// Whether anyone was admitted: only that must be durable.
fn admits_somebody(value: &Value) -> bool {
    let Value::Array(fields) = value else { return false };
    !matches!(fields.last(), Some(Value::Array(people)) if people.is_empty())
}

pub(super) fn people(mut fields: Array) -> Reading<Vec<(UserId, QueueNumber)>> {
    let mut people = Vec::with_capacity(fields.len() / 2);
    while fields.len() > 0 {
        people.push((fields.parsed(|user| UserId::stored(user).ok())?, QueueNumber(fields.number()?)));
    }
    Ok(people)
}

/// Without a line no one is admitted, now or later.
fn read(value: Value, passes: &[PassId]) -> Reading<AdmissionReply> {
    if !is_there(&value) {
        return Ok(AdmissionReply { next_in_ms: None, admitted: Vec::new() });
    }
    let mut fields = Array::of(value)?;
    let (next_in_ms, until_ms) = (fields.number::<i64>()?, fields.number::<i64>()?);
    let since = Timestamp(fields.number()?);
    let people = people(fields.array()?)?;
    let until = (until_ms >= 0).then_some(Timestamp(until_ms));
    let admitted = people.into_iter().zip(passes).map(|((user, number), id)| {
        let pass = until.map(|until| Pass { id: *id, since, until });
        Admitted { user, number, pass }
    });
    Ok(AdmissionReply { next_in_ms: u64::try_from(next_in_ms).ok(), admitted: admitted.collect() })
}

/// Keys and arguments of the script that shows passes.
fn to_show(known: &Known, reply: &AdmissionReply) -> (Vec<String>, Vec<String>) {
    let mut passes = Vec::new();
    let mut arguments = vec![String::new()];
    for one in &reply.admitted {
        if let Some(pass) = one.pass {
            passes.push(known.keys.pass(&one.user));
            arguments.extend([one.user.to_string(), pass.id.get().simple().to_string()]);
        }
    }
    (passes, arguments)
}

impl Inner {
    pub(super) async fn admit(&self, line: &LineId, passes: &[PassId], clock: Clock) -> Result<Admission, HotError> {
        let known = self.known(line);
        let (mut admission, mut first) = (Admission { admitted: Vec::new(), next_in_ms: None }, 0);
        loop {
            let part = &passes[first..passes.len().min(first + SCRIPT_BATCH_MAX)];
            first += part.len();
            // Where one part's fate is not known, the call's is not.
            let reply = self.admit_part(&known, part, clock).await?;
            let is_last = reply.admitted.len() < part.len() || first == passes.len();
            admission.next_in_ms = reply.next_in_ms;
            admission.admitted.extend(reply.admitted);
            if is_last {
                return Ok(admission);
            }
        }
    }

    async fn admit_part(
        &self,
        known: &Arc<Known>,
        passes: &[PassId],
        clock: Clock,
    ) -> Result<AdmissionReply, HotError> {
        let ids: String = passes.iter().map(|id| id.get().simple().to_string()).collect();
        let script = &scripts::LINE_ADMIT;
        let call =
            Call { script, pass: None, arguments: &[ids.as_bytes()], lane: Lane::Admission, tells: admits_somebody };
        let reply = read(self.call_once(known, &moment(clock), call).await?, passes)?;
        self.show_passes(known, &reply).await;
        Ok(reply)
    }

    /// Publishes passes under their own keys, after an admission. The admission itself cannot, since it would have to declare
    /// the keys before it knows the people. A missing key does no harm to callers that ask the line.
    pub(super) async fn show_passes(&self, known: &Arc<Known>, reply: &AdmissionReply) {
        let (passes, arguments) = to_show(known, reply);
        if passes.is_empty() {
            return;
        }
        let (connections, known) = (self.connections.clone(), known.clone());
        let show = async move {
            let keys: Vec<&str> = known.keys.all().into_iter().chain(passes.iter().map(String::as_str)).collect();
            let arguments: Vec<&[u8]> = arguments.iter().map(String::as_bytes).collect();
            if let Err(error) =
                connections.run(&scripts::LINE_SHOW, &keys, &arguments, (Lane::Other, Wait::Nobody)).await
            {
                tracing::warn!(line = %known.id, %error, "passes are not shown to others");
            }
        };
        match self.showing.clone().try_acquire_owned() {
            Ok(permit) => drop(tokio::spawn(async move {
                show.await;
                drop(permit);
            })),
            Err(_) => show.await,
        }
    }

    /// Puts back whom the line has processed for too long, or all whom it processes.
    pub(super) async fn put_back(
        &self,
        line: &LineId,
        all: bool,
        clock: Clock,
    ) -> Result<Vec<(UserId, QueueNumber)>, HotError> {
        let script = &scripts::LINE_PUT_BACK;
        let arguments: &[&[u8]] = if all { &[b"1"] } else { &[b"0"] };
        let call = Call { script, pass: None, arguments, lane: Lane::Admission, tells: puts_somebody_back };
        let back = self.call_once(&self.known(line), &moment(clock), call).await?;
        Ok(people(Array::of(back)?)?)
    }
}

fn puts_somebody_back(value: &Value) -> bool {
    matches!(value, Value::Array(people) if !people.is_empty())
}
