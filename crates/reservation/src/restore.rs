//! A database that was put back to an older copy takes over what payment knows, and is not behind any more (hole 7). An operator
//! runs it: `onsale reconcile --seats --repair`, or `--payments --repair`.

use crate::peers::Schedule;
use crate::rows::repair::{raise_hold_no, take_over};
use crate::rows::{read, upkeep};
use crate::service::ReservationService;
use crate::workers::new_ticket_number;
use access::PeerReply;
use call::{Entry, Facts};
use domain::catalog::PreciseTime;
use domain::reservation::{NotTakenOver, PaidReservation, ReservationStatus, SeatWish};
use domain::{AccountId, CouponId, ErrorCode, PaymentId, PaymentKey, ReservationId, ScheduleId, SeatId, Timestamp};
use ledger::calls::audit::append_alone;
use onsale_http::ApiError;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Payments of one answer.
const PAGE: usize = 500;

/// How the database stands beside what others have stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behind {
    /// The number of a hold that was drawn last here.
    pub counter: i64,
    /// The greatest that catalog or payment has stored.
    pub seen: i64,
}

/// What was taken over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenOver {
    /// Paid reservations that payment has named.
    pub paid: u64,
    /// Those that were made again, or confirmed again.
    pub made: u64,
    /// Those that a person has to look at: their money is to be given back, or their seats to be found.
    pub left: Vec<Left>,
    /// The number of a hold that was drawn last, from now on.
    pub counter: i64,
}

/// A paid reservation that could not be made again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// The reservation.
    pub reservation: ReservationId,
    /// Its payment.
    pub payment: PaymentId,
    /// Why.
    pub why: String,
}

/// A payment that is SUCCESS. Fields that are not read are borne.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PaidJson {
    payment_id: PaymentId,
    payment_key: PaymentKey,
    reservation_id: ReservationId,
    user_id: AccountId,
    schedule_id: ScheduleId,
    seat_ids: Vec<SeatId>,
    amount: i64,
    #[serde(default)]
    discount_amount: i64,
    #[serde(default)]
    coupon_id: Option<CouponId>,
    hold_no: i64,
    paid_at: Option<PreciseTime>,
    /// Something is given back: it needs no seats.
    refund: Option<String>,
}

#[derive(Debug, Deserialize)]
struct PaidList {
    list: Vec<PaidJson>,
}

impl ReservationService {
    /// Whether the database is behind what catalog and payment have stored, as they say now.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`: one of them does not say.
    pub async fn behind(&self) -> Result<Option<Behind>, ApiError> {
        if !self.workers().look_at_others().await {
            return Err(ApiError::unavailable().detail("catalog or payment does not say what it has stored"));
        }
        let seen = self.steps().terms().fence.seen();
        let counter = read::hold_no(self.ledger()).await?;
        Ok((seen > counter).then_some(Behind { counter, seen }))
    }

    /// Makes every reservation again that payment has as paid and this database lacks, and puts the counter above all numbers that
    /// others have stored: from then on servers sell again, without a restart. What was not paid ends with its time. May be
    /// repeated. Nothing where the database is not behind.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`: a role is away; the database stays behind.
    pub async fn take_over_paid(&self) -> Result<Option<TakenOver>, ApiError> {
        let Some(behind) = self.behind().await? else { return Ok(None) };
        self.note_take_over(behind).await?;
        let mut taken = TakenOver { counter: behind.seen, ..TakenOver::default() };
        let mut schedules = HashMap::new();
        let mut after = 0;
        loop {
            let page = self.paid_above(after).await?;
            let Some(last) = page.last() else { break };
            after = last.hold_no;
            let is_last = page.len() < PAGE;
            self.take_page(page, &mut schedules, &mut taken).await?;
            if is_last {
                break;
            }
        }
        // A ticket of the copy may have been cancelled since, and its message was heard then: payment is asked about each.
        upkeep::ask_about_live(self.ledger(), clock::now()).await?;
        raise_hold_no(self.ledger(), behind.seen).await?;
        Ok(Some(taken))
    }

    async fn note_take_over(&self, behind: Behind) -> Result<(), ApiError> {
        let facts = Facts {
            action: "reservations.take_over",
            target: "reservations".to_owned(),
            before: Some(serde_json::json!({"counter": behind.counter})),
            after: Some(serde_json::json!({"counter": behind.seen})),
        };
        if let Some(entry) = Entry::of(facts) {
            append_alone(self.ledger(), &entry).await?;
        }
        Ok(())
    }

