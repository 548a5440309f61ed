//! The evening at a glance: one frame a second, made once for all who look, of 2 KiB at most.

use super::Operators;
use super::ask::{Away, part, path};
use super::letters;
use access::{AdministratorCaller, Peer};
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::Timestamp;
use futures::stream::unfold;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use onsale_http::ApiError;
use onsale_http::docs::ErrorBody;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::sync::watch;

/// Time between two frames.
const EVERY: Duration = Duration::from_secs(1);
/// A role that has not answered by then is away in this frame.
const WAIT_MAX: Duration = Duration::from_secs(2);
/// A frame that is the same is not sent; a comment says after so long that the stream lives.
const BEAT: Duration = Duration::from_secs(15);
/// Most bytes of a frame.
pub(super) const FRAME_BYTES_MAX: usize = 2_048;
/// Most who look at a time.
const READERS_MAX: usize = 64;
/// The lists of a frame, from which what is too much is left out.
const LISTS: [&str; 3] = ["lines", "campaigns", "sales"];

/// Bytes of a frame's moment: `"at":"2026-12-01T20:00:00Z",`.
const AT_BYTES: usize = 28;

/// A frame as it is shown.
#[derive(Default)]
struct Frame {
    /// From 1; 0 before the first.
    number: u64,
    /// Since when the evening looks like this.
    at: Timestamp,
    body: Bytes,
}

impl Frame {
    fn event(&self) -> Bytes {
        let body = String::from_utf8_lossy(&self.body);
        let rest = body.strip_prefix('{').unwrap_or(&body);
        format!("event: state\nid: {}\ndata: {{\"at\":\"{}Z\",{rest}\n\n", self.number, self.at).into()
    }
}

/// Makes frames while anybody looks.
#[derive(Default)]
pub(super) struct Watch(Mutex<Looking>);

#[derive(Default)]
struct Looking {
    frames: Option<watch::Sender<Frame>>,
    is_over: bool,
}

impl Watch {
    /// Ends all streams.
    pub fn end(&self) {
        let mut looking = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        looking.is_over = true;
        looking.frames = None;
    }

    /// Frames to read, and whether somebody must begin to make them.
    fn read(&self) -> Option<(watch::Receiver<Frame>, bool)> {
        let mut looking = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if looking.is_over {
            return None;
        }
        if let Some(frames) = &looking.frames {
            let has_room = frames.receiver_count() < READERS_MAX;
            let mut reader = frames.subscribe();
            // The frame of this moment is the first of whoever comes later.
            if reader.borrow().number > 0 {
                reader.mark_changed();
            }
            return has_room.then_some((reader, false));
        }
        let (frames, reader) = watch::channel(Frame::default());
        looking.frames = Some(frames);
        Some((reader, true))
    }

    /// Shows a frame. Whether anybody looks on: whoever makes them ends otherwise.
    fn show(&self, body: Bytes) -> bool {
        let mut looking = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(frames) = &looking.frames else { return false };
        if frames.receiver_count() == 0 {
            looking.frames = None;
            return false;
        }
        frames.send_if_modified(|shown| {
            let is_new = shown.body != body;
            if is_new {
                *shown = Frame { number: shown.number + 1, at: clock::now(), body };
            }
            is_new
        });
        true
    }
}

/// The evening as server-sent events `state`, once a second at most and only when something has changed.
#[utoipa::path(get, path = "/api/v1/admin/stream", tag = "operation", security(("apiKey" = ["read"])),
    responses((status = 200, body = super::views::StreamFrame, content_type = "text/event-stream"), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(super) async fn open(State(operators): State<Operators>, _: AdministratorCaller) -> Result<Response, ApiError> {
    let (reader, is_first) = operators.watch.read().ok_or_else(ApiError::unavailable)?;
    if is_first {
        tokio::spawn(make(operators));
    }
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // NGINX would wait for a full buffer.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((headers, Body::from_stream(unfold(reader, next))).into_response())
}

async fn next(mut reader: watch::Receiver<Frame>) -> Option<(Result<Bytes, Infallible>, watch::Receiver<Frame>)> {
    let changed = tokio::time::timeout(BEAT, reader.changed()).await;
    let bytes = match changed {
        Err(_) => Bytes::from_static(b": still here\n\n"),
        Ok(Err(_)) => return None,
        Ok(Ok(())) => reader.borrow_and_update().event(),
    };
    Some((Ok(bytes), reader))
}

/// Makes frames until nobody looks.
async fn make(operators: Operators) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let frame = operators.frame().await;
        if !operators.watch.show(frame) {
            return;
        }
    }
}

impl Operators {
    async fn frame(&self) -> Bytes {
        let peers = &*self.peers;
        let (lines, campaigns, sales, dead_letters) = tokio::join!(
            asked(&peers.queue, "/internal/admin/lines/busiest"),
            asked(&peers.coupon, "/internal/admin/campaigns/busiest"),
            self.busiest_sales(),
            letters::count(self),
        );
        let mut away: Vec<&str> = [lines.as_ref().err(), campaigns.as_ref().err(), sales.as_ref().err()]
            .into_iter()
            .flatten()
            .map(|away| away.role)
            .collect();
        let more = |part: &Result<Value, Away>| part.as_ref().map_or(0, |part| part["more"].as_u64().unwrap_or(0));
        let counts = json!({"lines": more(&lines), "campaigns": more(&campaigns), "sales": more(&sales)});
        let list = |part: Result<Value, Away>| part.map_or_else(|away| json!(away), |mut part| part["list"].take());
        if let Some(reservation) =
            sales.as_ref().ok().filter(|sales| sales["isHeldKnown"] == false).map(|_| "reservation")
        {
            away.push(reservation);
        }
        away.sort_unstable();
        away.dedup();
        let status = if away.is_empty() { "UP" } else { "DOWN" };
        bounded(json!({
            "lines": list(lines), "campaigns": list(campaigns), "sales": list(sales),
            "deadLetters": dead_letters.unwrap_or_else(|away| json!(away)),
            "health": {"status": status, "away": away}, "more": counts,
        }))
    }

