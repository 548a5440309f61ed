//! The reaction of a person to each response.

use super::crowd::{Crowd, Then};
use super::person::Step;
use super::replies::{self, Held, Made, Offer, Shown, Standing, Standing409};
use super::windows::Order;
use crate::load::record_ns;
use books::records::Remark;
use domain::SeatId;
use domain::id::ReservationId;

/// Refusals of seats in a row before a person gives up.
const REFUSALS_MAX: u8 = 4;
/// A person looks for seats again after this time, in milliseconds.
const AGAIN_MS: u64 = 400;
/// Pause before a decided payment is looked at again, in milliseconds.
const LOOK_MS: u64 = 500;
/// So long after the end of the hold one is too late, in milliseconds.
const LATE_MS: i64 = 1_200;
/// Of the front of the hall people pick their seats themselves.
const FRONT: usize = 4;
const NS_PER_MS: u64 = 1_000_000;

impl Crowd<'_> {
    /// The seats that a person asks for; none: the best that there are.
    pub(super) fn choose(&mut self, user: u32) -> Vec<SeatId> {
        let person = &mut self.people[user as usize];
        if !person.offered.is_empty() {
            return std::mem::take(&mut person.offered);
        }
        let (wanted, all) = (usize::from(person.manner.seats), self.show.seats.len());
        if !person.manner.picks || person.refusals > 0 || all <= wanted {
            return Vec::new();
        }
        let front = (all / FRONT).max(wanted);
        let first = self.random.usize(..=front - wanted);
        self.show.seats[first..first + wanted].to_vec()
    }

    /// A yes to the present step.
    pub(super) fn yes(&mut self, user: u32, body: &[u8], now_ns: u64, latency_ns: u64) -> anyhow::Result<Then> {
        Ok(match self.person(user).step {
            Step::Enter => {
                record_ns(&mut self.notes.entering_us, latency_ns);
                self.person(user).step = Step::Status;
                Then::At(now_ns)
            }
            Step::Status => {
                record_ns(&mut self.notes.status_us, latency_ns);
                let standing: Standing = serde_json::from_slice(body)?;
                self.standing(user, standing, now_ns)
            }
            Step::Hold => {
                record_ns(&mut self.notes.holding_us, latency_ns);
                let held: Held = serde_json::from_slice(body)?;
                self.held(user, held, now_ns)
            }
            Step::Pay => {
                record_ns(&mut self.notes.paying_us, latency_ns);
                let made: Made = serde_json::from_slice(body)?;
                let person = self.person(user);
                (person.payment, person.key) = (Some(made.payment_id), Some(made.payment_key));
                self.open_window(user, now_ns)
            }
            Step::FindPayment => {
                let shown: Shown = serde_json::from_slice(body)?;
                self.person(user).key = shown.payment_key;
                match (shown.status.as_str(), shown.payment_key) {
                    ("PENDING", Some(_)) => self.open_window(user, now_ns),
                    ("PENDING", None) => self.after_ms(LOOK_MS, now_ns),
                    _ => self.shown(user, &shown.status, now_ns),
                }
            }
            Step::Confirm => {
                record_ns(&mut self.notes.confirming_us, latency_ns);
                let shown: Shown = serde_json::from_slice(body)?;
                self.shown(user, &shown.status, now_ns)
            }
            Step::LookAtPayment | Step::Window => {
                let shown: Shown = serde_json::from_slice(body)?;
                self.shown(user, &shown.status, now_ns)
            }
            Step::Cancel => {
                self.notes.cancelled += 1;
                if let Some(reservation) = self.person(user).reservation {
                    let account = self.account(user);
                    self.notes.hears(account, Remark::Cancelled { reservation });
                }
                Then::Done("ticket given back")
            }
        })
    }

    fn standing(&mut self, user: u32, standing: Standing, now_ns: u64) -> Then {
        self.count_step();
        if standing.status != "ACTIVE" {
            return self.after_ms(self.poll_ms, now_ns);
        }
        let person = self.person(user);
        (person.pass, person.step) = (standing.token, Step::Hold);
        Then::At(now_ns)
    }

    fn held(&mut self, user: u32, held: Held, now_ns: u64) -> Then {
        self.count_step();
        self.notes.holds += 1;
        let (reservation, until) = (held.reservation_id, held.hold_expires_at);
        let account = self.account(user);
        self.notes.hears(account, Remark::Held { reservation, schedule: self.show.schedule, until });
        self.notes.seats.insert(reservation, held.seats.iter().map(|seat| seat.seat_id).collect());
        let person = self.person(user);
        (person.reservation, person.amount, person.held_until) = (Some(reservation), held.total_amount, until);
        (person.refusals, person.step) = (0, Step::Pay);
        if std::mem::take(&mut person.manner.leaves) {
            if !person.manner.comes_back {
                return Then::Done("left with a hold");
            }
            // Comes back when the hold is over, and holds anew.
            person.begin_again();
            return self.at_end_of_hold(user, now_ns);
        }
        self.after_ms(20, now_ns)
    }

    /// A little after the end of the hold.
    fn at_end_of_hold(&mut self, user: u32, now_ns: u64) -> Then {
        let rest_ms = self.person(user).held_until.millis() - clock::now().millis() + LATE_MS;
        Then::At(now_ns + u64::try_from(rest_ms).unwrap_or(0) * NS_PER_MS)
    }

    fn open_window(&mut self, user: u32, now_ns: u64) -> Then {
        let person = self.person(user);
        person.step = Step::Window;
        if std::mem::take(&mut person.manner.is_late) {
            // The window closes when the hold is over: only the confirmation is late, or the payment, too.
            person.step = Step::Confirm;
            person.transaction = "late".to_owned();
            let (key, fails) = (person.key, false);
            if let (Some(key), true) = (key, user.is_multiple_of(2)) {
                self.windows.pay(Order { user, key, fails });
                self.person(user).step = Step::Window;
                self.person(user).manner.is_late = true;
                return Then::AtTheWindow;
            }
            return self.at_end_of_hold(user, now_ns);
        }
        let (fails, key) = (person.manner.fails, person.key);
        let Some(key) = key else { return Then::Done("gave up") };
        self.windows.pay(Order { user, key, fails });
        Then::AtTheWindow
    }

    /// The provider's window has closed.
    pub(super) fn window_closed(&mut self, user: u32, transaction: Option<String>, now_ns: u64) -> Then {
        let Some(transaction) = transaction else { return Then::Done("gave up") };
        let person = self.person(user);
        (person.transaction, person.step) = (transaction, Step::Confirm);
        if std::mem::take(&mut person.manner.is_late) {
            return self.at_end_of_hold(user, now_ns);
        }
        if std::mem::take(&mut person.manner.closes) {
            return Then::Done("closed the page after paying");
        }
        Then::At(now_ns)
    }

    /// What became of a payment.
    fn shown(&mut self, user: u32, status: &str, now_ns: u64) -> Then {
        let account = self.account(user);
        let person = self.person(user);
        let (Some(payment), Some(reservation)) = (person.payment, person.reservation) else {
            return Then::Done("gave up");
        };
        match status {
            "SUCCESS" => {
                self.notes.hears(account, Remark::Paid { payment, reservation });
                self.bought(user, now_ns)
            }
            "FAILED" => {
                self.notes.failed += 1;
                self.notes.hears(account, Remark::PaymentFailed { payment, reservation });
                self.person(user).manner.fails = false;
                self.once_more(user, now_ns)
            }
            "REFUNDED" => Then::Done("given back"),
            _ => {
                self.person(user).step = Step::LookAtPayment;
                self.after_ms(LOOK_MS, now_ns)
            }
        }
    }

    fn bought(&mut self, user: u32, now_ns: u64) -> Then {
        self.count_ticket();
        self.notes.tickets += 1;
        self.notes.first_ticket_ns.get_or_insert(now_ns);
        self.notes.last_ticket_ns = now_ns;
        let person = &mut self.people[user as usize];
        person.tickets += 1;
        record_ns(&mut self.notes.purchase_us, now_ns.saturating_sub(person.hold_ns));
        if std::mem::take(&mut person.manner.cancels) {
            person.step = Step::Cancel;
            if let Some(reservation) = person.reservation {
                let account = self.account(user);
                self.notes.hears(account, Remark::CancelAsked { reservation });
            }
            return self.after_ms(AGAIN_MS, now_ns);
        }
        if std::mem::take(&mut person.manner.buys_again) {
            return self.once_more(user, now_ns);
        }
        Then::Done("bought")
    }

    fn once_more(&mut self, user: u32, now_ns: u64) -> Then {
        self.person(user).begin_again();
        self.after_ms(AGAIN_MS, now_ns)
    }

    /// A refusal of the present step.
    pub(super) fn no(
        &mut self,
        user: u32,
        code: &str,
        body: &[u8],
        now_ns: u64,
        latency_ns: u64,
    ) -> anyhow::Result<Then> {
        let step = self.person(user).step;
        Ok(match (step, code) {
            (Step::Enter, "ALREADY_APPROVED") => {
                self.person(user).step = Step::Status;
                Then::At(now_ns)
            }
            (Step::Status, "NOT_IN_QUEUE") | (Step::Hold | Step::Pay, "QUEUE_TOKEN_EXPIRED") => {
                let person = self.person(user);
                (person.pass, person.step) = (None, Step::Enter);
                self.after_ms(self.poll_ms, now_ns)
            }
            (Step::Hold, "RESERVATION_IN_PROGRESS" | "IDEMPOTENCY_KEY_IN_USE") => self.after_ms(AGAIN_MS, now_ns),
            (Step::Hold, "SEAT_ALREADY_HELD" | "SEAT_ALREADY_SOLD" | "SEAT_NOT_AVAILABLE") => {
                record_ns(&mut self.notes.holding_us, latency_ns);
                self.refused(user, body, now_ns)
            }
            (Step::Hold, "MAX_SEATS_EXCEEDED") => self.without_seats(user),
            (Step::Pay, "PAYMENT_ALREADY_EXISTS") => {
                let standing: Standing409 = serde_json::from_slice(body)?;
                let person = self.person(user);
                (person.payment, person.step) = (Some(standing.payment_id), Step::FindPayment);
                Then::At(now_ns)
            }
            (Step::Confirm, "PAYMENT_ALREADY_EXISTS") => {
                self.person(user).step = Step::LookAtPayment;
                Then::At(now_ns)
            }
            (Step::Pay | Step::Confirm, "HOLD_EXPIRED" | "RESERVATION_NOT_PAYABLE") => {
                self.notes.too_late += 1;
                if let Some(reservation) = self.person(user).reservation {
                    let account = self.account(user);
                    self.notes.hears(account, Remark::TooLate { reservation });
                }
                self.once_more(user, now_ns)
            }
            (Step::Pay | Step::Confirm, code) if code.starts_with("PORTONE_") => self.after_ms(AGAIN_MS, now_ns),
            (Step::Cancel, "RESERVATION_IN_PROGRESS") => self.after_ms(AGAIN_MS, now_ns),
            (Step::Cancel, _) => Then::Done("bought"),
            _ => Then::Done("refused"),
        })
    }

    fn refused(&mut self, user: u32, body: &[u8], now_ns: u64) -> Then {
        self.notes.conflicts += 1;
        self.count_step();
        let offer: Offer = serde_json::from_slice(body).unwrap_or_default();
        let person = self.person(user);
        person.refusals += 1;
        // Another request is another call.
        person.hold_number += 1;
        if person.refusals >= REFUSALS_MAX {
            return self.without_seats(user);
        }
        if offer.instead.is_empty() {
            return self.after_ms(AGAIN_MS, now_ns);
        }
        person.offered = offer.instead;
        Then::At(now_ns)
    }

    fn without_seats(&mut self, user: u32) -> Then {
        if self.person(user).tickets > 0 { Then::Done("bought") } else { Then::Done("found no seats") }
    }

    /// Notes an answer that is in no list of its route.
    pub(super) fn note_unlisted(&mut self, user: u32, status: u16, code: &str) {
        let (route, listed) = match self.person(user).step {
            Step::Enter => ("POST /queue/enter", replies::ENTER),
            Step::Status => ("GET /queue/status", replies::STATUS),
            Step::Hold => ("POST /reservations/hold", replies::HOLD),
            Step::Pay => ("POST /payments", replies::PAY),
            Step::Confirm => ("POST /payments/confirm", replies::CONFIRM),
            Step::Cancel => ("DELETE /reservations/{id}", replies::CANCEL),
            Step::FindPayment | Step::LookAtPayment | Step::Window => ("GET /payments/{id}", replies::LOOK),
        };
        if !listed.contains(&code) {
            let account = self.account(user);
            let (route, code) = (route.to_owned(), code.to_owned());
            self.notes.hears(account, Remark::Unlisted { route, status, code });
        }
    }

    /// Whether the seats of two tickets that were told are the same: by what people were told alone.
    pub(super) fn doubled(tickets: impl Iterator<Item = (ReservationId, Vec<SeatId>)>) -> u64 {
        let mut owner = std::collections::HashMap::new();
        let mut doubled = 0;
        for (reservation, seats) in tickets {
            for seat in seats {
                let before = owner.insert(seat, reservation);
                doubled += u64::from(before.is_some_and(|before| before != reservation));
            }
        }
        doubled
    }
}
