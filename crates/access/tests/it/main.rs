//! The rows of keys on every database.

mod api_keys;
