//! The edge with real nginx in front of the built program, the files for Prometheus with real Prometheus, and the scripts
//! for k6 with real k6.

mod alerts;
mod answers;
mod backend;
mod edge;
#[path = "../support/http.rs"]
mod http;
mod k6;
mod limits;
mod prometheus;
mod recorder;
mod retries;
#[path = "../support/server.rs"]
mod server;
mod tls;
mod upstreams;
