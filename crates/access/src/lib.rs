//! Access control: API keys, the callers that they identify, and the keys between internal services.

pub mod callers;
pub mod internal;
pub mod keys;
pub mod rows;

pub use callers::Callers;
pub use internal::InternalKeys;
pub use keys::{Caller, KeyRing};
