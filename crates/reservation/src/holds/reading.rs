//! What people read of their reservations (RSV-009/010).

use crate::peers::Show;
use crate::rows::read;
use crate::service::ReservationService;
use crate::views::page::Page;
use crate::views::reservation::{Discounts, ReservationDetail, ReservationListed};
use domain::reservation::{Reservation, ReservationStatus};
use domain::ticket::{TicketCode, qr_data};
use domain::{AccountId, ErrorCode, ReservationId, ScheduleId};
use futures::future::join_all;
use onsale_http::ApiError;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

impl ReservationService {
    /// A page of a person's reservations, newest first.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn list(&self, user: AccountId, page: u64, size: u64) -> Result<Page<ReservationListed>, ApiError> {
        let (reservations, total_elements) = read::page_of(self.ledger(), user, page, size).await?;
        let shows = self.shows(&reservations).await;
        let listed = |one: &Reservation| ReservationListed::new(one, shows.get(&one.schedule).map(|show| &**show));
        Ok(Page { list: reservations.iter().map(listed).collect(), page, size, total_elements })
    }

    /// What the schedules of these are called, as far as anybody knows.
    async fn shows(&self, reservations: &[Reservation]) -> HashMap<ScheduleId, Arc<Show>> {
        let schedules: BTreeSet<ScheduleId> = reservations.iter().map(|one| one.schedule).collect();
        let shows = schedules.into_iter().map(|id| async move { Some((id, self.catalog().show(id).await?)) });
        join_all(shows).await.into_iter().flatten().collect()
    }

    /// A reservation of a person.
    ///
    /// # Errors
    /// `NOT_FOUND`, `FORBIDDEN`, `SERVICE_UNAVAILABLE`.
    pub async fn detail(&self, user: AccountId, id: ReservationId) -> Result<ReservationDetail, ApiError> {
        let standing = read::standing(self.ledger(), id, self.time_source()).await?;
        let standing = standing.ok_or_else(|| ApiError::from(ErrorCode::NotFound))?;
        let reservation = standing.reservation;
        if reservation.user != user {
            return Err(ErrorCode::Forbidden.into());
        }
        let show = self.catalog().show(reservation.schedule).await;
        let qr_data = self.qr_data(&reservation);
        Ok(ReservationDetail::new(&reservation, show.as_deref(), qr_data, standing.now))
    }

    /// What the QR code of a ticket says; none of what is no ticket (any more).
    fn qr_data(&self, of: &Reservation) -> Option<String> {
        let number = of.ticket_number.filter(|_| of.status == ReservationStatus::Confirmed)?;
        let code = TicketCode { number, reservation: of.id, schedule: of.schedule };
        Some(qr_data(&self.settings().public_url, &code.sign(self.tickets().current())))
    }

    /// Coupons that take something off a reservation (PAY-017).
    ///
    /// # Errors
    /// `NOT_FOUND`, `FORBIDDEN`, `SERVICE_UNAVAILABLE`.
    pub async fn discounts(&self, user: AccountId, id: ReservationId) -> Result<Discounts, ApiError> {
        let reservation = self.own(user, id).await?;
        self.coupons().usable(user, reservation.total_amount).await
    }
}
