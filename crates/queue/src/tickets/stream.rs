//! The own place, pushed (QUEUE-002): what `status` answers, as server-sent events.
//!
//! The stream of the line's public document is the clock: one frame a second at most, and a heartbeat. Between two heartbeats
//! the rank follows from that document, without a question to the line; with each heartbeat, and once it may be the person's
//! turn, the line is asked, which also shows that the person is there. Whoever was away may wait on behind that turn: then the
//! line is asked every few seconds. Before a draw there is nothing to ask for between two heartbeats.

use super::service::TicketQueue;
use super::views::{TicketPlace, TicketStatus};
use bytes::Bytes;
use domain::line::{LineId, QueueNumber};
use domain::{AccountId, ErrorCode, Network, ScheduleId};
use futures::stream::{BoxStream, unfold};
use futures::{Stream, StreamExt};
use lines::serving::Serving;
use onsale_http::ApiError;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longest and shortest time between two questions to the line.
const ASK_EVERY_MAX: Duration = Duration::from_secs(15);
const ASK_EVERY_MIN: Duration = Duration::from_secs(1);
/// Time between two questions for a person who waits although the turn has come.
const TURN_ASKED_EVERY: Duration = Duration::from_secs(3);
/// A comment, which keeps the connection open.
const HEARTBEAT: &[u8] = b":\n\n";

/// What a look at the place has brought.
enum Look {
    /// What the person has heard already.
    Same,
    /// Something else.
    Changed(TicketPlace),
    /// There is no place any more.
    Ended(ErrorCode),
}

/// Whence a look takes the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// From nowhere: it is as it was.
    Known,
    /// From the line's public document.
    Document,
    /// From the line, which is asked.
    Line,
}

/// When the line is asked. Each question costs the line a call, and there may be a stream for everybody in it.
struct Questions {
    every: Duration,
    asked_at: Instant,
    /// The last question since it may be the person's turn.
    turn_asked_at: Option<Instant>,
}

impl Questions {
    fn new(every: Duration, now: Instant) -> Self {
        Self { every, asked_at: now, turn_asked_at: None }
    }

    /// Whence a look at this moment takes the place. `is_ahead`: by the public document the turn is still to come.
    fn source(&mut self, now: Instant, status: TicketStatus, has_ended: bool, is_ahead: bool) -> Source {
        let is_due = has_ended || now.saturating_duration_since(self.asked_at) >= self.every;
        let is_turn = status == TicketStatus::Waiting && !is_ahead;
        if !is_due {
            let was_asked = |at: Instant| now.saturating_duration_since(at) < TURN_ASKED_EVERY;
            match status {
                TicketStatus::Active | TicketStatus::Drawing => return Source::Known,
                TicketStatus::Waiting if is_ahead => return Source::Document,
                TicketStatus::Waiting if self.turn_asked_at.is_some_and(was_asked) => return Source::Known,
                TicketStatus::Waiting => {}
            }
        }
        self.asked_at = now;
        self.turn_asked_at = is_turn.then_some(now);
        Source::Line
    }
}

struct Reader {
    tickets: TicketQueue,
    person: AccountId,
    schedule: ScheduleId,
    line: LineId,
    frames: BoxStream<'static, Result<Bytes, Infallible>>,
    /// What the person has heard last.
    shown: TicketPlace,
    /// A script reads it.
    is_page: bool,
    is_first: bool,
    is_over: bool,
    questions: Questions,
}

