//! Parses the responses of a line and its gate.

use super::super::answer::{Interpretation, excerpt};
use serde::Deserialize;
use std::borrow::Cow;

/// The response to enqueueing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EnqueueReply {
    /// A new place.
    New { rank: u32 },
    /// The existing place; rank 0 if already admitted.
    Known { rank: u32 },
    /// The campaign is sold out.
    SoldOut,
}

/// The response to a poll of the rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RankReply {
    Waiting { rank: u32 },
    Processing,
    Active,
    Issued,
    SoldOut,
    Unknown,
}

/// The response to a coupon request at the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IssueReply {
    Success,
    NoPass,
    AlreadyIssued,
    OutOfStock,
}

/// The public document.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    /// The highest admitted number.
    pub(super) serving: u64,
    /// Admitted users per second.
    rate_per_second: f64,
    /// Queue numbers per second; absent on older servers.
    #[serde(rename = "ticketsPerSecond")]
    numbers_per_second: Option<f64>,
    /// Ranges of released numbers after `serving`, ascending.
    left: Vec<(u64, u64)>,
}

impl Document {
    /// The queue number of this rank at the time of the document.
    pub(super) fn number(&self, rank: u32) -> u64 {
        let mut number = self.serving + u64::from(rank);
        for (first, last) in &self.left {
            if *first <= number {
                number += last.saturating_sub(*first) + 1;
            }
        }
        number
    }

    /// Estimated wait in seconds for this rank and number; `None` while the rate is zero.
    pub(super) fn wait_seconds(&self, rank: u32, number: u64) -> Option<f64> {
        let by_rank = (self.rate_per_second > 0.0).then(|| f64::from(rank) / self.rate_per_second)?;
        let ahead = number.saturating_sub(self.serving) as f64;
        let by_number = self.numbers_per_second.filter(|rate| *rate > 0.0 && ahead > 0.0).map(|rate| ahead / rate);
        Some(by_number.map_or(by_rank, |seconds| by_rank.min(seconds)))
    }

    /// The rank of a number; 0 when it is admitted.
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

fn read<T>(body: &[u8], know: impl FnOnce(&Body<'_>) -> Option<T>) -> Interpretation<T> {
    let known = serde_json::from_slice::<Body<'_>>(body).ok().and_then(|body| know(&body));
    known.map_or_else(
        || Interpretation::Unusable(format!("unreadable response: {}", excerpt(body))),
        Interpretation::Decision,
    )
}

pub(super) fn enqueue(body: &[u8]) -> Interpretation<EnqueueReply> {
    read(body, |body| match (body.status.as_deref()?, body.rank) {
        ("ENQUEUED", Some(rank)) => Some(EnqueueReply::New { rank }),
        ("ALREADY_ENQUEUED", Some(rank)) => Some(EnqueueReply::Known { rank }),
        ("SOLD_OUT", _) => Some(EnqueueReply::SoldOut),
        _ => None,
    })
}

pub(super) fn rank(body: &[u8]) -> Interpretation<RankReply> {
    read(body, |body| match (body.status.as_deref()?, body.rank) {
        ("WAITING", Some(rank)) => Some(RankReply::Waiting { rank }),
        ("PROCESSING", _) => Some(RankReply::Processing),
        ("ACTIVE", _) => Some(RankReply::Active),
        ("ISSUED", _) => Some(RankReply::Issued),
        ("SOLD_OUT", _) => Some(RankReply::SoldOut),
        ("UNKNOWN", _) => Some(RankReply::Unknown),
        _ => None,
    })
}

pub(super) fn issue(body: &[u8]) -> Interpretation<IssueReply> {
    read(body, |body| match body.result.as_deref()? {
        "SUCCESS" => Some(IssueReply::Success),
        "NOT_IN_ACTIVE_QUEUE" => Some(IssueReply::NoPass),
        "ALREADY_ISSUED" => Some(IssueReply::AlreadyIssued),
        "OUT_OF_STOCK" => Some(IssueReply::OutOfStock),
        _ => None,
    })
}

pub(super) fn document(body: &[u8]) -> Interpretation<Document> {
    match serde_json::from_slice(body) {
        Ok(document) => Interpretation::Decision(document),
        Err(error) => Interpretation::Unusable(format!("unreadable document ({error}): {}", excerpt(body))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_are_parsed_by_their_status() {
        let rank_of = |text: &str| rank(text.as_bytes());
        assert_eq!(
            rank_of(r#"{"status":"WAITING","rank":7}"#),
            Interpretation::Decision(RankReply::Waiting { rank: 7 })
        );
        assert_eq!(rank_of(r#"{"status":"ACTIVE","rank":null,"more":1}"#), Interpretation::Decision(RankReply::Active));
        assert!(matches!(rank_of(r#"{"status":"WAITING","rank":null}"#), Interpretation::Unusable(_)));
        assert!(matches!(rank_of(r#"{"status":"DANCING","rank":1}"#), Interpretation::Unusable(_)));
        let enqueued = |text: &str| enqueue(text.as_bytes());
        assert_eq!(
            enqueued(r#"{"status":"ENQUEUED","rank":1}"#),
            Interpretation::Decision(EnqueueReply::New { rank: 1 })
        );
        assert_eq!(
            enqueued(r#"{"status":"ALREADY_ENQUEUED","rank":0}"#),
            Interpretation::Decision(EnqueueReply::Known { rank: 0 })
        );
        assert_eq!(enqueued(r#"{"status":"SOLD_OUT","rank":null}"#), Interpretation::Decision(EnqueueReply::SoldOut));
        assert_eq!(issue(br#"{"result":"SUCCESS"}"#), Interpretation::Decision(IssueReply::Success));
        assert!(matches!(issue(br#"{"status":"SUCCESS"}"#), Interpretation::Unusable(_)));
        let serving = br#"{"line":"gate:a","serving":3,"ratePerSecond":1.5,"left":[],"at":"2026-12-01T20:00:00"}"#;
        let read = Document { serving: 3, rate_per_second: 1.5, ..Document::default() };
        assert_eq!(document(serving), Interpretation::Decision(read));
    }

    #[test]
    fn rank_and_number_convert_into_each_other() {
        let left = vec![(12, 13), (15, 15)];
        let document = Document { serving: 10, rate_per_second: 1.0, left, ..Document::default() };
        for (rank, number) in [(1, 11), (2, 14), (3, 16), (4, 17)] {
            assert_eq!((document.number(rank), document.rank(number)), (number, u64::from(rank)));
        }
        assert_eq!(document.rank(10), 0);
        assert_eq!(document.rank(3), 0);
    }

    #[test]
    fn the_wait_is_the_shorter_estimate_of_rank_and_number() {
        let document = Document { serving: 10, rate_per_second: 2.0, ..Document::default() };
        let newer = Document { numbers_per_second: Some(4.0), ..document.clone() };
        assert_eq!((document.wait_seconds(6, 22), newer.wait_seconds(6, 22)), (Some(3.0), Some(3.0)));
        assert_eq!((document.wait_seconds(8, 22), newer.wait_seconds(8, 22)), (Some(4.0), Some(3.0)));
        assert_eq!((newer.wait_seconds(6, 9), Document::default().wait_seconds(6, 22)), (Some(3.0), None));
    }
}
