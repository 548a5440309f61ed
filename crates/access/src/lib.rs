//! Access control: API keys, the callers that they identify, the keys between internal services, and people with their
//! tokens.

pub mod api;
pub mod callers;
pub mod client;
pub mod credentials;
pub mod extract;
mod holder;
mod identify;
pub mod internal;
pub mod keys;
pub mod making;
pub mod peer;
pub mod person;
pub mod quotas;
pub mod remote;
pub mod rows;
pub mod scopes;
pub mod session_cookies;
pub mod token;
mod usage;

pub use callers::Callers;
pub use extract::{AdministratorCaller, InternalCaller, OpenCaller, TenantCaller};
pub use internal::InternalKeys;
pub use keys::{Caller, Holder, KeyRing};
pub use peer::{Peer, PeerAway, PeerReply};
pub use person::{ActsFor, AdminPerson, ByPage, Person};
pub use quotas::TenantQuotas;
pub use session_cookies::{SessionCookies, SessionTokens};
pub use token::TokenKeys;
