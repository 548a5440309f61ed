//! Ids that are UUIDs: a type for each thing, so that the id of one thing cannot stand for another.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! uuid_types {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The UUID, for tables, journals and keys.
            pub const fn get(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }

        /// In lower case with hyphens.
        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(out)
            }
        }
    )*};
}

uuid_types! {
    /// A coupon that was given.
    CouponId,
    /// A pass, which lets an admitted person go on. It is a secret of its holder.
    PassId,
    /// An API key. It names the key and opens nothing: the secret is another part of the key's text.
    KeyId,
    /// A person's account.
    AccountId,
    /// A venue.
    VenueId,
    /// A hall of a venue.
    HallId,
    /// An event of the catalog: a show with one or more schedules.
    EventId,
    /// A schedule of an event: one performance, with seats of its own.
    ScheduleId,
    /// A seat of a schedule.
    SeatId,
    /// A reservation of seats by one person.
    ReservationId,
    /// A payment of a reservation.
    PaymentId,
    /// Our name of a payment at the provider: its `paymentId`, on the wire our `paymentKey`.
    PaymentKey,
    /// A refund of a payment.
    RefundId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_and_is_written_as_its_uuid() {
        let id = CouponId(Uuid::from_u128(7));
        let text = "00000000-0000-0000-0000-000000000007";
        assert_eq!((id.to_string().as_str(), text.parse()), (text, Ok(id)));
        assert_eq!(serde_json::to_string(&id).expect("written"), format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<CouponId>(&format!("\"{text}\"")).expect("read"), id);
        assert!("7".parse::<PassId>().is_err());
    }
}
