//! The places between the parts of a payment's way. In a running system nothing happens there; a test stops a payment at one
//! of them, as a crash would, and looks at what repairs it (amendments, "Fifteen places to kill").

use futures::future::BoxFuture;
use std::fmt;
use std::sync::Arc;

/// A place between two parts. The numbers are those of the amendments' list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Reservation has a provisional claim, and the coupon is reserved for it.
    Discounted,
    /// 5: reservation has the claim, no row has been written.
    Claimed,
    /// 6: the row is there, PortOne has not been asked to register it.
    Stored,
    /// 7: PortOne has registered it, the row does not say so.
    Registered,
    /// 8: PortOne has said PAID, reservation has not been asked to keep the seats.
    Paid,
    /// 9 and 10: reservation keeps the seats, nothing of ours says so.
    Secured,
    /// 10: the coupon is redeemed, the payment is not SUCCESS.
    Redeemed,
    /// 11: the decision is stored, nobody has heard it.
    Decided,
    /// 13: that its buyer hears a refusal is stored, and it has not left.
    Told,
}

impl Place {
    /// Its name for trials of the whole program ([`cut::at`]).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Discounted => "payment-discounted",
            Self::Claimed => "payment-claimed",
            Self::Stored => "payment-stored",
            Self::Registered => "payment-registered",
            Self::Paid => "payment-paid",
            Self::Secured => "payment-secured",
            Self::Redeemed => "payment-redeemed",
            Self::Decided => "payment-decided",
            Self::Told => "payment-told",
        }
    }
}

type Hook = dyn Fn(Place) -> BoxFuture<'static, ()> + Send + Sync;

/// What happens at the places: nothing, or what a test says. Cheap to clone.
#[derive(Clone, Default)]
pub struct Course(Option<Arc<Hook>>);

impl Course {
    /// At each place this is waited for.
    pub fn with(hook: impl Fn(Place) -> BoxFuture<'static, ()> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hook)))
    }

    /// A payment has come to a place.
    pub(crate) async fn reached(&self, place: Place) {
        cut::at(place.as_str());
        if let Some(hook) = &self.0 {
            hook(place).await;
        }
    }
}

impl fmt::Debug for Course {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Course({})", if self.0.is_some() { "watched" } else { "free" })
    }
}
