//! One campaign in memory: the rule of `domain::coupon::issue` over packed winners.

use crate::winners::Winners;
use domain::coupon::Coupon;
use domain::coupon::issue::IssuedCoupon;
use domain::{Campaign, CouponId, Timestamp};
use std::collections::VecDeque;
use std::sync::Arc;

/// A campaign and all that was given.
///
/// Invariant: `1 <= serial <= stock` for every coupon given, and no two live coupons share one.
#[derive(Debug)]
pub(super) struct Sale {
    /// The campaign's row in the journal.
    pub journal_id: i64,
    pub campaign: Arc<Campaign>,
    /// Shared with readers while nothing can be given; copied before it is changed if a reader still holds it.
    pub winners: Arc<Winners>,
    next_serial: u32,
    /// Numbers taken back, the one that came back first in front.
    returned: VecDeque<u32>,
}

/// A coupon just given, in memory only until the journal has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grant {
    pub coupon: IssuedCoupon,
    pub row: u32,
    pub nth_of_user: u32,
    /// Whether the number had been taken back before.
    was_returned: bool,
}

impl Sale {
    pub fn new(journal_id: i64, campaign: Campaign) -> Self {
        Self {
            journal_id,
            campaign: Arc::new(campaign),
            winners: Arc::default(),
            next_serial: 1,
            returned: VecDeque::new(),
        }
    }

    pub fn remaining(&self) -> u32 {
        let fresh = (self.campaign.stock + 1).saturating_sub(self.next_serial);
        fresh + self.returned.len() as u32
    }

    /// Whether a request could be given a coupon at `now`.
    pub fn can_give(&self, now: Timestamp) -> bool {
        self.remaining() > 0 && self.campaign.phase(now) == domain::coupon::campaign::Phase::Open
    }

    /// Gives the next coupon. The rule has said yes before.
    pub fn give(&mut self, user: &str, coupon_id: CouponId, now: Timestamp) -> Grant {
        let returned = self.returned.pop_front();
        let serial = returned.unwrap_or(self.next_serial);
        assert!((1..=self.campaign.stock).contains(&serial), "serial {serial} beyond stock {}", self.campaign.stock);
        if returned.is_none() {
            self.next_serial += 1;
        }
        let coupon = IssuedCoupon { coupon_id, serial };
        let (row, nth_of_user) = self.enter(user, coupon, now);
        Grant { coupon, row, nth_of_user, was_returned: returned.is_some() }
    }

    fn enter(&mut self, user: &str, coupon: IssuedCoupon, at: Timestamp) -> (u32, u32) {
        let winners = Arc::make_mut(&mut self.winners);
        let row = winners.push(user, coupon, at);
        let nth_of_user = winners.get(row).map_or(1, |winner| winner.nth_of_user);
        (row, nth_of_user)
    }

    /// Takes back the coupon given last, because the journal could not keep it.
    pub fn undo(&mut self, given: &Grant) {
        Arc::make_mut(&mut self.winners).pop();
        if given.was_returned {
            self.returned.push_front(given.coupon.serial);
        } else {
            self.next_serial = given.coupon.serial;
        }
    }

    /// Whether a coupon from elsewhere fits in: its number is free and within stock, and it is the user's next.
    /// A coupon taken back into stock has no number any more (0).
    pub fn has_room_for(&self, coupon: &Coupon) -> bool {
        let Coupon { serial, revoked, .. } = *coupon;
        let free = serial >= self.next_serial || self.returned.contains(&serial);
        let number_fits = if serial == 0 { revoked } else { serial <= self.campaign.stock && free };
        let (count, _) = self.winners.count_and_first(coupon.user.as_str());
        number_fits && coupon.nth_of_user == count + 1
    }

    /// Enters a coupon of the journal.
    pub fn replay_given(&mut self, user: &str, coupon: IssuedCoupon, at: Timestamp) -> u32 {
        if let Some(place) = self.returned.iter().position(|serial| *serial == coupon.serial) {
            self.returned.remove(place);
        } else if coupon.serial >= self.next_serial {
            // Numbers jumped over (only after a loss) are given first from now on.
            self.returned.extend(self.next_serial..coupon.serial);
            self.next_serial = coupon.serial + 1;
        }
        self.enter(user, coupon, at).0
    }

    /// Enters a coupon from elsewhere that has room.
    pub fn restore(&mut self, coupon: &Coupon) {
        let issued = IssuedCoupon { coupon_id: coupon.coupon_id, serial: coupon.serial };
        let row = self.replay_given(coupon.user.as_str(), issued, coupon.issued_at);
        if coupon.revoked {
            self.take_back(row, false);
        }
    }

    /// Marks a coupon as taken back. Whether that changed anything.
    pub fn take_back(&mut self, row: u32, return_to_stock: bool) -> bool {
        let Some(winner) = self.winners.get(row) else { return false };
        if winner.revoked {
            return false;
        }
        let serial = winner.coupon.serial;
        Arc::make_mut(&mut self.winners).mark_revoked(row);
        if return_to_stock {
            self.returned.push_back(serial);
        }
        true
    }
}
