//! A user's coupons as one field of the participants' hash: `I17,<issued_at_ms>,<place>,<coupon id>[,<key>]`, joined
//! by `;`. `I` is issued, `R` taken back. Text, so that an operator can read it with any client.

use crate::redis::reply::{Reading, unexpected};
use domain::coupon::Coupon;
use domain::coupon::issue::IssuedCoupon;
use domain::{CouponId, IdempotencyKey, Timestamp, UserId};
use uuid::Uuid;

/// One coupon of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub coupon: IssuedCoupon,
    pub nth_of_user: u32,
    pub issued_at: Timestamp,
    /// Its place in the order of giving.
    pub place: u64,
    pub key: Option<IdempotencyKey>,
    pub revoked: bool,
}

impl Entry {
    pub fn of(&self, user: &UserId) -> Coupon {
        Coupon {
            coupon_id: self.coupon.coupon_id,
            serial: self.coupon.serial,
            user: user.clone(),
            nth_of_user: self.nth_of_user,
            issued_at: self.issued_at,
            revoked: self.revoked,
        }
    }
}

fn entry(text: &str, nth_of_user: u32) -> Option<Entry> {
    let mut fields = text.split(',');
    let (state, serial) = fields.next()?.split_at_checked(1)?;
    let serial = serial.parse().ok()?;
    let issued_at = Timestamp(fields.next()?.parse().ok()?);
    let place = fields.next()?.parse().ok()?;
    let coupon_id = CouponId(Uuid::try_parse(fields.next()?).ok()?);
    let key = match fields.next() {
        None => None,
        Some(key) => Some(IdempotencyKey(Uuid::try_parse(key).ok()?)),
    };
    let revoked = match state {
        "I" => false,
        "R" => true,
        _ => return None,
    };
    let coupon = IssuedCoupon { coupon_id, serial };
    Some(Entry { coupon, nth_of_user, issued_at, place, key, revoked })
}

/// A record's coupons in the order of giving; `None` if it is not one of ours.
pub(super) fn parse(record: &str) -> Option<Vec<Entry>> {
    record.split(';').zip(1..).map(|(text, nth)| entry(text, nth)).collect()
}

/// As [`parse`], of a reply of Redis.
pub(super) fn read(record: &str) -> Reading<Vec<Entry>> {
    parse(record).map_or_else(|| unexpected(&record), Ok)
}

/// The first coupon still held, else the first of all.
pub(super) fn first(entries: &[Entry]) -> Option<IssuedCoupon> {
    entries.iter().find(|entry| !entry.revoked).or(entries.first()).map(|entry| entry.coupon)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_back() {
        let (id, key) = (Uuid::from_u128(7), Uuid::from_u128(9));
        let record = format!("R17,1000,3,{},{};I2,2000,4,{}", id.simple(), key.simple(), id.simple());
        let entries = parse(&record).expect("a record");
        assert_eq!(entries[0].coupon, IssuedCoupon { coupon_id: CouponId(id), serial: 17 });
        assert_eq!((entries[0].key, entries[0].revoked), (Some(IdempotencyKey(key)), true));
        assert_eq!((entries[1].nth_of_user, entries[1].place, entries[1].key), (2, 4, None));
        assert_eq!(first(&entries).map(|coupon| coupon.serial), Some(2));
        for damaged in ["", "I", "X1,2,3,4", "I1,2,3", "I1,2,3,nonsense", "한1,2,3,4"] {
            assert_eq!(parse(damaged), None, "{damaged}");
        }
    }
}
