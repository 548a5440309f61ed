//! Kind: a change of the opening and the announcement of a draw for it both count.

use super::announce::{DrawSettings, NewDraw, NewRandomness};
use super::document::RandomnessKind;
use super::drand::Drand;
use crate::client::LineClient;
use domain::line::{DrawStep, LineId, LineRule};
use domain::{ErrorCode, Timestamp};
use hot::embedded::{EmbeddedLines, JournalOptions};
use hot::line::{Clock, LinePort};
use onsale_http::ApiError;
use std::sync::Arc;

struct Scene {
    _folder: tempfile::TempDir,
    lines: LineClient,
    line: LineId,
    opens_at: Timestamp,
}

impl Scene {
    async fn new() -> Self {
        Self::of("gate:shoes").await
    }

    async fn of(line: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = Arc::new(EmbeddedLines::open(folder.path(), JournalOptions::default()).expect("opened"));
        let (line, opens_at) = (line.parse::<LineId>().expect("a line"), clock::now().plus_seconds(3_600));
        let rule = LineRule { opens_at: Some(opens_at), ..LineRule::new(0) };
        assert!(port.make_line(&line, rule).await.expect("made"));
        Self { _folder: folder, lines: LineClient::new(port), line, opens_at }
    }

    async fn announce(&self) -> Result<(), ApiError> {
        let drand = Drand::new("", "", "").expect("a client");
        let settings = DrawSettings { randomness: RandomnessKind::None, drand };
        let new = NewDraw { randomness: NewRandomness::default() };
        self.lines.announce_draw(&self.line, Some(new), &settings).await
    }

    async fn give_up(&self) -> Result<Option<Timestamp>, ErrorCode> {
        self.lines.give_up_opening(&self.line).await.map_err(|error| error.code)
    }
}

#[tokio::test]
async fn an_announced_draw_keeps_the_opening_until_it_is_over() {
    let scene = Scene::new().await;
    assert_eq!(scene.lines.awaits_draw(&scene.line).await, Ok(false));
    scene.announce().await.expect("announced");
    assert_eq!(scene.lines.awaits_draw(&scene.line).await, Ok(true));
    assert_eq!(scene.give_up().await, Err(ErrorCode::DrawAnnounced));
    let after = Clock::At(Timestamp(scene.opens_at.millis() + 1));
    while scene.lines.port.draw(&scene.line, after).await.expect("drawn") != (DrawStep::Drawn { count: 0 }) {}
    assert_eq!(scene.lines.awaits_draw(&scene.line).await, Ok(false));
    assert!(scene.give_up().await.is_ok(), "it is over");
}

/// Kind: a draw that was promised and had no entries, since a schedule's line lets nobody in before the sale.
#[tokio::test]
async fn a_schedules_line_takes_no_draw() {
    let scene = Scene::of("queue:00000000-0000-0000-0000-000000000007").await;
    assert_eq!(scene.announce().await.map_err(|error| error.code), Err(ErrorCode::DrawNotPossible));
    assert_eq!(scene.lines.awaits_draw(&scene.line).await, Ok(false));
    let site = Scene::of("queue:shop").await;
    site.announce().await.expect("announced");
}

#[tokio::test]
async fn an_opening_that_was_given_up_takes_no_draw_until_it_is_taken_back() {
    let scene = Scene::new().await;
    assert_eq!(scene.give_up().await, Ok(Some(scene.opens_at)));
    assert_eq!(scene.announce().await.map_err(|error| error.code), Err(ErrorCode::DrawNotPossible));
    scene.lines.take_back_opening(&scene.line, scene.opens_at).await.expect("taken back");
    let rule = scene.lines.port.rule(&scene.line).await.expect("answers").expect("a line");
    assert_eq!(rule.opens_at, Some(scene.opens_at));
    scene.announce().await.expect("announced");
}

#[tokio::test]
async fn a_line_without_an_opening_to_come_stays_as_it_is() {
    let scene = Scene::new().await;
    let rule = |rule: LineRule| Ok::<_, ApiError>(LineRule { opens_at: None, ..rule });
    let open =
        crate::rules::change_rule(&*scene.lines.port, &scene.line, rule).await.expect("changed").expect("a line");
    assert_eq!(scene.give_up().await, Ok(None));
    assert_eq!(scene.lines.port.rule(&scene.line).await, Ok(Some(open)), "nobody's admission stops for it");
    let nothing = "gate:nothing".parse::<LineId>().expect("a line");
    assert_eq!(scene.lines.give_up_opening(&nothing).await, Ok(None));
}
