//! Waiting lines as contended state: what every engine for lines promises.

use super::{HotError, HotHealth};
use async_trait::async_trait;
use domain::line::{
    Admitted, DrawStep, EntryHash, LineCounts, LineId, LineOutcome, LineRule, LineStatus, Pass, QueueNumber,
    ValueOutcome,
};
use domain::{Network, PassId, Timestamp, UserId};

/// A line and a user in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LineUser {
    /// The line.
    pub line: LineId,
    /// The user.
    pub user: UserId,
}

/// Who enters a line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entrant {
    /// The line and the user.
    pub who: LineUser,
    /// Whose position a new place is; `None` for one that counts for no network.
    pub network: Option<Network>,
}

/// Of no network.
impl From<LineUser> for Entrant {
    fn from(who: LineUser) -> Self {
        Self { who, network: None }
    }
}

/// The clock by which a call is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The engine's own. The clocks of many callers differ.
    Engine,
    /// The caller's: for tests, and for a moment that the caller has read from the engine.
    At(Timestamp),
}

/// The result of an admission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// The people admitted, in order.
    pub admitted: Vec<Admitted>,
    /// Milliseconds until the rate admits the next person; `None` while the rate is 0.
    pub next_in_ms: Option<u64>,
}

/// The result of a change of rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleChange {
    /// The rule was changed; this is the rule in force now.
    Made(LineRule),
    /// Another caller has changed the rule since it was read, and nothing was done; this is the rule in force.
    Conflict(LineRule),
    /// There is no such line.
    NoLine,
}

/// The state of a line that should be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// It is there; if the engine had lost it, it was made again, empty.
    There,
    /// It was ended, or never made.
    Ended,
    /// The engine has lost it, and what it was.
    Lost,
}

