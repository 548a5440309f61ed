//! The edge with real nginx in front of the built program, and the files for Prometheus with real Prometheus.

mod alerts;
mod answers;
mod backend;
mod edge;
#[path = "../support/http.rs"]
mod http;
mod limits;
mod prometheus;
mod recorder;
mod retries;
#[path = "../support/server.rs"]
mod server;
mod tls;
mod upstreams;
