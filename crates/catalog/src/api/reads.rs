//! The fast path of what everybody reads before a sale: the first page of events, and an event.
//!
//! It answers only the plain form of a request: no query, an id in its usual form, nobody's token. The router answers all
//! other requests, with the same bytes.

use crate::cache::Document;
use crate::service::CatalogService;
use bytes::Bytes;
use domain::{ErrorCode, EventId};
use flate2::Compression;
use flate2::write::GzEncoder;
use onsale_http::limits::Limits;
use onsale_http::server::{HotHead, HotRequest, HotRoutes, RecordedRoute, SharedHeaders, refuse};
use onsale_http::{ApiError, HttpMetrics};
use std::collections::HashMap;
use std::io::Write;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

const LIST: &str = "/events";
const EVENT: &str = "/events/{id}";
/// The smallest answer that is compressed, in bytes (GW-013).
const PACKED_BYTES_MIN: usize = 1_024;
/// Most answers that a worker has packed.
const PACKED_MAX: usize = 256;

/// No cache on the way keeps an answer: every reader sees a change that was answered.
const SMALL: SharedHeaders = SharedHeaders { of_success: b"\r\ncache-control: no-cache", always: b"" };
const PLAIN: SharedHeaders =
    SharedHeaders { of_success: b"\r\ncache-control: no-cache\r\nvary: accept-encoding", always: b"" };
const PACKED: SharedHeaders = SharedHeaders {
    of_success: b"\r\ncache-control: no-cache\r\nvary: accept-encoding\r\ncontent-encoding: gzip",
    always: b"",
};

/// The routes on one worker.
#[derive(Clone)]
pub struct ReadRoute {
    service: CatalogService,
    limits: Arc<Limits>,
    recorded: Arc<Recorded>,
    packed: Arc<Mutex<Packed>>,
}

struct Recorded {
    list: RecordedRoute,
    event: RecordedRoute,
}

/// Answers that were compressed, by the place of their bytes, which are held: nobody compresses the same answer twice.
type Packed = HashMap<(usize, usize), (Bytes, Bytes)>;

/// The document that a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    List,
    Event(EventId),
}

/// A request on its way.
pub struct Unanswered {
    request: HotRequest,
    asked: Asked,
    takes_gzip: bool,
}

fn asked(method: &str, target: &str) -> Option<Asked> {
    let rest = target.strip_prefix(LIST).filter(|_| method == "GET")?;
    if rest.is_empty() {
        return Some(Asked::List);
    }
    let id = rest.strip_prefix('/')?;
    // An id has many forms that can be read; one that is usual is written as it was read.
    let parsed = Uuid::try_parse(id).ok()?;
    let mut usual = Uuid::encode_buffer();
    (*parsed.hyphenated().encode_lower(&mut usual) == *id).then_some(Asked::Event(EventId(parsed)))
}

/// Whether `Accept-Encoding` takes gzip. One that weighs anything is rare, and gets what needs no weighing.
fn takes_gzip(accepted: Option<&[u8]>) -> bool {
    let accepted = accepted.unwrap_or_default();
    let names = |part: &[u8]| part.trim_ascii().eq_ignore_ascii_case(b"gzip");
    !accepted.contains(&b';') && accepted.split(|byte| *byte == b',').any(names)
}

impl ReadRoute {
    /// The routes on one worker. `log_every`: one reply in this many is logged; 0 logs none.
    pub fn new(service: CatalogService, limits: Arc<Limits>, metrics: &HttpMetrics, log_every: u32) -> Self {
        let recorded = |path| RecordedRoute::new(metrics, "GET", path, log_every);
        let recorded = Arc::new(Recorded { list: recorded(LIST), event: recorded(EVENT) });
        Self { service, limits, recorded, packed: Arc::default() }
    }

    async fn read(&self, asked: Asked) -> Result<Document, ApiError> {
        match asked {
            Asked::List => self.service.first_events().await,
            Asked::Event(id) => self.service.event(id, false).await,
        }
    }