    async fn paid_above(&self, hold_no: i64) -> Result<Vec<PaidJson>, ApiError> {
        let path = format!("/internal/payments?aboveHoldNo={hold_no}&limit={PAGE}");
        let away = |why: String| {
            tracing::warn!(why, "payment does not say what it has as paid");
            ApiError::unavailable().detail("payment does not say what it has as paid")
        };
        let reply: PeerReply = self.workers().payment().get(&path).await.map_err(|error| away(error.to_string()))?;
        if !reply.status.is_success() {
            return Err(away(format!("{} {}", reply.status, reply.code())));
        }
        let page: PaidList = reply.read().map_err(|error| away(error.to_string()))?;
        Ok(page.list)
    }

    async fn take_page(
        &self,
        page: Vec<PaidJson>,
        schedules: &mut HashMap<ScheduleId, Option<Schedule>>,
        taken: &mut TakenOver,
    ) -> Result<(), ApiError> {
        let mut lacking = Vec::new();
        let payments: BTreeMap<ReservationId, PaymentId> =
            page.iter().map(|paid| (paid.reservation_id, paid.payment_id)).collect();
        for paid in page.into_iter().filter(|paid| paid.refund.is_none()) {
            taken.paid += 1;
            if self.has(&paid).await? {
                continue;
            }
            let of_number = read::id_of_hold_no(self.ledger(), paid.hold_no).await?;
            if of_number.is_some_and(|id| id != paid.reservation_id) {
                taken.left.push(paid.left("the number of its hold was given to another one meanwhile"));
                continue;
            }
            let schedule = self.schedule_of(&paid, schedules).await?;
            match paid.wished(schedule.as_ref(), clock::now()) {
                Ok(wished) => lacking.push(wished),
                Err(why) => taken.left.push(paid.left(why)),
            }
        }
        let refused = take_over(self.ledger(), self.steps().terms(), &lacking).await?;
        taken.made += (lacking.len() - refused.len()) as u64;
        for (reservation, why) in refused {
            let payment = payments.get(&reservation).copied().unwrap_or(PaymentId(Uuid::nil()));
            taken.left.push(Left { reservation, payment, why: told(&why) });
        }
        Ok(())
    }

    /// Whether the ticket stands here.
    async fn has(&self, paid: &PaidJson) -> Result<bool, ApiError> {
        let known = read::one(self.ledger(), paid.reservation_id).await?;
        Ok(known
            .is_some_and(|known| known.status == ReservationStatus::Confirmed && known.is_claimed_by(paid.payment_id)))
    }

    async fn schedule_of(
        &self,
        paid: &PaidJson,
        schedules: &mut HashMap<ScheduleId, Option<Schedule>>,
    ) -> Result<Option<Schedule>, ApiError> {
        if let Some(known) = schedules.get(&paid.schedule_id) {
            return Ok(known.clone());
        }
        let found = match self.catalog().schedule(paid.schedule_id).await {
            Ok(schedule) => Some(schedule),
            Err(error) if error.code == ErrorCode::NotFound => None,
            Err(error) => return Err(error),
        };
        schedules.insert(paid.schedule_id, found.clone());
        Ok(found)
    }
}

impl PaidJson {
    /// The reservation with the seats and prices of the catalog, or why it cannot be.
    fn wished(&self, schedule: Option<&Schedule>, now: Timestamp) -> Result<PaidReservation, &'static str> {
        let schedule = schedule.ok_or("the catalog has no such schedule")?;
        let wish = |id: &SeatId| {
            let seat = schedule.seats.seat(*id)?;
            Some(SeatWish { seat: *id, number: seat.number.to_string(), grade: seat.grade, price: seat.price })
        };
        let seats: Option<Vec<SeatWish>> = self.seat_ids.iter().map(wish).collect();
        let seats = seats.filter(|seats| !seats.is_empty()).ok_or("the catalog does not have its seats")?;
        let total: i64 = seats.iter().map(|seat| seat.price).sum();
        if total != self.amount + self.discount_amount {
            return Err("the catalog has other prices");
        }
        let paid_at = self.paid_at.map_or(now, Timestamp::from);
        Ok(PaidReservation {
            reservation: self.reservation_id,
            user: self.user_id,
            schedule: self.schedule_id,
            event: schedule.show.event,
            seats,
            payment: self.payment_id,
            key: self.payment_key,
            amount: self.amount,
            coupon: self.coupon_id,
            hold_no: self.hold_no,
            paid_at,
            ticket_number: new_ticket_number(paid_at),
        })
    }

    fn left(&self, why: &str) -> Left {
        Left { reservation: self.reservation_id, payment: self.payment_id, why: why.to_owned() }
    }
}

fn told(why: &NotTakenOver) -> String {
    match why {
        NotTakenOver::SeatsTaken(seats) => {
            let seats: Vec<String> = seats.iter().map(ToString::to_string).collect();
            format!("others have its seats: {}", seats.join(", "))
        }
        NotTakenOver::Differs => "it has ended here in another way, or another payment stands on it".to_owned(),
    }
}
