//! NGINX with the configuration of `deploy/nginx` before the built program, Prometheus with its rules, and k6 with its
//! scripts.

mod alerts;
mod answers;
mod backend;
mod heads;
mod idle;
mod k6;
mod limits;
pub mod prometheus;
pub mod recorder;
mod retries;
mod tls;
mod upstreams;
