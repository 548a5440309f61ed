//! Waiting lines as contended state: what an engine for lines promises, whatever it is made of.

use super::HotError;
use async_trait::async_trait;
use domain::line::{Admitted, DrawStep, LineCounts, LineId, LineOutcome, LineRule, LineStatus};
use domain::{Timestamp, UserId};
use uuid::Uuid;

/// A line and somebody in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LineUser {
    /// Which line.
    pub line: LineId,
    /// Who.
    pub user: UserId,
}

/// Whose moment counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The engine's own: of many callers each has another.
    Engine,
    /// The caller's: a test's, or one that lies ahead so that everything is too old.
    At(Timestamp),
}

/// What an admission did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// Who may go on, in order.
    pub admitted: Vec<Admitted>,
    /// Milliseconds until the rate lets somebody go; none while it is 0.
    pub next_in_ms: Option<u64>,
}

/// What became of a change of rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleChange {
    /// This is the rule in force now.
    Made(LineRule),
    /// Somebody else has changed the rule since it was read, and nothing was done: this is the one in force.
    Conflict(LineRule),
    /// There is no such line.
    NoLine,
}

/// Contended lines (GATE-001..006, QUEUE-001..007): the rules of [`domain::line::Line`].
///
/// A place, and what became of it, is durable before anybody hears of it. Every call may be made again: a place is taken
/// once, a outcome stands, and who was admitted in a call whose answer was lost learns it by looking.
#[async_trait]
pub trait LinePort: Send + Sync + 'static {
    /// Makes a line; one that is there stays as it is.
    async fn make_line(&self, line: &LineId, rule: LineRule) -> Result<(), HotError>;

    /// Changes a line's rule, unless somebody else has changed it since it was read: `rule` is what was read, with its
    /// revision, and changed. The next revision is the engine's to give. Of any number of changes made from the same
    /// rule one counts; the others hear the rule that they have to be made from. Whoever does not hear what became of a
    /// change reads the rule again.
    async fn change_rule(&self, line: &LineId, rule: LineRule) -> Result<RuleChange, HotError>;

    /// The rule in force; none if there is no such line.
    async fn rule(&self, line: &LineId) -> Result<Option<LineRule>, HotError>;

    /// All lines.
    async fn lines(&self) -> Result<Vec<LineId>, HotError>;

    /// Takes places in order, or tells the places that people have. One answer each.
    async fn enter(&self, batch: Vec<LineUser>, clock: Clock) -> Vec<Result<LineStatus, HotError>>;

    /// How people stand; who asks is there, and has the turn back if it was lost. One answer each.
    async fn check_in(&self, batch: Vec<LineUser>, clock: Clock) -> Vec<Result<LineStatus, HotError>>;

    /// As [`LinePort::check_in`] of one person by the engine's clock, where that can be said without waiting for anything;
    /// none where it has to be asked.
    fn check_in_now(&self, _who: &LineUser) -> Option<LineStatus> {
        None
    }

    /// Gives up a place or a pass. Whether there was one.
    async fn leave(&self, who: &LineUser, clock: Clock) -> Result<bool, HotError>;

    /// Lets the next go: as many as the line's rate and room allow, and as there are passes. Any number of callers
    /// together admit what the rule allows, and no more.
    async fn admit(&self, line: &LineId, passes: Vec<Uuid>, clock: Clock) -> Result<Admission, HotError>;

    /// Puts those back who have been dealt with for too long (GATE-006): who, and their tickets.
    async fn put_back(&self, line: &LineId, clock: Clock) -> Result<Vec<(UserId, u64)>, HotError>;

    /// What came of it for somebody. Whether that person has a outcome now.
    async fn finish(&self, who: &LineUser, outcome: LineOutcome) -> Result<bool, HotError>;

    /// Goes on with the opening draw where the line has one and it is time, some way or to the end: whoever hears
    /// [`DrawStep::UnderWay`] calls again. Any number of callers may, and whoever comes back after a crash goes on
    /// where it was: nobody hears of a ticket before all are drawn, and what is drawn stays.
    async fn draw(&self, line: &LineId, clock: Clock) -> Result<DrawStep, HotError>;

    /// The line's figures; none if there is no such line. `gone_max`: most ranges of given-up tickets.
    async fn counts(&self, line: &LineId, gone_max: usize, clock: Clock) -> Result<Option<LineCounts>, HotError>;
}
