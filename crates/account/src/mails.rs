//! Mails that are sent behind the request that caused them: what the mail server says is nobody's answer.
//!
//! For mails that run out soon, such as codes: they wait in memory, and a restart forgets them; their person asks again.
//! A mail that is owed stands in the table `notices`. `consumer` owes those that messages about reservations and payments ask
//! for, `owed` makes and sends them, `shows` names the show, `dead` sets those aside that could not be sent in a day.

mod consumer;
mod dead;
mod owed;
mod shows;

pub use consumer::UserReservationGroup;
pub use owed::{TicketMail, TicketMailParts};
pub(crate) use shows::Shows;

use crate::outside::{Mail, MailFault, Mailer};
use domain::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Most mails under way: each is a task with a connection of its own.
const UNDER_WAY_MAX: usize = 256;
/// First pause after a failure; it doubles.
const PAUSE_MIN: Duration = Duration::from_secs(2);
/// Longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Sends mails behind requests. Cheap to clone.
#[derive(Clone)]
pub struct Mails {
    mailer: Mailer,
    places: Arc<Semaphore>,
}

impl Mails {
    /// Sends by this mail server.
    pub fn new(mailer: Mailer) -> Self {
        Self { mailer, places: Arc::new(Semaphore::new(UNDER_WAY_MAX)) }
    }

    /// Sends a mail, again with growing pauses while the server does not take it, and no more from `until` on. Returns false
    /// when too many are under way: this one is not sent then.
    #[must_use]
    pub fn post(&self, mail: Mail, until: Timestamp) -> bool {
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            tracing::warn!("too many mails are under way; one was not sent");
            count("no_room");
            return false;
        };
        let mailer = self.mailer.clone();
        tokio::spawn(async move {
            count(send(&mailer, &mail, until).await);
            drop(place);
        });
        true
    }
}

async fn send(mailer: &Mailer, mail: &Mail, until: Timestamp) -> &'static str {
    let mut pause = PAUSE_MIN;
    loop {
        match mailer.send(mail).await {
            Ok(()) => return "sent",
            Err(MailFault::Refused) => return "refused",
            Err(MailFault::Unavailable) if clock::now() >= until => return "given_up",
            Err(MailFault::Unavailable) => tokio::time::sleep(pause).await,
        }
        pause = (pause * 2).min(PAUSE_MAX);
        if clock::now() >= until {
            return "given_up";
        }
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("onsale_mails_total", "outcome" => outcome).increment(1);
}