/// Contended lines (GATE-001..006, QUEUE-001..007): the rules of [`domain::line::Line`].
///
/// A place in a line and its outcome are durable before any caller is told. Every call may be repeated: a place is taken
/// once, an outcome stands, and a person admitted in a call whose answer was lost learns it by checking in.
#[async_trait]
pub trait LinePort: Send + Sync + 'static {
    /// Makes a line. A line that exists stays as it is. Returns whether this call made it. Passes that outlived an earlier
    /// line of the name end.
    async fn make_line(&self, line: &LineId, rule: LineRule) -> Result<bool, HotError>;

    /// Ends a line: it does not exist any more, and nobody has a place in it. What its people have that are inside lives
    /// on ([`LinePort::kept_pass`]). Returns whether there was one. May be repeated.
    async fn end_line(&self, line: &LineId, clock: Clock) -> Result<bool, HotError>;

    /// The live pass that a person has from a line that was ended and not made again.
    async fn kept_pass(&self, who: &LineUser, clock: Clock) -> Result<Option<Pass>, HotError>;

    /// Makes a line again if the engine has lost it, with the rule that was in force last.
    async fn recover_line(&self, line: &LineId) -> Result<Recovery, HotError>;

    /// Changes a line's rule, unless another caller has changed it since it was read. `rule` is the rule as it was read,
    /// with its revision, and with the change; the engine gives the next revision. Of several changes made from the same
    /// rule one counts, and the others get the rule from which to start again. After [`HotError::Unknown`] read the rule.
    async fn change_rule(&self, line: &LineId, rule: LineRule) -> Result<RuleChange, HotError>;

    /// The rule in force; `None` if there is no such line.
    async fn rule(&self, line: &LineId) -> Result<Option<LineRule>, HotError>;

    /// All lines.
    async fn lines(&self) -> Result<Vec<LineId>, HotError>;

    /// Takes places in order, or returns the places that people have. One answer each.
    async fn enter_from(&self, batch: Vec<Entrant>, clock: Clock) -> Vec<Result<LineStatus, HotError>>;

    /// As [`LinePort::enter_from`], for places that count for no network.
    async fn enter(&self, batch: Vec<LineUser>, clock: Clock) -> Vec<Result<LineStatus, HotError>> {
        self.enter_from(batch.into_iter().map(Entrant::from).collect(), clock).await
    }

    /// The status of each person. A person who checks in is present: who was passed over gets the place back, or a new
    /// one at the end when it is too late for that. One answer each.
    async fn check_in(&self, batch: Vec<LineUser>, clock: Clock) -> Vec<Result<LineStatus, HotError>>;

    /// As [`LinePort::check_in`] for one person by the engine's clock, where the answer needs no waiting; `None` where it
    /// does.
    fn check_in_now(&self, _who: &LineUser) -> Option<LineStatus> {
        None
    }

    /// Gives up a place or a pass. Returns whether there was one.
    async fn leave(&self, who: &LineUser, clock: Clock) -> Result<bool, HotError>;

    /// Admits the next people: as many as the line's rate and room allow, and as there are passes. Any number of callers
    /// together admit what the rule allows, and no more.
    async fn admit(&self, line: &LineId, passes: Vec<PassId>, clock: Clock) -> Result<Admission, HotError>;

    /// Admits a person who has no place, where nobody waits and the line's rule allows one more at this moment; otherwise
    /// nothing changes. Returns the pass. A call whose answer was lost may be repeated: the person then has a place, and
    /// learns of the pass by checking in.
    async fn admit_newcomer(&self, _who: &LineUser, _pass: PassId, _clock: Clock) -> Result<Option<Pass>, HotError> {
        Ok(None)
    }

    /// Lengthens the pass of a person who uses it ([`domain::line::Line::renew`]). Returns the pass if it was lengthened.
    async fn renew(&self, _who: &LineUser, _clock: Clock) -> Result<Option<Pass>, HotError> {
        Ok(None)
    }

    /// Puts people back in line who have been processed for too long (GATE-006). Returns them with their queue numbers.
    async fn put_back(&self, line: &LineId, clock: Clock) -> Result<Vec<(UserId, QueueNumber)>, HotError>;

    /// As [`LinePort::put_back`], however long they have been processed. Like that, it puts back no more than the line's rule
    /// allows at once: call it until it puts nobody back.
    async fn put_all_back(&self, line: &LineId, clock: Clock) -> Result<Vec<(UserId, QueueNumber)>, HotError>;

    /// Records the outcome for a person. Returns whether the person has an outcome now.
    async fn finish(&self, who: &LineUser, outcome: LineOutcome) -> Result<bool, HotError>;

    /// Continues the opening draw where the line has one and it is due, in part or to the end; after
    /// [`DrawStep::UnderWay`] call again, after [`DrawStep::AwaitsValue`] when the value is there. Any number of callers
    /// may do so, and a caller that comes back after a crash continues the same draw: the entries, once frozen, and their
    /// root stay; no queue number is shown before all are drawn, and a drawn queue number stays. Any answer but
    /// [`DrawStep::NotDue`] comes after the entries are frozen and their root is in the rule.
    async fn draw(&self, line: &LineId, clock: Clock) -> Result<DrawStep, HotError>;

    /// Gives the public randomness of a draw whose entries are frozen. The first value stands.
    async fn give_draw_value(&self, line: &LineId, value: &[u8]) -> Result<ValueOutcome, HotError>;

    /// The frozen entries of a draw from `first` (counted from 1) on, at most `most`; `None` before they are frozen, for a
    /// draw without a published list, and without a line.
    async fn draw_entries(&self, line: &LineId, first: u32, most: u32) -> Result<Option<Vec<EntryHash>>, HotError>;

    /// Whether nobody is in the line, nor enters it, in any process: it needs no admission. Costs no I/O; an engine that does
    /// not know says no.
    fn is_quiet(&self, _line: &LineId) -> bool {
        false
    }

    /// Whether decisions can be made durable now: whether a write passed lately. Costs no waiting.
    async fn health(&self) -> HotHealth;

    /// The line's counts; `None` if there is no such line. `gone_max`: most ranges of given-up queue numbers returned.
    async fn counts(&self, line: &LineId, gone_max: usize, clock: Clock) -> Result<Option<LineCounts>, HotError>;
}
