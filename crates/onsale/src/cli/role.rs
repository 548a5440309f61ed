//! The roles of a process, named as in the contract.

use std::str::FromStr;

macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident = $name:literal on $port:literal;)*) => {
        /// A role that this build has.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Role {
            $($(#[$doc])* $role,)*
        }

        impl Role {
            /// All roles of this build.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$role),*];

            /// The default port of a process with this role alone.
            pub fn port(self) -> u16 {
                match self {
                    $(Self::$role => $port,)*
                }
            }

            /// The name of the role.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$role => $name,)*
                }
            }
        }
    };
}

roles! {
    /// Decides on requests for coupons.
    Coupon = "coupon" on 8086;
    /// Writes the decisions into the database.
    Issuer = "issuer" on 8087;
    /// Keeps the lines before campaigns.
    Gate = "gate" on 8088;
    /// Keeps the lines before sites, and shows lines of any kind. Needs no database.
    Queue = "queue" on 8083;
    /// The way in for people: tokens, limits, sessions. Needs no database.
    Gateway = "gateway" on 8080;
    /// Accounts.
    User = "user" on 8081;
    /// Venues, events and seats.
    Catalog = "catalog" on 8082;
    /// Seats that people hold, and their tickets.
    Reservation = "reservation" on 8084;
    /// Payments, and their refunds.
    Payment = "payment" on 8085;
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|role| role.as_str() == text);
        known.ok_or_else(|| {
            let names = Self::ALL.map(Self::as_str).join(", ");
            format!("there is no such role; there are {names}")
        })
    }
}