    fn packed(&self, bytes: &Bytes) -> Option<Bytes> {
        let place = (bytes.as_ptr() as usize, bytes.len());
        let mut all = self.packed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, packed)) = all.get(&place) {
            return Some(packed.clone());
        }
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).ok()?;
        let packed = Bytes::from(encoder.finish().ok()?);
        if all.len() >= PACKED_MAX {
            all.clear();
        }
        all.insert(place, (bytes.clone(), packed.clone()));
        Some(packed)
    }

    fn recorded(&self, asked: Asked) -> &RecordedRoute {
        match asked {
            Asked::List => &self.recorded.list,
            Asked::Event(_) => &self.recorded.event,
        }
    }

    fn reply(&self, unanswered: &Unanswered, found: Result<Document, ApiError>, out: &mut Vec<u8>) {
        let recorded = self.recorded(unanswered.asked);
        let (answer, bytes) = match found {
            Ok(document) => (Ok(()), document.bytes),
            Err(error) => (Err(error), Bytes::new()),
        };
        if bytes.len() < PACKED_BYTES_MIN {
            return recorded.reply(&unanswered.request, answer, Some(&SMALL), &bytes, out);
        }
        let packed = if unanswered.takes_gzip { self.packed(&bytes) } else { None };
        match packed {
            Some(packed) => recorded.reply(&unanswered.request, answer, Some(&PACKED), &packed, out),
            None => recorded.reply(&unanswered.request, answer, Some(&PLAIN), &bytes, out),
        }
    }
}

impl HotRoutes for ReadRoute {
    type Undecided = Unanswered;

    fn knows(&self, method: &str, target: &str) -> bool {
        asked(method, target).is_some()
    }

    /// Anybody may ask.
    fn knows_caller(&self, _: &HotHead<'_>) -> bool {
        true
    }

    fn answer_now(&self, peer: IpAddr, head: &HotHead<'_>, _: &[u8], out: &mut Vec<u8>) -> Option<Unanswered> {
        let mut request = HotRequest::new(&self.limits, peer, head);
        let Some(asked) = asked(head.method, head.target) else {
            self.refuse(ErrorCode::InvalidInput, "", out);
            return None;
        };
        let counted = request.take_ip(&self.limits);
        let unanswered = Unanswered { request, asked, takes_gzip: takes_gzip(head.accept_encoding) };
        match counted {
            // Whether hot state has a newer answer is known only after a look.
            Ok(()) => Some(unanswered),
            Err(refusal) => {
                self.reply(&unanswered, Err(refusal), out);
                None
            }
        }
    }

    async fn answer(&self, unanswered: Unanswered, out: &mut Vec<u8>) {
        let found = self.read(unanswered.asked).await;
        self.reply(&unanswered, found, out);
    }

    fn refuse(&self, code: ErrorCode, detail: &'static str, out: &mut Vec<u8>) {
        refuse(&self.limits, code, detail, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_requests_are_recognized_and_unusual_ones_left_to_the_router() {
        let id = "01a22f87-f7b6-773c-9a3f-4b86ae2c4212";
        let event = Asked::Event(EventId(Uuid::try_parse(id).expect("an id")));
        for (method, target, expected) in [
            ("GET", "/events".to_owned(), Some(Asked::List)),
            ("GET", format!("/events/{id}"), Some(event)),
            ("GET", "/events?page=0".to_owned(), None),
            ("GET", "/events/".to_owned(), None),
            ("GET", "/eventsx".to_owned(), None),
            ("GET", format!("/events/{id}?x"), None),
            ("GET", format!("/events/{id}/"), None),
            ("GET", format!("/events/{id}/schedules"), None),
            ("GET", format!("/events/{}", id.to_uppercase()), None),
            ("GET", format!("/events/{}", id.replace('-', "")), None),
            ("GET", format!("/events/{{{id}}}"), None),
            ("GET", format!("/events/urn:uuid:{id}"), None),
            ("HEAD", "/events".to_owned(), None),
            ("POST", "/events".to_owned(), None),
            ("DELETE", format!("/events/{id}"), None),
        ] {
            assert_eq!(asked(method, &target), expected, "{method} {target}");
        }
    }

    #[test]
    fn only_who_takes_gzip_gets_it() {
        for (accepted, takes) in [
            ("gzip", true),
            ("gzip, deflate, br", true),
            ("br,GZIP", true),
            ("br", false),
            ("", false),
            ("gzip;q=0", false),
            ("identity, gzip;q=0.5", false),
            ("x-gzip", false),
        ] {
            assert_eq!(takes_gzip(Some(accepted.as_bytes())), takes, "{accepted}");
        }
        assert!(!takes_gzip(None));
    }
}
