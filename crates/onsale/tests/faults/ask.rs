//! Clients under faults: each may be cut off at any moment and goes on.

use std::time::Duration;
use testkit::http::KeptClient;

/// Longer than the edge waits for its servers.
const LIMIT: Duration = Duration::from_secs(20);

/// A client that keeps its connection to the server at that port.
pub fn client(port: u16) -> KeptClient {
    KeptClient::local(port, LIMIT)
}
