//! A newcomer where nobody waits, and a pass that use lengthens.

use super::admission::AdmissionReply;
use super::status::read_pass;
use super::{Call, Inner, is_there, moment};
use crate::line::{Clock, LineUser};
use crate::port::HotError;
use crate::redis::client::Lane;
use crate::redis::reply::{Array, Reading};
use crate::redis::scripts;
use domain::line::{Admitted, Pass, QueueNumber};
use domain::{PassId, Timestamp};
use redis::Value;

/// Whether the script has changed anything.
fn is_done(value: &Value) -> bool {
    matches!(value, Value::Array(fields) if !fields.is_empty())
}

/// The fields of a script that has changed something.
fn done(value: Value) -> Reading<Option<Array>> {
    Ok(if is_there(&value) { Some(Array::of(value)?).filter(|fields| fields.len() > 0) } else { None })
}

fn read_newcomer(value: Value, id: PassId) -> Reading<Option<(QueueNumber, Pass)>> {
    let Some(mut fields) = done(value)? else { return Ok(None) };
    let (until, since) = (Timestamp(fields.number()?), Timestamp(fields.number()?));
    Ok(Some((QueueNumber(fields.number()?), Pass { id, since, until })))
}

fn read_renewed(value: Value) -> Reading<Option<(QueueNumber, Pass)>> {
    let Some(mut fields) = done(value)? else { return Ok(None) };
    Ok(Some((QueueNumber(fields.number()?), fields.parsed(read_pass)?)))
}

impl Inner {
    pub(super) async fn admit_newcomer(
        &self,
        who: &LineUser,
        id: PassId,
        clock: Clock,
    ) -> Result<Option<Pass>, HotError> {
        let known = self.known(&who.line);
        let (now, pass) = (moment(clock), id.get().simple().to_string());
        let by_time: &[u8] = if known.is_by_time() { b"1" } else { b"0" };
        let arguments = [now.as_bytes(), who.user.as_str().as_bytes(), pass.as_bytes(), by_time];
        let script = &scripts::LINE_NEWCOMER;
        let call = Call { script, pass: None, arguments: &arguments, lane: Lane::Decision, tells: is_done };
        let admitted = read_newcomer(self.call(&known, call).await?, id)?;
        if admitted.is_some() {
            // Somebody is inside: the line is looked at until the pass is over.
            self.tell(&known).await;
        }
        self.shown(who, admitted).await
    }

    pub(super) async fn renew(&self, who: &LineUser, clock: Clock) -> Result<Option<Pass>, HotError> {
        let now = moment(clock);
        let arguments = [now.as_bytes(), who.user.as_str().as_bytes()];
        let script = &scripts::LINE_RENEW;
        let call = Call { script, pass: None, arguments: &arguments, lane: Lane::Decision, tells: is_done };
        let renewed = read_renewed(self.call(&self.known(&who.line), call).await?)?;
        self.shown(who, renewed).await
    }

    /// Publishes the pass, as after any admission.
    async fn shown(&self, who: &LineUser, given: Option<(QueueNumber, Pass)>) -> Result<Option<Pass>, HotError> {
        let Some((number, pass)) = given else { return Ok(None) };
        let admitted = vec![Admitted { user: who.user.clone(), number, pass: Some(pass) }];
        self.show_passes(&self.known(&who.line), &AdmissionReply { next_in_ms: None, admitted }).await;
        Ok(Some(pass))
    }
}
