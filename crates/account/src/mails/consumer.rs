//! Hears of reservations and payments, and owes the mails that they ask for (EVT-022, amendment 37).
//!
//! Of a batch all is stored in one transaction: that the messages were heard, the mails that are owed, and the group's own place in
//! the partition (hole 8). Sending is another task's. A message that is told again under another id owes nothing new: a
//! reservation has one mail of a kind.
//!
//! Accounts that were put back to an older copy have lost that they were heard, too: the mails of that time are owed again, and some
//! are sent a second time. A mail says how a reservation stands, so a second one tells nothing wrong; without the first one
//! nobody would hear that a show was cancelled.

use super::owed::{Origin, TicketMail};
use crate::rows::notices::{OwedMail, owe_all, revive};
use crate::rows::users;
use crate::service::AccountService;
use async_trait::async_trait;
use bus::{Failure, FailureKind, HandleError, Handler, Message, Places};
use domain::AccountId;
use domain::message::event::{PaymentSuccess, ReservationCancelled};
use domain::message::{Envelope, Place, topic};
use ledger::{LedgerError, Transaction, places, processed};
use serde::Deserialize;
use uuid::Uuid;

/// The consumer group.
pub struct UserReservationGroup {
    accounts: AccountService,
    places: Places,
}

/// Names the mails of a reservation.
const TOLD: Uuid = Uuid::from_u128(0x6d61_696c_0000_5000_8000_7265_7365_7276);

impl UserReservationGroup {
    /// The group's name (`contract-ticketing.md`, Messages).
    pub const NAME: &str = "user-reservation-consumer";

    /// A group that owes mails of this service.
    pub fn new(accounts: AccountService, places: Places) -> Self {
        Self { accounts, places }
    }
}

#[async_trait]
impl Handler for UserReservationGroup {
    fn group(&self) -> &str {
        Self::NAME
    }

    fn topics(&self) -> &[&str] {
        // Of a ticket nobody tells but the payment; whether it came in time reservation is asked.
        match self.accounts.ticket_mails.reservation {
            Some(_) => &[topic::RESERVATION_EVENTS, topic::PAYMENT_EVENTS],
            None => &[topic::RESERVATION_EVENTS],
        }
    }

    async fn places(&self, counted: &[Place]) -> Result<Vec<Place>, HandleError> {
        self.places.begin(places::begin(&self.accounts.ledger, Self::NAME, counted)).await
    }

    async fn went_past(&self, reached: &[Place]) -> Result<(), HandleError> {
        self.places.pass(places::pass(&self.accounts.ledger, Self::NAME, reached)).await
    }

    async fn handle(&self, batch: &[Message]) -> Result<(), HandleError> {
        self.accounts.hear_of_reservations(batch, self.places).await
    }
}

/// What a message asks for.
struct Asked {
    kind: TicketMail,
    reservation: Uuid,
    account: AccountId,
}

/// A message that can be read; without anything asked for it is only recorded.
struct Heard<'a> {
    message: &'a Message,
    asked: Option<Asked>,
}

impl Heard<'_> {
    fn id(&self) -> Uuid {
        self.message.envelope.event_id
    }

    /// The record that the reservation has had this mail.
    fn told(&self) -> Option<Envelope> {
        let asked = self.asked.as_ref()?;
        let name = format!("{}/{}", asked.kind.as_str(), asked.reservation);
        Some(Envelope { event_id: Uuid::new_v5(&TOLD, name.as_bytes()), ..Envelope::clone(&self.message.envelope) })
    }

    fn owed(&self) -> Option<OwedMail<'_>> {
        let asked = self.asked.as_ref()?;
        Some(OwedMail {
            id: self.id(),
            account: asked.account,
            kind: asked.kind.as_str(),
            trace_id: &self.message.envelope.metadata.correlation_id,
            message: Origin::of(self.message).written(),
        })
    }
}

fn asked(envelope: &Envelope) -> Result<Option<Asked>, String> {
    let invalid = |error: serde_json::Error| format!("payload: {error}");
    let (kind, reservation) = match envelope.event_type.as_str() {
        "ReservationCancelled" => {
            let told = ReservationCancelled::deserialize(&envelope.payload).map_err(invalid)?;
            let kind = match told.reason.as_str() {
                "EVENT_CANCELLED" => TicketMail::Cancelled,
                "LATE_PAYMENT" => TicketMail::LatePayment,
                // Whoever lets seats go, or lets their time pass, knows it.
                _ => return Ok(None),
            };
            (kind, told.reservation_id)
        }
        "PaymentSuccess" => {
            let told = PaymentSuccess::deserialize(&envelope.payload).map_err(invalid)?;
            (TicketMail::Ticket, told.reservation_id)
        }
        _ => return Ok(None),
    };
    let account = envelope.metadata.user_id.as_deref().and_then(|id| id.parse().ok());
    let account = account.ok_or("metadata.userId: must be the id of an account")?;
    Ok(Some(Asked { kind, reservation, account }))
}

impl AccountService {
    async fn hear_of_reservations(&self, batch: &[Message], places: Places) -> Result<(), HandleError> {
        let (mut failures, mut heard) = (Vec::new(), Vec::new());
        for (index, message) in batch.iter().enumerate() {
            match asked(&message.envelope) {
                Ok(asked) => heard.push(Heard { message, asked }),
                Err(error) => failures.push(Failure { index, kind: FailureKind::Invalid, error }),
            }
        }
        let reached = places.after(batch);
        let owed = self.ledger.change(async |change: Transaction| owe(change, &heard, &reached).await).await;
        let owed = owed.map_err(|error| match error {
            error @ LedgerError::Unavailable(_) => HandleError::Unavailable(error.into()),
            other => HandleError::Batch(other.into()),
        })?;
        if owed > 0 {
            self.owed.notify_one();
        }
        if failures.is_empty() { Ok(()) } else { Err(HandleError::Failed(failures)) }
    }
}

/// Returns how many mails are owed now that were not before.
async fn owe(change: Transaction, heard: &[Heard<'_>], reached: &[Place]) -> Result<usize, LedgerError> {
    let envelopes: Vec<&Envelope> = heard.iter().map(|one| one.message.envelope.as_ref()).collect();
    let mut new = processed::record(&change, UserReservationGroup::NAME, &envelopes).await?;
    let again: Vec<Uuid> = heard.iter().map(Heard::id).filter(|id| !new.contains(id)).collect();
    // Of a message that is twice in one batch the first counts.
    let fresh: Vec<&Heard<'_>> = heard.iter().filter(|one| new.remove(&one.id())).collect();
    let told: Vec<(&Heard<'_>, Envelope)> = fresh.into_iter().filter_map(|one| Some((one, one.told()?))).collect();
    let records: Vec<&Envelope> = told.iter().map(|(_, record)| record).collect();
    let mut first = processed::record(&change, UserReservationGroup::NAME, &records).await?;
    let accounts: Vec<AccountId> = told.iter().filter_map(|(one, _)| Some(one.asked.as_ref()?.account)).collect();
    // Of an account that is not here, after a restore, nobody can be told.
    let known = users::known(&change, &accounts).await?;
    let owed: Vec<OwedMail<'_>> = told
        .iter()
        .filter(|(_, record)| first.remove(&record.event_id))
        .filter_map(|(one, _)| one.owed())
        .filter(|owed| known.contains(&owed.account))
        .collect();
    let now = clock::now();
    owe_all(&change, &owed, now).await?;
    revive(&change, &again, now).await?;
    places::note(&change, UserReservationGroup::NAME, reached).await?;
    let count = owed.len() + again.len();
    change.commit().await?;
    Ok(count)
}
