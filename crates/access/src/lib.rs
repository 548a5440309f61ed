//! Access to the service: the API keys of tenants, services and administrators.

pub mod rows;
