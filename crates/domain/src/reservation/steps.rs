//! Steps on a book: each as if it were alone, in the order of their decision.

use super::book::ReservationBook;
use super::cancel::{cancel, release_hold};
use super::change::Next;
use super::claim::claim;
use super::hear::{hear, hear_answer};
use super::hold::{extend, reserved, swap};
use super::model::{Reservation, ReservedSeat};
use super::request::{
    Cancellation, ClaimRequest, HeardOf, HoldWish, PaymentNews, PaymentReply, SeatWish, SecureRequest, SwapWish,
    UseWish,
};
use super::secure::{Secured, refused, secure};
use super::status::{PaymentState, Refusal, ReservationStatus, UnsecuredWhy};
use super::ticket_use::mark_used;
use crate::id::{AccountId, ReservationId, ScheduleId, SeatId};
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// What is asked of a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Make a reservation.
    Hold(HoldWish),
    /// Change its seats.
    Swap(SwapWish),
    /// Let its hold live longer.
    Extend {
        /// The reservation.
        reservation: ReservationId,
        /// The person.
        user: AccountId,
        /// How much longer, in milliseconds.
        by_ms: i64,
    },
    /// Let its hold go.
    ReleaseHold {
        /// The reservation.
        reservation: ReservationId,
        /// The person.
        user: AccountId,
    },
    /// Cancel it.
    Cancel(Cancellation),
    /// Let a payment stand on it.
    Claim(ClaimRequest),
    /// Keep its seats for the payment.
    Secure(SecureRequest),
    /// A message of its payment.
    Hear(HeardOf),
    /// Payment's answer to a question.
    HearAnswer(PaymentReply),
    /// Its ticket is shown at a door.
    Use(UseWish),
}

/// What has come of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepAnswer {
    /// The reservation after it.
    pub reservation: Reservation,
    /// Seats that it has given up: hot state is told so after the commit.
    pub given_up: Vec<SeatId>,
    /// Whether anything was stored. A step that comes again is answered from what stands.
    pub has_changed: bool,
}

impl Step {
    /// The reservation that it is about.
    pub fn reservation(&self) -> ReservationId {
        match self {
            Self::Hold(wish) => wish.reservation,
            Self::Swap(wish) => wish.reservation,
            Self::Extend { reservation, .. } | Self::ReleaseHold { reservation, .. } => *reservation,
            Self::Cancel(request) => request.reservation,
            Self::Claim(request) => request.reservation,
            Self::Secure(request) => request.reservation,
            Self::Hear(heard) => heard.reservation,
            Self::HearAnswer(reply) => reply.reservation,
            Self::Use(wish) => wish.reservation,
        }
    }
}

impl Step {
    /// The number of a hold that payment has of this book, where it tells of one. A `secure` with a foreign number is refused by the
    /// claim (hole 16).
    fn named_hold_no(&self) -> Option<i64> {
        match self {
            Self::Hear(HeardOf { news: PaymentNews::Success { hold_no, .. }, .. }) => *hold_no,
            Self::HearAnswer(reply) => reply.hold_no,
            _ => None,
        }
    }
}

/// Different seats, each once, in the order of their ids.
fn distinct(wishes: &[SeatWish]) -> Vec<SeatWish> {
    let each: BTreeMap<SeatId, &SeatWish> = wishes.iter().rev().map(|wish| (wish.seat, wish)).collect();
    each.into_values().cloned().collect()
}

