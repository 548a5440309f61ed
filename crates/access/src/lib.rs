//! Access control: API keys, the callers that they identify, and the keys between internal services.

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
pub mod quotas;
pub mod remote;
pub mod rows;
pub mod scopes;
mod usage;

pub use callers::Callers;
pub use extract::{AdministratorCaller, InternalCaller, OpenCaller, TenantCaller};
pub use internal::InternalKeys;
pub use keys::{Caller, Holder, KeyRing};
pub use quotas::TenantQuotas;
