//! Halls with their templates of seats (EVT-013..015).

use crate::audit;
use crate::model::Hall;
use crate::new_id::new_id;
use crate::rows::entities::hall::Entity as Row;
use crate::rows::{events, free_id, halls, rows_before, venues};
use crate::search::composed;
use crate::service::{CatalogService, not_found};
use crate::views::hall::{HallPatch, HallView, NewHall};
use crate::views::page::Page;
use domain::catalog::text::Kind;
use domain::catalog::{SeatTemplate, template};
use domain::{ErrorCode, HallId, VenueId};
use ledger::{LedgerError, Transaction, calls};
use onsale_http::ApiError;

fn name_taken() -> ApiError {
    ErrorCode::HallNameDuplicate.into()
}

fn checked_capacity(capacity: u32) -> Result<u32, ApiError> {
    let is_valid = (1..=template::SEATS_MAX).contains(&capacity);
    if is_valid { Ok(capacity) } else { Err(ApiError::invalid("capacity: must be 1 to 100000")) }
}

/// Brings the names of a template into one form of Unicode, and checks it.
fn checked_template(given: &SeatTemplate, capacity: u32) -> Result<SeatTemplate, ApiError> {
    let template = given.clone().with_names(composed);
    let refusal = |error: template::TemplateError| ApiError::invalid(format!("seatTemplate: {error}"));
    template.plan_within(capacity).map_err(refusal)?;
    Ok(template)
}

impl CatalogService {
    /// Makes a hall.
    ///
    /// # Errors
    /// `NOT_FOUND`, `INVALID_INPUT`, `HALL_NAME_DUPLICATE`, `SERVICE_UNAVAILABLE`.
    pub async fn create_hall(&self, venue: VenueId, new: &NewHall) -> Result<HallView, ApiError> {
        let (now, id) = (clock::now(), HallId(new_id("hall")));
        let name = new.name.checked(Kind::HallName, "name")?;
        let capacity = checked_capacity(new.capacity)?;
        let template = checked_template(&new.seat_template, capacity)?;
        let hall = Hall { id, venue, name, capacity, template, created_at: now, updated_at: now };
        if call::is_done() {
            let made = halls::get(self.ledger.connection(), id).await?.ok_or_else(|| not_found("hall"))?;
            return Ok(HallView::made(&made));
        }
        let create = async |change: Transaction| {
            if venues::locked(&change, venue).await?.is_none() {
                return Ok(Err(not_found("venue")));
            }
            if halls::is_name_taken(&change, venue, &hall.name, id).await? {
                return Ok(Err(name_taken()));
            }
            let hall = Hall { id: HallId(free_id::<Row>(&change, id.get()).await?), ..hall.clone() };
            // First of all: of two runs of one call the second has nothing to make.
            calls::settle(&change, audit::hall("hall.create", None, Some(&hall)).as_ref()).await?;
            halls::insert(&change, &hall).await?;
            change.commit().await?;
            Ok(Ok(hall))
        };
        self.decide(create).await.map(|made| HallView::made(&made))
    }

    /// A page of a venue's halls, newest first.
    ///
    /// # Errors
    /// `NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub async fn halls(&self, venue: VenueId, page: u64, size: u64) -> Result<Page<HallView>, ApiError> {
        let connection = self.ledger.connection();
        venues::get(connection, venue).await?.ok_or_else(|| not_found("venue"))?;
        let (found, total_elements) = halls::of_venue(connection, venue, rows_before(page, size), size).await?;
        let list = found.into_iter().map(|named| HallView::named(venue, named)).collect();
        Ok(Page { list, page, size, total_elements })
    }

    /// A hall with its template.
    ///
    /// # Errors
    /// `NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub async fn hall(&self, venue: VenueId, id: HallId) -> Result<HallView, ApiError> {
        let hall = halls::get(self.ledger.connection(), id).await?.filter(|hall| hall.venue == venue);
        hall.map(|hall| HallView::whole(&hall)).ok_or_else(|| not_found("hall"))
    }

    /// Changes a hall. Seats that exist stay as they are.
    ///
    /// # Errors
    /// `NOT_FOUND`, `INVALID_INPUT`, `HALL_NAME_DUPLICATE`, `SERVICE_UNAVAILABLE`.
    pub async fn change_hall(&self, venue: VenueId, id: HallId, patch: &HallPatch) -> Result<HallView, ApiError> {
        let changed = async |change: Transaction| {
            // The venue first, as whoever makes a hall: two halls get one name one after the other.
            venues::locked(&change, venue).await?;
            let before = halls::locked(&change, id).await?.filter(|hall| hall.venue == venue);
            let Some(before) = before else { return Ok(Err(not_found("hall"))) };
            let after = match changed_hall(&before, patch) {
                Ok(after) => after,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if call::is_done() {
                return Ok(Ok(before));
            }
            if halls::is_name_taken(&change, venue, &after.name, id).await? {
                return Ok(Err(name_taken()));
            }
            halls::update(&change, &after).await?;
            calls::settle(&change, audit::hall("hall.change", Some(&before), Some(&after)).as_ref()).await?;
            change.commit().await?;
            Ok(Ok(after))
        };
        let after = self.decide_and_drop(self.shown_in(venue, Some(id)).await?, changed).await?;
        // An event that was made meanwhile shows the name, too.
        self.cache.renew(self.shown_in(venue, Some(id)).await?).await;
        Ok(HallView::changed(&after))
    }

    /// Deletes a hall without events.
    ///
    /// # Errors
    /// `NOT_FOUND`, `HALL_HAS_EVENTS`, `SERVICE_UNAVAILABLE`.
    pub async fn delete_hall(&self, venue: VenueId, id: HallId) -> Result<(), ApiError> {
        if call::is_done() {
            return Ok(());
        }
        let delete = async |change: Transaction| -> Result<_, LedgerError> {
            let hall = halls::locked(&change, id).await?.filter(|hall| hall.venue == venue);
            let Some(hall) = hall else { return Ok(Err(not_found("hall"))) };
            if events::is_any_of_hall(&change, id).await? {
                return Ok(Err(ErrorCode::HallHasEvents.into()));
            }
            halls::delete(&change, id).await?;
            calls::settle(&change, audit::hall("hall.delete", Some(&hall), None).as_ref()).await?;
            change.commit().await?;
            Ok(Ok(()))
        };
        self.decide(delete).await
    }
}

fn changed_hall(before: &Hall, patch: &HallPatch) -> Result<Hall, ApiError> {
    let name = patch.name.as_ref().map(|name| name.checked(Kind::HallName, "name")).transpose()?;
    let capacity = patch.capacity.map(checked_capacity).transpose()?.unwrap_or(before.capacity);
    // A smaller capacity may not fit the template that stays.
    let template = checked_template(patch.seat_template.as_ref().unwrap_or(&before.template), capacity)?;
    let name = name.unwrap_or_else(|| before.name.clone());
    Ok(Hall { name, capacity, template, updated_at: clock::now(), ..before.clone() })
}