impl TicketQueue {
    /// The person's place in a schedule's line as server-sent events, one for each change. It ends with the event `end` and
    /// its `code` when the place or the pass has ended. `is_page`: a page's script reads it, so no event has the pass, which is the
    /// page's by a cookie that `status` brings.
    ///
    /// # Errors
    /// As [`TicketQueue::status`]; `RATE_LIMIT_EXCEEDED` when the network has its share of streams, `SERVICE_UNAVAILABLE` when
    /// all are in use.
    pub async fn stream(
        &self,
        person: AccountId,
        schedule: ScheduleId,
        network: Option<Network>,
        is_page: bool,
    ) -> Result<impl Stream<Item = Result<Bytes, Infallible>> + Send + use<>, ApiError> {
        let shown = self.status(person, schedule).await?;
        let line = LineId::of_schedule(schedule);
        let frames = self.streams.open(&line, None, None, network).await?.ok_or(ErrorCode::NotInQueue)?;
        let quarter = Duration::from_millis(u64::from(self.settings.abandon_after_ms) / 4);
        let ask_every = match self.settings.abandon_after_ms {
            0 => ASK_EVERY_MAX,
            _ => quarter.clamp(ASK_EVERY_MIN, ASK_EVERY_MAX),
        };
        let reader = Reader {
            tickets: self.clone(),
            person,
            schedule,
            line,
            frames: frames.boxed(),
            shown,
            is_page,
            is_first: true,
            is_over: false,
            questions: Questions::new(ask_every, Instant::now()),
        };
        Ok(unfold(reader, Reader::next))
    }
}

impl Reader {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        while !self.is_over {
            let Ok(frame) = self.frames.next().await?;
            if std::mem::take(&mut self.is_first) {
                let mut bytes = retry_of(&frame).to_vec();
                bytes.extend_from_slice(&self.event(&self.shown));
                return Some((Ok(bytes.into()), self));
            }
            match self.look().await {
                Look::Changed(place) => {
                    let bytes = self.event(&place);
                    self.shown = place;
                    return Some((Ok(bytes), self));
                }
                Look::Ended(code) => {
                    self.is_over = true;
                    let bytes = format!("event: end\ndata: {{\"code\":\"{}\"}}\n\n", code.as_str());
                    return Some((Ok(bytes.into()), self));
                }
                Look::Same if frame.as_ref() == HEARTBEAT => return Some((Ok(frame), self)),
                Look::Same => {}
            }
        }
        None
    }

    async fn look(&mut self) -> Look {
        let (status, has_ended) = (self.shown.status, self.has_pass_ended());
        let document = match status {
            TicketStatus::Waiting => self.tickets.cache.serving(&self.line).await.ok().flatten(),
            TicketStatus::Active | TicketStatus::Drawing => None,
        };
        let ahead = document.filter(|document| document.serving < self.shown.number.get());
        match (self.questions.source(Instant::now(), status, has_ended, ahead.is_some()), ahead) {
            (Source::Known, _) => return Look::Same,
            (Source::Document, Some(document)) => return self.by_document(&document).await,
            (Source::Document, None) | (Source::Line, _) => {}
        }
        match self.tickets.status(self.person, self.schedule).await {
            Ok(place) if is_other(&self.shown, &place) => Look::Changed(place),
            Ok(_) => Look::Same,
            Err(error) => self.ended(error),
        }
    }

    fn event(&self, place: &TicketPlace) -> Bytes {
        let place = if self.is_page { &TicketPlace { token: None, ..place.clone() } } else { place };
        format!("data: {}\n\n", serde_json::to_string(place).unwrap_or_default()).into()
    }

    fn has_pass_ended(&self) -> bool {
        self.shown.expires_at.is_some_and(|until| until <= clock::now())
    }

    /// The place by the line's public document, without a question to the line.
    async fn by_document(&mut self, document: &Arc<Serving>) -> Look {
        if let Err(error) = self.tickets.check_still_sold(self.schedule).await {
            return self.ended(error);
        }
        let rank = rank_by(document, self.shown.number).min(self.shown.rank);
        let (estimated_wait_time, waiting) = self.tickets.forecast(&self.line, rank, self.shown.number).await;
        let place = TicketPlace {
            rank,
            estimated_wait_time,
            behind: Some(waiting.saturating_sub(rank)),
            outlook: self.tickets.outlook(self.schedule, rank).await,
            returned: None,
            ..self.shown.clone()
        };
        if is_other(&self.shown, &place) { Look::Changed(place) } else { Look::Same }
    }

    fn ended(&self, error: ApiError) -> Look {
        match error.code {
            ErrorCode::NotInQueue if self.shown.status == TicketStatus::Active => {
                Look::Ended(ErrorCode::QueueTokenExpired)
            }
            code @ (ErrorCode::NotInQueue | ErrorCode::EventCancelled | ErrorCode::TicketSaleEnded) => {
                Look::Ended(code)
            }
            // The line does not answer now, or has no room for a person who was away: the next look may find more.
            _ => Look::Same,
        }
    }
}

