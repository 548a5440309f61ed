//! What the catalog and the coupons answer, as far as the shop shows it.

use domain::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A page of a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Paged<T> {
    pub list: Vec<T>,
    #[serde(default)]
    pub total_elements: u64,
}

/// A show in a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listed {
    pub id: Uuid,
    pub title: String,
    pub artist: String,
    pub venue_name: String,
    pub city: String,
    pub start_date: Timestamp,
    pub end_date: Timestamp,
    /// `OPEN`, `ENDED`, `CANCELLED`.
    pub status: String,
    pub min_price: Option<i64>,
    pub sale_start_at: Timestamp,
}

/// A show.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Detail {
    pub id: Uuid,
    pub title: String,
    pub artist: String,
    pub description: Option<String>,
    pub status: String,
    pub venue: Venue,
    pub halls: Hall,
    pub price_by_grade: BTreeMap<String, i64>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Venue {
    pub name: String,
    pub address: String,
    pub city: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Hall {
    pub name: String,
}

/// A performance.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Time {
    pub id: Uuid,
    pub sale_start_at: Timestamp,
    pub sale_end_at: Timestamp,
    pub event_start_at: Timestamp,
    pub event_end_at: Timestamp,
    /// `UPCOMING`, `ONGOING`, `ENDED`, `CANCELLED`.
    pub status: String,
    pub left: u64,
    pub in_payment: Option<u64>,
}

/// A place where shows are.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Place {
    pub city: String,
}

/// A campaign of coupons.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Campaign {
    pub event_id: String,
    pub name: String,
    /// `scheduled`, `active`, `sold_out`, `paused`, `closed`.
    pub status: String,
    pub remaining_stock: u64,
    pub opens_at: Option<Timestamp>,
}

/// Grades from the dearest hall seats down, as people know them; others behind, by name.
pub(super) fn grade_order(grade: &str) -> usize {
    ["VIP", "S", "A", "B"].iter().position(|known| *known == grade).unwrap_or(usize::MAX)
}
