//! Extractors for handlers: JSON bodies, parameters, the client's address.

pub mod client_ip;
pub mod json;
mod objects;
pub mod params;

pub use client_ip::{ClientIp, TrustedProxies};
pub use json::{Json, RequestBody};
pub use params::{Path, Query};
