//! Keys: their rows on every database, the ring, the internal call.

mod api_keys;
mod https;
mod internal;
mod key_ring;
mod quotas;
