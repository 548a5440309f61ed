//! Extractors for handlers: JSON bodies, forms, parameters, the client's address.

pub mod client_ip;
mod form;
pub mod json;
mod objects;
pub mod params;
pub mod queries;

pub use client_ip::{ClientIp, TrustedProxies};
pub use form::Form;
pub use json::{Json, RequestBody};
pub use params::{Path, Query};
