//! Who may call what: API keys, the callers that they name, and the keys between our own services.

pub mod api;
pub mod callers;
pub mod internal;
pub mod keys;
pub mod remote;
pub mod rows;

pub use callers::Callers;
pub use internal::InternalKeys;
pub use keys::{Caller, KeyRing};
