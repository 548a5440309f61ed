//! A line before a shop, for tests.

use crate::{ConfiguredLines, LineSettings};
use domain::EventName;
use domain::line::Challenge;
use hot::embedded::{EmbeddedLines, JournalOptions};
use hot::line::LinePort;
use std::path::Path;
use std::sync::Arc;

/// The line `queue:shop`, kept in this folder; lets a hundred people in a second.
pub async fn shop(folder: &Path) -> Arc<dyn LinePort> {
    let lines = EmbeddedLines::open(folder, JournalOptions::default()).expect("opened");
    let port: Arc<dyn LinePort> = Arc::new(lines);
    let settings = LineSettings {
        lines: vec![EventName::new("shop").expect("a name")],
        rate_per_second: 100,
        interval_ms: 1_000,
        capacity: 100,
        pass_ttl_ms: 3_600_000,
        abandon_after_ms: 0,
        return_ms: 600_000,
        positions_per_network: 0,
        challenge: Challenge::None,
        inside_max: 0,
    };
    ConfiguredLines::new(port.clone(), settings).follow().await.expect("made");
    port
}
