//! The observations of a sale.

use super::super::tally::Tally;
use crate::load::latency_histogram;
use books::records::{History, Remark};
use domain::id::ReservationId;
use domain::{AccountId, SeatId};
use hdrhistogram::Histogram;
use std::collections::{BTreeMap, HashMap};

/// All observations.
pub(super) struct Notes {
    pub(super) tally: Tally,
    pub(super) histories: HashMap<AccountId, History>,
    /// The seats of each hold that was told.
    pub(super) seats: HashMap<ReservationId, Vec<SeatId>>,
    /// How people ended.
    pub(super) outcomes: BTreeMap<&'static str, u64>,
    pub(super) holds: u64,
    pub(super) conflicts: u64,
    pub(super) tickets: u64,
    pub(super) cancelled: u64,
    pub(super) too_late: u64,
    pub(super) failed: u64,
    pub(super) entering_us: Histogram<u64>,
    pub(super) status_us: Histogram<u64>,
    pub(super) holding_us: Histogram<u64>,
    pub(super) paying_us: Histogram<u64>,
    pub(super) confirming_us: Histogram<u64>,
    /// From the hold's request to the told success.
    pub(super) purchase_us: Histogram<u64>,
    pub(super) first_ticket_ns: Option<u64>,
    pub(super) last_ticket_ns: u64,
}

impl Notes {
    pub(super) fn new() -> Self {
        Self {
            tally: Tally::new(),
            histories: HashMap::new(),
            seats: HashMap::new(),
            outcomes: BTreeMap::new(),
            holds: 0,
            conflicts: 0,
            tickets: 0,
            cancelled: 0,
            too_late: 0,
            failed: 0,
            entering_us: latency_histogram(),
            status_us: latency_histogram(),
            holding_us: latency_histogram(),
            paying_us: latency_histogram(),
            confirming_us: latency_histogram(),
            purchase_us: latency_histogram(),
            first_ticket_ns: None,
            last_ticket_ns: 0,
        }
    }

    pub(super) fn hears(&mut self, user: AccountId, remark: Remark) {
        let history = self.histories.entry(user);
        history.or_insert_with(|| History { user: Some(user), remarks: Vec::new() }).remarks.push(remark);
    }
}
