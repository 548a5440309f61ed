//! Who may call: the keys of tenants, services and administrators.

pub mod rows;