/// Whether the person has to hear of it. How many stand behind changes with every newcomer, and is told with the rest.
fn is_other(shown: &TicketPlace, place: &TicketPlace) -> bool {
    let rest = |place: &TicketPlace| {
        (place.status, place.rank, place.number, place.estimated_wait_time, place.outlook, place.token.clone())
    };
    place.returned.is_some() || rest(shown) != rest(place)
}

/// The rank that follows from the public document: the tickets to be served before this one, without those given up.
fn rank_by(document: &Serving, number: QueueNumber) -> u64 {
    let number = number.get();
    let given_up = |(first, last): &(u64, u64)| (last + 1).min(number).saturating_sub(*first);
    let gone: u64 = document.left.iter().map(given_up).sum();
    number.saturating_sub(document.serving).saturating_sub(gone).max(1)
}

/// The first event of the line's stream, as far as it says when to open the stream again.
fn retry_of(frame: &[u8]) -> &[u8] {
    let end = frame.windows(2).position(|two| two == b"\n\n").map_or(0, |at| at + 2);
    if frame.starts_with(b"retry:") { &frame[..end] } else { &[] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;
    use domain::line::LineState;

    #[test]
    fn the_rank_by_the_document_leaves_out_what_was_given_up_ahead() {
        let document = Serving {
            line: "queue:x".into(),
            state: LineState::Open,
            opens_at: None,
            serving: 10,
            last: 40,
            waiting: 25,
            rate_per_second: 1.0,
            numbers_per_second: 1.0,
            left: vec![(12, 13), (19, 25), (30, 30)],
            notice: None,
            draw: None,
            at: Timestamp(0),
            now: 0,
        };
        let rank = |number| rank_by(&document, QueueNumber(number));
        assert_eq!([11, 12, 14, 19, 20, 26, 31].map(rank), [1, 2, 2, 7, 7, 7, 11]);
    }

    /// Kind: a stream asked the line on every frame for people who had come back late, and for everybody before a draw.
    #[test]
    fn frames_ask_the_line_seldom_but_at_once_when_the_turn_comes() {
        let begun = Instant::now();
        // Ten frames a second for a minute; from `turn` on it may be the person's turn.
        let asked = |status: TicketStatus, turn: u64| {
            let mut questions = Questions::new(ASK_EVERY_MAX, begun);
            let at = |tenth: u64| begun + Duration::from_millis(tenth * 100);
            let frames = 1..=600;
            let asks = |tenth: &u64| questions.source(at(*tenth), status, false, *tenth < turn) == Source::Line;
            frames.filter(asks).collect::<Vec<u64>>()
        };
        assert_eq!(asked(TicketStatus::Waiting, 601), [150, 300, 450, 600], "by the document in between");
        assert_eq!(asked(TicketStatus::Drawing, 0), [150, 300, 450, 600]);
        assert_eq!(asked(TicketStatus::Active, 0), [150, 300, 450, 600]);
        assert_eq!(asked(TicketStatus::Waiting, 151)[..4], [150, 151, 181, 211], "at once, then every three seconds");
        assert_eq!(asked(TicketStatus::Waiting, 0).len(), 20);
    }

    #[test]
    fn a_pass_that_has_ended_is_asked_for_at_once() {
        let begun = Instant::now();
        let mut questions = Questions::new(ASK_EVERY_MAX, begun);
        assert_eq!(questions.source(begun, TicketStatus::Active, false, false), Source::Known);
        assert_eq!(questions.source(begun, TicketStatus::Active, true, false), Source::Line);
    }

    #[test]
    fn the_first_frame_gives_only_the_time_of_the_next_try() {
        assert_eq!(retry_of(b"retry: 1234\n\nid: 1-a\ndata: {}\n\n"), b"retry: 1234\n\n");
        assert_eq!(retry_of(b"id: 1-a\ndata: {}\n\n"), b"");
    }
}
