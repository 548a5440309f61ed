//! The signed list of a schedule's tickets, for doors without the network.

use crate::rows::read;
use crate::service::ReservationService;
use domain::reservation::{Reservation, ReservationStatus};
use domain::ticket::{DoorList, DoorTicket, TicketKeys, TicketStatus};
use domain::{ErrorCode, ScheduleId, Timestamp};
use ledger::{Ledger, LedgerError};
use onsale_http::ApiError;

/// Tickets read in one query.
const READ_AT_ONCE: u64 = 1_000;

/// Makes the signed list of a schedule's tickets; also for `onsale tickets export --schedule ID`, which needs the tables and the
/// key alone.
#[derive(Clone, Debug)]
pub struct TicketExport {
    /// The tables.
    pub ledger: Ledger,
    /// The key that signs is the one in force.
    pub keys: TicketKeys,
}

/// A signed list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// `base64url(JSON).base64url(signature)`.
    pub text: String,
    /// Its tickets.
    pub tickets: usize,
}

impl TicketExport {
    /// The list as of `at`, a moment that is not after this call: every ticket that was made before it is there.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn list(&self, schedule: ScheduleId, at: Timestamp) -> Result<Exported, LedgerError> {
        let mut tickets = Vec::new();
        let mut after = None;
        loop {
            let read = read::tickets(&self.ledger, schedule, after, READ_AT_ONCE).await?;
            after = read.last().map(|last| last.id);
            tickets.extend(read.iter().filter_map(ticket));
            if (read.len() as u64) < READ_AT_ONCE {
                break;
            }
        }
        tickets.sort_by_key(|ticket: &DoorTicket| ticket.number);
        let count = tickets.len();
        let text = DoorList { schedule, at, tickets }.sign(self.keys.current());
        Ok(Exported { text, tickets: count })
    }
}

fn ticket(of: &Reservation) -> Option<DoorTicket> {
    let status = match (of.status, &of.used) {
        (ReservationStatus::Confirmed, None) => TicketStatus::Valid,
        (ReservationStatus::Confirmed, Some(_)) => TicketStatus::Used,
        _ => TicketStatus::Cancelled,
    };
    let seats = of.seats.iter().map(|seat| seat.number.clone()).collect();
    Some(DoorTicket { number: of.ticket_number?, reservation: of.id, seats, status })
}

impl ReservationService {
    /// The signed list of a schedule's tickets.
    ///
    /// # Errors
    /// `NOT_FOUND` of a schedule that the catalog does not have and that has no ticket; `SERVICE_UNAVAILABLE`.
    pub(crate) async fn door_list(&self, schedule: ScheduleId) -> Result<String, ApiError> {
        let at = self.now().await?;
        let export = TicketExport { ledger: self.ledger().clone(), keys: self.tickets().clone() };
        let exported = export.list(schedule, at).await?;
        if exported.tickets > 0 {
            return Ok(exported.text);
        }
        match self.catalog().schedule(schedule).await {
            Err(error) if error.code == ErrorCode::NotFound => Err(error),
            // A list of nothing is right whether or not the catalog answers.
            _ => Ok(exported.text),
        }
    }
}
