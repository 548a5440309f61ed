//! The embedded engines: what needs no server. `tests/redis` has the engines on Redis.

mod coupon_conformance;
mod coupon_safety;
mod lines;
