//! The engines on real servers: a single Redis, a cluster, Valkey.
//!
//! `ONSALE_FAULTS=20` tries each fault twenty times.

mod coupon_conformance;
mod coupon_safety;
mod lines;
