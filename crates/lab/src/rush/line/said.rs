//! What the answers of a line and its gate mean.

use super::super::answer::{Heard, excerpt};
use serde::Deserialize;
use std::borrow::Cow;

/// The answer to somebody who queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Queued {
    /// A new place.
    New { rank: u32 },
    /// The place that there was; rank 0 for whoever is through already.
    Known { rank: u32 },
    /// Nothing is left to queue for.
    SoldOut,
}

/// The answer to somebody who asks for the rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Waiting { rank: u32 },
    Processing,
    Active,
    Issued,
    SoldOut,
    Unknown,
}

/// The answer to somebody who asks for the coupon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Result {
    Success,
    NoPass,
    AlreadyIssued,
    OutOfStock,
}

/// The public document.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    /// The highest number let in.
    pub(super) serving: u64,
    /// People a second.
    rate_per_second: f64,
    /// Tickets a second; not told by older servers.
    tickets_per_second: Option<f64>,
    /// Ranges of numbers given up beyond that, ascending.
    left: Vec<(u64, u64)>,
}

impl Document {
    /// The number of somebody who was told this rank at the document's moment.
    pub(super) fn number(&self, rank: u32) -> u64 {
        let mut number = self.serving + u64::from(rank);
        for (first, last) in &self.left {
            if *first <= number {
                number += last.saturating_sub(*first) + 1;
            }
        }
        number
    }

    /// Seconds that somebody of this rank and number is told to wait; none while nobody is let in.
    pub(super) fn wait_seconds(&self, rank: u32, number: u64) -> Option<f64> {
        let by_rank = (self.rate_per_second > 0.0).then(|| f64::from(rank) / self.rate_per_second)?;
        let ahead = number.saturating_sub(self.serving) as f64;
        let by_number = self.tickets_per_second.filter(|rate| *rate > 0.0 && ahead > 0.0).map(|rate| ahead / rate);
        Some(by_number.map_or(by_rank, |seconds| by_rank.min(seconds)))
    }

    /// The rank of a number; 0 when it has been let in.
    pub(super) fn rank(&self, number: u64) -> u64 {
        let below = |(first, last): &(u64, u64)| (*last).min(number).saturating_sub(first.saturating_sub(1));
        let left: u64 = self.left.iter().filter(|range| range.0 <= number).map(below).sum();
        number.saturating_sub(self.serving).saturating_sub(left)
    }
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    status: Option<Cow<'a, str>>,
    #[serde(borrow)]
    result: Option<Cow<'a, str>>,
    rank: Option<u32>,
}

fn read<T>(body: &[u8], know: impl FnOnce(&Body<'_>) -> Option<T>) -> Heard<T> {
    let known = serde_json::from_slice::<Body<'_>>(body).ok().and_then(|body| know(&body));
    known.map_or_else(|| Heard::Hopeless(format!("an answer that cannot be read: {}", excerpt(body))), Heard::Decision)
}

pub(super) fn queued(body: &[u8]) -> Heard<Queued> {
    read(body, |body| match (body.status.as_deref()?, body.rank) {
        ("ENQUEUED", Some(rank)) => Some(Queued::New { rank }),
        ("ALREADY_ENQUEUED", Some(rank)) => Some(Queued::Known { rank }),
        ("SOLD_OUT", _) => Some(Queued::SoldOut),
        _ => None,
    })
}

pub(super) fn standing(body: &[u8]) -> Heard<Standing> {
    read(body, |body| match (body.status.as_deref()?, body.rank) {
        ("WAITING", Some(rank)) => Some(Standing::Waiting { rank }),
        ("PROCESSING", _) => Some(Standing::Processing),
        ("ACTIVE", _) => Some(Standing::Active),
        ("ISSUED", _) => Some(Standing::Issued),
        ("SOLD_OUT", _) => Some(Standing::SoldOut),
        ("UNKNOWN", _) => Some(Standing::Unknown),
        _ => None,
    })
}

pub(super) fn result(body: &[u8]) -> Heard<Result> {
    read(body, |body| match body.result.as_deref()? {
        "SUCCESS" => Some(Result::Success),
        "NOT_IN_ACTIVE_QUEUE" => Some(Result::NoPass),
        "ALREADY_ISSUED" => Some(Result::AlreadyIssued),
        "OUT_OF_STOCK" => Some(Result::OutOfStock),
        _ => None,
    })
}

pub(super) fn document(body: &[u8]) -> Heard<Document> {
    match serde_json::from_slice(body) {
        Ok(document) => Heard::Decision(document),
        Err(error) => Heard::Hopeless(format!("a document that cannot be read ({error}): {}", excerpt(body))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart() {
        let rank = |text: &str| standing(text.as_bytes());
        assert_eq!(rank(r#"{"status":"WAITING","rank":7}"#), Heard::Decision(Standing::Waiting { rank: 7 }));
        assert_eq!(rank(r#"{"status":"ACTIVE","rank":null,"more":1}"#), Heard::Decision(Standing::Active));
        assert!(matches!(rank(r#"{"status":"WAITING","rank":null}"#), Heard::Hopeless(_)));
        assert!(matches!(rank(r#"{"status":"DANCING","rank":1}"#), Heard::Hopeless(_)));
        let enqueue = |text: &str| queued(text.as_bytes());
        assert_eq!(enqueue(r#"{"status":"ENQUEUED","rank":1}"#), Heard::Decision(Queued::New { rank: 1 }));
        assert_eq!(enqueue(r#"{"status":"ALREADY_ENQUEUED","rank":0}"#), Heard::Decision(Queued::Known { rank: 0 }));
        assert_eq!(enqueue(r#"{"status":"SOLD_OUT","rank":null}"#), Heard::Decision(Queued::SoldOut));
        assert_eq!(result(br#"{"result":"SUCCESS"}"#), Heard::Decision(Result::Success));
        assert!(matches!(result(br#"{"status":"SUCCESS"}"#), Heard::Hopeless(_)));
        let serving = br#"{"line":"gate:a","serving":3,"ratePerSecond":1.5,"left":[],"at":"2026-12-01T20:00:00"}"#;
        let read = Document { serving: 3, rate_per_second: 1.5, ..Document::default() };
        assert_eq!(document(serving), Heard::Decision(read));
    }

    #[test]
    fn rank_and_number_are_two_views_of_one_place() {
        let left = vec![(12, 13), (15, 15)];
        let document = Document { serving: 10, rate_per_second: 1.0, left, ..Document::default() };
        for (rank, number) in [(1, 11), (2, 14), (3, 16), (4, 17)] {
            assert_eq!((document.number(rank), document.rank(number)), (number, u64::from(rank)));
        }
        assert_eq!(document.rank(10), 0);
        assert_eq!(document.rank(3), 0);
    }

    #[test]
    fn the_wait_is_that_of_the_rank_or_of_the_number_whichever_is_shorter() {
        let document = Document { serving: 10, rate_per_second: 2.0, ..Document::default() };
        let newer = Document { tickets_per_second: Some(4.0), ..document.clone() };
        assert_eq!((document.wait_seconds(6, 22), newer.wait_seconds(6, 22)), (Some(3.0), Some(3.0)));
        assert_eq!((document.wait_seconds(8, 22), newer.wait_seconds(8, 22)), (Some(4.0), Some(3.0)));
        assert_eq!((newer.wait_seconds(6, 9), Document::default().wait_seconds(6, 22)), (Some(3.0), None));
    }
}
