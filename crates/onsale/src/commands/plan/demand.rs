//! What a crowd asks for at its peak. Nothing here was measured: people were never asked. Each assumption has a name.

use serde::Serialize;

/// How often a person asks until it is decided: once, once more because the first answer was slow, and a look at the result.
pub const ASKS: f64 = 3.0;
/// How long a connection stays open behind its last request, in seconds: what the shipped NGINX does.
pub const KEPT_OPEN_SECONDS: f64 = 65.0;
/// How often a page says that its person is still there (`docs/client.en.md`), in seconds.
const PRESENCE_SECONDS: f64 = 50.0;
/// A page looks at the line every twentieth of the wait, but not more often and not more seldom than this, in seconds.
const LOOKS_PER_WAIT: f64 = 20.0;
const LOOK_SECONDS_MIN: f64 = 2.0;
const LOOK_SECONDS_MAX: f64 = 30.0;
/// A page listens to a stream in the last seconds before its turn.
const STREAM_SECONDS: f64 = 60.0;

/// The evening that is planned.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Evening {
    /// People who come.
    pub people: u64,
    /// What they come for.
    pub stock: u64,
    /// In how many minutes all of them are to be answered.
    pub minutes: u32,
    /// How many times more come in the busiest second than in an average one.
    pub peak: u32,
    /// Whether they wait in a line.
    pub line: bool,
    /// Cores of one machine.
    pub cores: u32,
}

/// What happens in the busiest second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Demand {
    /// People who arrive.
    pub arrivals: f64,
    /// Requests for the item.
    pub asks: f64,
    /// Items that are given.
    pub given: f64,
    /// People who join the line.
    pub enters: f64,
    /// Looks at the line's public document.
    pub looks: f64,
    /// Looks at one's own place.
    pub own_looks: f64,
    /// People who are let in.
    pub admitted: f64,
    /// Pages that listen to a stream.
    pub streams: f64,
    /// Connections that are open.
    pub connections: f64,
}

impl Evening {
    /// People as a number to reckon with.
    fn crowd(&self) -> f64 {
        self.people as f64
    }

    fn seconds(&self) -> f64 {
        f64::from(self.minutes) * 60.0
    }

    /// The demand of the busiest second. With a line, as if everybody waited from the first second on.
    pub fn demand(&self) -> Demand {
        let (people, seconds) = (self.crowd(), self.seconds());
        let arrivals = people.min(people * f64::from(self.peak) / seconds);
        let admitted = if self.line { people / seconds } else { 0.0 };
        let deciding = if self.line { admitted } else { arrivals };
        let streams = if self.line { people.min(admitted * STREAM_SECONDS) } else { 0.0 };
        let waiting = if self.line { people } else { 0.0 };
        Demand {
            arrivals,
            asks: deciding * ASKS,
            given: deciding.min(self.stock as f64),
            enters: if self.line { arrivals } else { 0.0 },
            looks: waiting * looks_per_second(seconds),
            own_looks: waiting / PRESENCE_SECONDS,
            admitted,
            streams,
            connections: if self.line { people } else { people.min(arrivals * KEPT_OPEN_SECONDS) },
        }
    }
}

/// Looks a second of a person in a line that is `wait` seconds long, on average over all places: a page at the front looks
/// every two seconds, one far behind every thirty.
fn looks_per_second(wait: f64) -> f64 {
    let (near, far) = (LOOKS_PER_WAIT * LOOK_SECONDS_MIN, LOOKS_PER_WAIT * LOOK_SECONDS_MAX);
    let at_the_front = wait.min(near) / LOOK_SECONDS_MIN;
    let between = LOOKS_PER_WAIT * (wait.clamp(near, far) / near).ln();
    let behind = (wait - far).max(0.0) / LOOK_SECONDS_MAX;
    (at_the_front + between + behind) / wait
}
