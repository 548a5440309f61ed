//! Keys: their rows on every database, the ring, the internal call.

mod api_keys;
mod internal;
mod key_ring;
