//! Clients under faults: a client that loses its connection reconnects and continues.

use std::time::Duration;
use testkit::http::KeptClient;

/// Longer than the edge's time limit for its servers.
const LIMIT: Duration = Duration::from_secs(20);

/// A client with a keep-alive connection to the server on this port.
pub fn client(port: u16) -> KeptClient {
    KeptClient::local(port, LIMIT)
}
