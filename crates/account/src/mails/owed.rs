//! Mails about reservations: what they say, and when they are sent.

use crate::mail_texts::{About, about_reservation, language_of};
use crate::outside::MailFault;
use crate::rows::entities::{notice, user};
use crate::service::AccountService;
use access::Peer;
use bus::{DeadLetters, Delivery, Message};
use domain::ScheduleId;
use domain::message::Envelope;
use domain::message::event::{PaymentSuccess, ReservationCancelled};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// What mails about reservations need beside the accounts.
#[derive(Clone, Default)]
pub struct TicketMailParts {
    /// Asked whether a paid reservation has its ticket; none: nobody is sent a ticket.
    pub reservation: Option<Peer>,
    /// Asked for the names of shows; none: mails name none.
    pub catalog: Option<Peer>,
    /// Where mails are set aside that could not be sent in a day.
    pub dead_letters: Option<Arc<dyn DeadLetters>>,
}

/// A kind of mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketMail {
    /// The show was cancelled, and the reservation with it.
    Cancelled,
    /// The payment came too late and is given back.
    LatePayment,
    /// The ticket is there.
    Ticket,
}

impl TicketMail {
    /// As in the table `notices`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cancelled => "EVENT_CANCELLED",
            Self::LatePayment => "LATE_PAYMENT",
            Self::Ticket => "TICKET",
        }
    }

    /// Reads the written form.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Cancelled, Self::LatePayment, Self::Ticket].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// The message that asked for a mail, with the place where it came from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Origin {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    pub headers: Vec<(String, String)>,
    pub envelope: Envelope,
}

impl Origin {
    pub(super) fn of(message: &Message) -> Self {
        let Delivery { topic, partition, offset, headers, .. } = message.delivery.clone();
        let envelope = Envelope::clone(&message.envelope);
        Self { topic: topic.to_string(), partition, offset, headers, envelope }
    }

    pub(super) fn written(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(super) fn read(notice: &notice::Model) -> Option<Self> {
        serde_json::from_str(notice.message.as_deref()?).ok()
    }

    /// The reservation and its schedule.
    fn subject(&self) -> Option<(Uuid, ScheduleId)> {
        let payload = &self.envelope.payload;
        match self.envelope.event_type.as_str() {
            "PaymentSuccess" => {
                let told = PaymentSuccess::deserialize(payload).ok()?;
                Some((told.reservation_id, told.schedule_id))
            }
            _ => {
                let told = ReservationCancelled::deserialize(payload).ok()?;
                Some((told.reservation_id, told.schedule_id))
            }
        }
    }
}

/// Whether a ticket is there to be sent.
enum Standing {
    Confirmed,
    /// Reservation has not heard of the payment, or does not answer.
    NotYet,
    /// It was cancelled since; another mail tells that.
    Gone,
}

impl AccountService {
    /// Sends a mail about a reservation to the holder of the account.
    pub(crate) async fn send_ticket_mail(
        &self,
        kind: TicketMail,
        notice: &notice::Model,
        account: &user::Model,
        to: &str,
    ) -> Result<(), MailFault> {
        let Some((reservation, schedule)) = Origin::read(notice).and_then(|origin| origin.subject()) else {
            // Nothing says of what: another try finds no more.
            return Err(MailFault::Refused);
        };
        if kind == TicketMail::Ticket {
            match self.standing(reservation).await {
                Standing::Confirmed => {}
                Standing::NotYet => return Err(MailFault::Unavailable),
                Standing::Gone => return Ok(()),
            }
        }
        let show = self.shows.name(schedule).await;
        let page = format!("{}/me/tickets/{reservation}", self.settings.public_url.trim_end_matches('/'));
        let reservation = reservation.to_string();
        let about = About {
            show: show.as_deref(),
            reservation: &reservation,
            page: (kind == TicketMail::Ticket).then_some(page.as_str()),
        };
        let language = language_of(&account.locale);
        self.mailer.send(&about_reservation(to, kind, &about, language, &notice.trace_id)).await
    }

    async fn standing(&self, reservation: Uuid) -> Standing {
        #[derive(Deserialize)]
        struct Reservation {
            status: String,
        }
        let Some(peer) = &self.ticket_mails.reservation else { return Standing::Gone };
        let reply = match peer.get(&format!("/internal/reservations/{reservation}")).await {
            Ok(reply) => reply,
            Err(away) => {
                tracing::debug!(%away, "whether a ticket is there cannot be asked");
                return Standing::NotYet;
            }
        };
        match reply.read::<Reservation>().map(|reservation| reservation.status).as_deref() {
            Ok("CONFIRMED") => Standing::Confirmed,
            Ok("CANCELLED") => Standing::Gone,
            _ => Standing::NotYet,
        }
    }
}
