//! Mails that could not be sent in a day: their messages are set aside as dead letters, and an operator replays them.

use super::consumer::UserReservationGroup;
use super::owed::Origin;
use crate::outside::MailFault;
use crate::rows::entities::notice;
use crate::rows::notices;
use crate::service::AccountService;
use bus::{Body, DeadLetter, Delivery, Reason};
use onsale_http::ApiError;
use std::sync::Arc;

impl AccountService {
    /// Gives a mail up. One that a message asked for becomes a dead letter, and is kept until its message comes again; where
    /// dead letters cannot be kept now, it stays owed.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub(crate) async fn give_up(&self, notice: &notice::Model, fault: MailFault) -> Result<(), ApiError> {
        metrics::counter!("onsale_notices_given_up_total").increment(1);
        tracing::error!(%fault, kind = notice.kind, trace_id = notice.trace_id, "a mail was given up");
        let Some(origin) = Origin::read(notice) else { return Ok(notices::done(&self.ledger, notice).await?) };
        if let Some(dead_letters) = &self.ticket_mails.dead_letters
            && let Err(error) = dead_letters.store(&[letter(&origin, fault)]).await
        {
            tracing::warn!(%error, "the dead letter of a mail cannot be stored now");
            return Err(ApiError::unavailable());
        }
        Ok(notices::give_up(&self.ledger, notice, clock::now()).await?)
    }
}

fn letter(origin: &Origin, fault: MailFault) -> DeadLetter {
    let delivery = Delivery {
        topic: Arc::from(origin.topic.as_str()),
        partition: origin.partition,
        offset: origin.offset,
        key: origin.envelope.aggregate_id.clone(),
        headers: origin.headers.clone(),
        body: Body::Envelope(Arc::new(origin.envelope.clone())),
    };
    DeadLetter::of(&delivery, Some(UserReservationGroup::NAME), Reason::MaxRetryExceeded, &fault.to_string())
}
