//! What the log has of pages that could not be made.

use super::support::{Browser, USER, demo};
use serde_json::json;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Keeps every field of every record as text, from the level on that the program logs by itself.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = writeln!(self.0, "{}={value:?}", field.name());
    }
}

impl Subscriber for Log {
    fn enabled(&self, about: &Metadata<'_>) -> bool {
        *about.level() <= Level::INFO
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut Line(&mut self.0.lock().expect("a log")));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Line(&mut self.0.lock().expect("a log")));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Line(&mut self.0.lock().expect("a log")));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn a_page_that_could_not_be_made_leaves_no_value_in_the_log() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let browser = Browser::over(demo(), |told| match (told.method.as_str(), told.path.as_str()) {
        // A name that is no text.
        ("GET", "/users/me") => {
            Some((200, json!({"id": USER, "email": "kim@example.com", "name": 821_012_345_678_u64}), vec![]))
        }
        _ => None,
    });
    let page = browser.known().get("/me/account?done=a-secret-of-somebody").await;
    assert_eq!(page.status.as_u16(), 500);
    let log = log.0.lock().expect("a log").clone();
    for said in ["a page could not be made", "/me/account", "JSON: Data at line 1, column "] {
        assert!(log.contains(said), "{said}: {log}");
    }
    for value in ["821012345678", "a-secret-of-somebody", "kim@example.com"] {
        assert!(!log.contains(value), "{value}: {log}");
    }
}
