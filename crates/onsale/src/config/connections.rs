//! Whether the numbers of connections, streams and open files fit together.

use super::sections::Config;

/// Descriptors beside the connections: databases, journals, listeners.
const DESCRIPTORS_BESIDE: u64 = 256;

impl Config {
    /// Why streams would take the connections of everybody else, and the line to change.
    pub fn why_too_many_streams(&self) -> Option<String> {
        let (max, reserved) = (self.http.max_connections as usize, self.http.connections_reserved() as usize);
        let streams = self.queue.streams_max;
        (streams.saturating_add(reserved) > max).then(|| {
            format!(
                "queue.streams_max = {streams} and the reserve of {reserved} connections are more than \
                 http.max_connections = {max}: streams could take all of them. Set queue.streams_max = {} or less, or \
                 http.max_connections = {} or more",
                max - reserved,
                streams.saturating_add(256)
            )
        })
    }

    /// Open files that all connections need.
    pub fn descriptors_needed(&self) -> u64 {
        u64::from(self.http.max_connections) + DESCRIPTORS_BESIDE
    }
}
