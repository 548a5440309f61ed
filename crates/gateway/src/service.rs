//! The services behind the gateway.

use std::fmt;

/// A service by its role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// What the gateway answers itself: sessions, pages, documents, health.
    Gateway,
    /// Accounts.
    User,
    /// Venues and events.
    Catalog,
    /// Lines of schedules and of sites.
    Queue,
    /// Seats and tickets.
    Reservation,
    /// Payments.
    Payment,
    /// Coupons.
    Coupon,
    /// Lines before campaigns.
    Gate,
    /// Stand-ins of other people's services, in the demo.
    Sandbox,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Gateway,
        Self::User,
        Self::Catalog,
        Self::Queue,
        Self::Reservation,
        Self::Payment,
        Self::Coupon,
        Self::Gate,
        Self::Sandbox,
    ];

    /// The role's name, as in `gateway.url.<role>` and in labels of metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::User => "user",
            Self::Catalog => "catalog",
            Self::Queue => "queue",
            Self::Reservation => "reservation",
            Self::Payment => "payment",
            Self::Coupon => "coupon",
            Self::Gate => "gate",
            Self::Sandbox => "sandbox",
        }
    }

    /// The service of this role.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name() == name)
    }
}

impl fmt::Display for Service {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}
