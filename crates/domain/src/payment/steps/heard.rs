//! What others say: notices of PortOne, and `ReservationCancelled`. Both are noted, and workers ask (hole 14).

use super::{Changed, Owed, earlier};
use crate::payment::model::{Asking, CancelNote, Payment, PaymentStatus};
use crate::time::Timestamp;

/// The reason of a reservation whose time was over: it is due anyhow, and may be taken again.
const RUN_OUT: &str = "HOLD_EXPIRED";

impl Payment {
    /// PortOne says that something has happened: it is looked up soon. What it says beside that counts for nothing.
    #[must_use]
    pub fn noticed(&self, now: Timestamp) -> Self {
        Self { due_at: self.due_soon(now), ..self.clone() }
    }

    /// Due now. While a try is under way that is before the end of its time, also where the try takes longer, so that it is
    /// not taken for the try's own work ([`Payment::ask_to_look`]).
    fn due_soon(&self, now: Timestamp) -> Option<Timestamp> {
        let before_end = |asking: Asking| Timestamp(asking.until.millis().saturating_sub(1));
        earlier(self.due_at, self.asking.map_or(now, |asking| now.min(before_end(asking))))
    }

    /// Its reservation has ended.
    ///
    /// - PENDING: noted, the latest hold counts; due at once, but for a hold that ran out.
    /// - SUCCESS: given back whole, whatever the reason, unless a hold before the paid one has ended (PAY-012).
    /// - FAILED and REFUNDED: nothing. Their money is on its way already.
    ///
    /// None where nothing changes.
    #[must_use]
    pub fn reservation_cancelled(&self, reason: &str, hold_no: Option<i64>, now: Timestamp) -> Option<Changed> {
        match self.status {
            PaymentStatus::Pending => {
                let is_older =
                    |note: &CancelNote| matches!((note.hold_no, hold_no), (Some(old), Some(new)) if new <= old);
                if self.cancelled.as_ref().is_some_and(is_older) {
                    return None;
                }
                let cancelled = Some(CancelNote { reason: reason.to_owned(), hold_no });
                let due_at = if reason == RUN_OUT { self.due_at } else { self.due_soon(now) };
                Some(Changed::quietly(Self { cancelled, due_at, ..self.clone() }))
            }
            PaymentStatus::Success => {
                let is_before = hold_no.is_some_and(|ended| ended < self.hold_no);
                let owed = Changed { payment: self.clone(), message: None, refund: Some(Owed::all(reason)) };
                (!is_before).then_some(owed)
            }
            PaymentStatus::Failed | PaymentStatus::Refunded => None,
        }
    }
}
