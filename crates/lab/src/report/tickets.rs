//! The results of a sale of tickets.

use super::Latency;
use super::numbers::{duration, rounded, thousands};
use super::page::{LatencyRow, latency_row};
use serde::{Deserialize, Serialize};

/// What a sale has come to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TicketResults {
    /// Seats of the show.
    pub seats: u64,
    /// Holds that were told.
    pub holds: u64,
    /// Refusals of seats that others had.
    pub conflicts: u64,
    /// Payments that were told as successful.
    pub tickets: u64,
    /// Tickets given back.
    pub cancelled: u64,
    /// People who came when their hold was over.
    pub too_late: u64,
    /// Payments that have failed.
    pub failed: u64,
    /// Seconds until the first ticket.
    pub first_ticket_seconds: Option<f64>,
    /// Seconds until the last one.
    pub last_ticket_seconds: Option<f64>,
    /// Latency of entering the line.
    pub entering: Latency,
    /// Latency of asking for the turn.
    pub status: Latency,
    /// Latency of a hold, refused or not.
    pub holding: Latency,
    /// Latency of making a payment.
    pub paying: Latency,
    /// Latency of confirming it.
    pub confirming: Latency,
    /// From the request of the hold to the told success, with everything that people do between.
    pub purchase: Latency,
}

impl TicketResults {
    /// Tickets a second, from the first to the last.
    pub fn per_second(&self) -> Option<f64> {
        let (first, last) = self.first_ticket_seconds.zip(self.last_ticket_seconds)?;
        (last > first).then(|| self.tickets as f64 / (last - first))
    }

    /// The requests, for the page.
    pub(super) fn rows(&self) -> [LatencyRow; 6] {
        [
            latency_row("", "Enter the line", "줄 서기", &self.entering),
            latency_row("", "Ask for the turn", "순번 조회", &self.status),
            latency_row("", "Hold seats", "좌석 선점", &self.holding),
            latency_row("", "Make the payment", "결제 생성", &self.paying),
            latency_row("", "Confirm", "결제 승인", &self.confirming),
            latency_row("", "Whole purchase", "구매 전체", &self.purchase),
        ]
    }

    /// The facts, by name.
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        let number = thousands;
        let mut facts = vec![
            (
                "Seats",
                format!("{}, {} holds, {} refused", number(self.seats), number(self.holds), number(self.conflicts)),
            ),
            ("Tickets", format!("{}, {} given back", number(self.tickets), number(self.cancelled))),
            ("In vain", format!("{} payments failed, {} people too late", number(self.failed), number(self.too_late))),
        ];
        if let Some(rate) = self.per_second() {
            let last = duration(self.last_ticket_seconds.unwrap_or_default());
            facts.push(("Sale", format!("{} tickets a second, the last after {last}", rounded(rate))));
        }
        facts
    }
}