impl ReservationBook {
    /// Decides one step at `now`, by the clock of the database that keeps the book (hole 15).
    ///
    /// # Errors
    /// [`Refusal`]: nothing has changed, but that a refused `secure` is kept (hole 4), and that holds whose time is over may have
    /// been ended.
    pub fn decide(&mut self, step: &Step, now: Timestamp) -> Result<StepAnswer, Refusal> {
        // Hole 7: a number that this book has not drawn is of a time that it has lost.
        if let Some(named) = step.named_hold_no() {
            self.see_hold_no(named);
        }
        // A door may go on: it neither sells nor cancels.
        if self.is_behind() && !matches!(step, Step::Use(_)) {
            return Err(Refusal::Behind);
        }
        if let Step::Hold(wish) = step {
            return self.hold(wish, now);
        }
        let before = self.get(step.reservation()).cloned().ok_or(Refusal::NotFound)?;
        let scene = self.scene(before.schedule, now);
        let next = match step {
            Step::Hold(_) => None,
            Step::Swap(wish) => self.swapped(&before, wish, now)?,
            Step::Extend { user, by_ms, .. } => Some(extend(&before, *user, *by_ms, scene)?),
            Step::ReleaseHold { user, .. } => Some(release_hold(&before, *user, scene)?),
            Step::Cancel(request) => Some(cancel(&before, request, scene)?),
            Step::Claim(request) => Some(claim(&before, request, scene)?).filter(|next| next.reservation != before),
            Step::Secure(request) => self.secured(&before, request, now)?,
            Step::Hear(heard) => hear(&before, heard, scene),
            Step::HearAnswer(reply) => {
                Some(hear_answer(&before, reply, scene).unwrap_or_else(|| Next::of(before.clone(), now)))
            }
            Step::Use(wish) => Some(mark_used(&before, wish, scene)?),
        };
        let has_changed = next.is_some();
        let reservation = next.map_or_else(|| before.clone(), |next| self.apply(next));
        Ok(StepAnswer { given_up: given_up(&before, &reservation), reservation, has_changed })
    }

    /// All of the seats or none (RSV-001), the person's seats counted over reservations (RSV-005).
    fn hold(&mut self, wish: &HoldWish, now: Timestamp) -> Result<StepAnswer, Refusal> {
        let wishes = distinct(&wish.seats);
        if let Some(standing) = self.get(wish.reservation) {
            return standing_hold(standing, wish, &wishes, now);
        }
        let scene = self.scene(wish.schedule, now);
        if scene.is_cancelled {
            return Err(Refusal::EventCancelled);
        }
        let place = (wish.schedule, wish.user, wish.reservation);
        let seats = self.room(place, &wishes, &[], wish.seats_max, now)?;
        let reservation = Reservation {
            id: wish.reservation,
            user: wish.user,
            schedule: wish.schedule,
            event: wish.event,
            status: ReservationStatus::Pending,
            cancel_reason: None,
            total_amount: seats.iter().map(|seat| seat.price).sum(),
            hold_expires_at: Timestamp(now.millis().saturating_add(wish.ttl_ms)),
            hold_no: self.draw(),
            extended_at: None,
            claim: None,
            secured_at: None,
            payment_state: PaymentState::None,
            paid_amount: None,
            ticket_number: None,
            used: None,
            confirmed_at: None,
            cancelled_at: None,
            ask_at: None,
            created_at: now,
            seats,
        };
        let reservation = self.apply(Next::of(reservation, now));
        Ok(StepAnswer { reservation, given_up: Vec::new(), has_changed: true })
    }

    /// The seats as this reservation would have them. In the order of the contract: too many, then sold, then held.
    fn room(
        &mut self,
        (schedule, user, own): (ScheduleId, AccountId, ReservationId),
        wishes: &[SeatWish],
        before: &[ReservedSeat],
        seats_max: u8,
        now: Timestamp,
    ) -> Result<Vec<ReservedSeat>, Refusal> {
        let ids: Vec<SeatId> = wishes.iter().map(|wish| wish.seat).collect();
        self.clear(schedule, &ids, user, own, now);
        let taken_slots = self.other_slots(schedule, user, own);
        let held = u8::try_from(taken_slots.len()).unwrap_or(u8::MAX);
        if usize::from(held) + wishes.len() > usize::from(seats_max) {
            return Err(Refusal::TooManySeats { held });
        }
        let others = ids.iter().filter_map(|seat| Some((*seat, self.owner_but(schedule, *seat, own)?)));
        let (sold, held): (Vec<_>, Vec<_>) = others.partition(|(_, owner)| owner.is_sold);
        if !sold.is_empty() || !held.is_empty() {
            let ids = |seats: Vec<(SeatId, _)>| seats.into_iter().map(|(seat, _)| seat).collect();
            return Err(Refusal::SeatsTaken { sold: ids(sold), held: ids(held) });
        }
        let kept = |wish: &SeatWish| before.iter().find(|seat| seat.seat == wish.seat && seat.is_live);
        let kept_slots: Vec<u8> = wishes.iter().filter_map(kept).map(|seat| seat.slot).collect();
        let free = (1..=u8::MAX).filter(|slot| !taken_slots.contains(slot) && !kept_slots.contains(slot));
        let new: Vec<SeatWish> = wishes.iter().filter(|wish| kept(wish).is_none()).cloned().collect();
        // 255 numbers are more than anybody may have: `seats_max` is below.
        let mut seats = reserved(&new, free).ok_or(Refusal::TooManySeats { held: u8::MAX })?;
        let with_slot =
            |wish: &SeatWish| reserved(std::slice::from_ref(wish), kept(wish).map(|seat| seat.slot).into_iter());
        seats.extend(wishes.iter().filter_map(with_slot).flatten());
        seats.sort_by_key(|seat| seat.seat);
        Ok(seats)
    }

