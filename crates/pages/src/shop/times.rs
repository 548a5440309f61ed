//! A performance: whether it can be bought, when, how many seats are left.

use super::model::Time;
use domain::Timestamp;
use web::texts::Texts;

/// What a buyer can do about a performance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The sale begins later.
    Soon,
    /// Seats are free.
    Open,
    /// None is free, but some are in payment and may come back.
    InPayment,
    /// All are sold.
    SoldOut,
    /// The sale or the performance is over.
    Over,
    /// It does not take place.
    Cancelled,
}

impl State {
    /// For the style, and for tests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Soon => "soon",
            Self::Open => "open",
            Self::InPayment => "in-payment",
            Self::SoldOut => "sold-out",
            Self::Over => "over",
            Self::Cancelled => "cancelled",
        }
    }

    /// Of a performance now.
    pub fn of(time: &Time, now: Timestamp) -> Self {
        match time.status.as_str() {
            "CANCELLED" => Self::Cancelled,
            "ENDED" => Self::Over,
            _ if now < time.sale_start_at => Self::Soon,
            _ if time.sale_end_at <= now => Self::Over,
            _ if time.left > 0 => Self::Open,
            _ if time.in_payment.is_some_and(|count| count > 0) => Self::InPayment,
            _ => Self::SoldOut,
        }
    }
}

/// A performance as a line of its day.
pub(super) struct TimeLine {
    pub state: State,
    /// `20:00`.
    pub at: String,
    pub iso: String,
    /// `22:30`.
    pub until: String,
    /// What stands beside the time: seats, or when the sale begins.
    pub text: String,
    /// What screen readers hear with the button, so that no two buttons have one name.
    pub whole: String,
    pub href: String,
    /// When the sale begins, in milliseconds, while it has not.
    pub opens_ms: Option<i64>,
}

impl TimeLine {
    fn new(time: &Time, t: Texts, now: Timestamp) -> Self {
        let state = State::of(time, now);
        Self {
            state,
            at: t.time(time.event_start_at),
            iso: t.iso(time.event_start_at),
            until: t.time(time.event_end_at),
            text: text(state, time, t),
            whole: t.moment(time.event_start_at),
            href: format!("/wait/{}", time.id),
            opens_ms: (state == State::Soon).then(|| time.sale_start_at.millis()),
        }
    }
}

fn text(state: State, time: &Time, t: Texts) -> String {
    let count = |id: &str, count: u64| t.fill(id, "count", count);
    match state {
        State::Soon => t.fill("shop-time-opens", "moment", t.moment(time.sale_start_at)),
        State::Open => count("shop-time-left", time.left),
        State::InPayment => count("shop-time-in-payment", time.in_payment.unwrap_or_default()),
        State::SoldOut => t.get("shop-time-sold-out").to_owned(),
        State::Over => t.get("shop-time-over").to_owned(),
        State::Cancelled => t.get("shop-time-cancelled").to_owned(),
    }
}

/// The performances of one day in Korea.
pub(super) struct Day {
    pub date: String,
    pub times: Vec<TimeLine>,
}

/// All performances by day, the first first.
pub(super) fn days(times: &[Time], t: Texts, now: Timestamp) -> Vec<Day> {
    let mut sorted: Vec<&Time> = times.iter().collect();
    sorted.sort_by_key(|time| (time.event_start_at, time.id));
    let mut days: Vec<Day> = Vec::new();
    for time in sorted {
        let (date, line) = (t.date(time.event_start_at), TimeLine::new(time, t, now));
        match days.last_mut().filter(|day| day.date == date) {
            Some(day) => day.times.push(line),
            None => days.push(Day { date, times: vec![line] }),
        }
    }
    days
}