    /// Seats sold by the catalog, and held by reservation.
    async fn busiest_sales(&self) -> Result<Value, Away> {
        let mut sales = asked(&self.peers.catalog, "/internal/admin/sales/busiest").await?;
        let ids: Vec<&str> =
            sales["list"].as_array().into_iter().flatten().filter_map(|one| one["scheduleId"].as_str()).collect();
        let held = match ids.is_empty() {
            true => Ok(json!({"held": {}})),
            false => {
                let path = path("sales/held", &[("schedules", Some(&ids.join(",")))]);
                asked(&self.peers.reservation, &path).await
            }
        };
        for one in sales["list"].as_array_mut().into_iter().flatten() {
            let id = one["scheduleId"].as_str().unwrap_or_default().to_owned();
            let grades = held.as_ref().ok().map(|held| held["held"][&id].as_object().cloned().unwrap_or_default());
            one["held"] = json!(grades.map(|grades| grades.values().filter_map(Value::as_i64).sum::<i64>()));
        }
        sales["isHeldKnown"] = json!(held.is_ok());
        Ok(sales)
    }
}

/// A part of a frame. A refusal is no part either.
pub(super) async fn asked(peer: &Peer, path: &str) -> Result<Value, Away> {
    let away = Away { role: peer.role(), error: domain::ErrorCode::ServiceUnavailable.as_str() };
    match tokio::time::timeout(WAIT_MAX, part(peer, path)).await {
        Ok(Ok(part)) => part,
        Ok(Err(_)) | Err(_) => Err(away),
    }
}

/// The frame within its bytes: the last of the longest list is left out until it fits, and counted.
fn bounded(mut frame: Value) -> Bytes {
    loop {
        let text = frame.to_string();
        let longest = LISTS.into_iter().max_by_key(|list| frame[list].as_array().map_or(0, Vec::len));
        let longest = longest.filter(|list| frame[list].as_array().is_some_and(|list| !list.is_empty()));
        let Some(list) = longest.filter(|_| text.len() + AT_BYTES > FRAME_BYTES_MAX) else { return text.into() };
        frame[list].as_array_mut().map(Vec::pop);
        frame["more"][list] = json!(frame["more"][list].as_u64().unwrap_or(0) + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_two_kibibytes_at_most_and_says_what_it_leaves_out() {
        let line = |number: usize| json!({"line": format!("queue:{}{number}", "long".repeat(30)), "waiting": 1_000_000, "paused": false});
        let lines: Vec<Value> = (0..8).map(line).collect();
        let campaigns: Vec<Value> =
            (0..6).map(|number| json!({"id": format!("{}{number}", "name".repeat(30)), "issued": 1})).collect();
        let more = json!({"lines": 3, "campaigns": 0, "sales": 0});
        let frame = bounded(json!({"lines": lines, "campaigns": campaigns, "sales": [], "more": more}));
        assert!(frame.len() + AT_BYTES <= FRAME_BYTES_MAX && frame.len() > FRAME_BYTES_MAX / 2, "{}", frame.len());
        let frame: Value = serde_json::from_slice(&frame).expect("JSON");
        let count = |list: &str| frame[list].as_array().expect("a list").len() as u64;
        assert_eq!(frame["more"]["lines"].as_u64(), Some(3 + 8 - count("lines")));
        assert_eq!(frame["more"]["campaigns"].as_u64(), Some(6 - count("campaigns")));
    }

    #[test]
    fn some_may_look_at_a_time() {
        let watch = Watch::default();
        let readers: Vec<_> = (0..READERS_MAX).map(|_| watch.read().expect("a place")).collect();
        assert!(watch.read().is_none());
        drop(readers);
        assert!(watch.read().is_some());
    }

    #[test]
    fn a_frame_that_is_the_same_is_not_sent_and_nobody_looking_ends_the_work() {
        let watch = Watch::default();
        let (mut reader, is_first) = watch.read().expect("open");
        assert!(is_first && !watch.read().expect("open").1);
        assert!(watch.show("a".into()) && reader.has_changed().expect("open"));
        reader.mark_unchanged();
        assert!(watch.show("a".into()) && !reader.has_changed().expect("open"));
        assert!(watch.show("{\"b\":1}".into()));
        let text = String::from_utf8(reader.borrow_and_update().event().to_vec()).expect("text");
        let (head, at) = text.split_at("event: state\nid: 2\ndata: {".len());
        assert_eq!((head, at.len()), ("event: state\nid: 2\ndata: {", AT_BYTES + "\"b\":1}\n\n".len()), "{text}");
        drop(reader);
        assert!(!watch.show("b".into()));
        assert!(watch.read().expect("open").1, "the next who looks begins again");
        watch.end();
        assert!(watch.read().is_none());
    }
}