    /// None: it has these seats already, by the same call before.
    fn swapped(&mut self, before: &Reservation, wish: &SwapWish, now: Timestamp) -> Result<Option<Next>, Refusal> {
        let wishes = distinct(&wish.seats);
        let is_same = has_seats(before, &wishes);
        let place = (before.schedule, before.user, before.id);
        let scene = self.scene(before.schedule, now);
        let seats = || {
            if is_same {
                return Ok((before.seats.clone(), before.hold_no));
            }
            let seats = self.room(place, &wishes, &before.seats, wish.seats_max, now)?;
            Ok((seats, self.draw()))
        };
        let next = swap(before, wish.user, seats, scene)?;
        Ok((next.reservation != *before).then_some(next))
    }

    /// `secure`, with what only the book knows: other reservations of the person (holes 11, 12), and whether the seats are free.
    fn secured(
        &mut self,
        before: &Reservation,
        request: &SecureRequest,
        now: Timestamp,
    ) -> Result<Option<Next>, Refusal> {
        let scene = self.scene(before.schedule, now);
        let ids = before.seat_ids();
        if before.is_expired(now) {
            self.clear(before.schedule, &ids, before.user, before.id, now);
        }
        let has_other = !self.other_slots(before.schedule, before.user, before.id).is_empty();
        let decided = match secure(before, request, has_other, scene) {
            Secured::Retaken(_) if ids.iter().any(|id| self.owner_but(before.schedule, *id, before.id).is_some()) => {
                refused(before, UnsecuredWhy::SeatsTaken, scene, true)
            }
            decided => decided,
        };
        match decided {
            Secured::Standing => Ok(None),
            Secured::Kept(next) => Ok(Some(next)),
            Secured::Retaken(mut next) => {
                // The person has no other live seat, so the slots of these are free (hole 11).
                next.reservation.seats.iter_mut().for_each(|seat| seat.is_live = true);
                next.reservation.hold_no = self.draw();
                Ok(Some(next))
            }
            Secured::Refused { why, kept } => {
                if let Some(next) = kept {
                    self.apply(next);
                }
                Err(Refusal::Unsecured(why))
            }
        }
    }
}

fn given_up(before: &Reservation, after: &Reservation) -> Vec<SeatId> {
    let kept = after.live_seats();
    before.live_seats().into_iter().filter(|seat| !kept.contains(seat)).collect()
}

fn has_seats(of: &Reservation, wishes: &[SeatWish]) -> bool {
    of.live_seats().into_iter().eq(wishes.iter().map(|wish| wish.seat))
}

/// A hold that comes again: as it stands, if it stands.
fn standing_hold(
    standing: &Reservation,
    wish: &HoldWish,
    wishes: &[SeatWish],
    now: Timestamp,
) -> Result<StepAnswer, Refusal> {
    let is_of = standing.user == wish.user && standing.schedule == wish.schedule;
    if !is_of {
        return Err(Refusal::OtherHold);
    }
    if standing.is_expired(now) {
        return Err(Refusal::HoldExpired);
    }
    if standing.status == ReservationStatus::Cancelled {
        return Err(Refusal::AlreadyCancelled);
    }
    if !has_seats(standing, wishes) {
        return Err(Refusal::OtherHold);
    }
    Ok(StepAnswer { reservation: standing.clone(), given_up: Vec::new(), has_changed: false })
}
