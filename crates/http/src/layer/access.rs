//! The access log: one line for each request, through `tracing` (GW-010).

use crate::extract::client_ip::ClientIp;
use crate::network::Network;
use crate::trace::TraceId;
use std::time::Duration;

/// Longest path that is logged, in bytes.
const PATH_LENGTH_MAX: usize = 512;

/// One line of the log. It has no headers, query or body, and hashes in its path, so that keys and personal data stay
/// out of logs.
#[derive(Clone, Copy, Debug)]
pub struct AccessLine<'a> {
    /// The request's method.
    pub method: &'a str,
    /// The request's path without its query, with a hash for what may name a person.
    pub path: &'a str,
    /// The response's status.
    pub status: u16,
    /// The error code, if the response is an error.
    pub code: Option<&'a str>,
    /// From the request's head to the response's head.
    pub duration: Duration,
    /// The request's id.
    pub trace_id: &'a TraceId,
    /// The client's address, if known.
    pub client: Option<ClientIp>,
    /// The holder of the share that the request exceeded, for a refusal.
    pub network: Option<Network>,
    /// Lines like this one that were left out before it.
    pub left_out: u64,
    /// Length of the response's body in bytes, if known beforehand.
    pub bytes: Option<u64>,
}

impl AccessLine<'_> {
    /// Writes the line, at level info with the target `access`.
    pub fn write(&self) {
        let duration_ms = self.duration.as_micros() as f64 / 1000.0;
        let peer = self.client.map(|client| client.0.to_string());
        let network = self.network.map(|network| network.to_string());
        let left_out = Some(self.left_out).filter(|left_out| *left_out > 0);
        tracing::info!(
            target: "access",
            method = self.method,
            path = shortened(self.path),
            status = self.status,
            code = self.code,
            duration_ms,
            trace_id = self.trace_id.as_str(),
            peer,
            network,
            left_out,
            bytes = self.bytes,
            "request"
        );
    }
}

fn shortened(path: &str) -> &str {
    &path[..path.floor_char_boundary(PATH_LENGTH_MAX)]
}
