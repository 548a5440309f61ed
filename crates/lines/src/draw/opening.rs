//! What an announced draw forbids (SEC-005): until it is over, its line opens when the announcement said, and stays.

use crate::client::LineClient;
use crate::rules::change_rule;
use domain::line::{LineId, LineRule};
use domain::{ErrorCode, Timestamp};
use hot::line::Clock;
use onsale_http::ApiError;

/// The opening of a line that has none for now: no draw can be announced for it.
const NO_OPENING: Timestamp = Timestamp(i64::MAX / 4_096);

/// The answer to a change that would take an announced draw away.
pub(crate) fn draw_stands() -> ApiError {
    let detail = "a draw was announced for this opening: it stands until the draw is over";
    ApiError::new(ErrorCode::DrawAnnounced).detail(detail)
}

impl LineClient {
    /// Whether the line has an announced draw that is not over.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn awaits_draw(&self, line: &LineId) -> Result<bool, ApiError> {
        match self.port.rule(line).await? {
            Some(rule) => self.is_undrawn(line, &rule).await,
            None => Ok(false),
        }
    }

    /// The same for a rule that was read just now.
    pub(crate) async fn is_undrawn(&self, line: &LineId, rule: &LineRule) -> Result<bool, ApiError> {
        if rule.draw.is_none() {
            return Ok(false);
        }
        let counts = self.port.counts(line, 0, Clock::Engine).await?;
        Ok(counts.is_some_and(|counts| counts.drawn.is_none()))
    }

    /// Makes way for a change that moves or ends the opening of a line, as it was read: from here on no draw can be
    /// announced for it. The engine decides between this and an announcement, so that one of the two is refused. The
    /// caller gives the line its new opening, or ends it; if the change fails, [`LineClient::take_back_opening`]. Returns
    /// the opening that was given up, if there was one to come.
    ///
    /// # Errors
    /// `DRAW_ANNOUNCED` while an announced draw is not over; `SERVICE_UNAVAILABLE`.
    pub async fn give_up_opening(&self, line: &LineId) -> Result<Option<Timestamp>, ApiError> {
        let Some(rule) = self.port.rule(line).await? else { return Ok(None) };
        let opening = rule.opens_at.filter(|opens_at| *opens_at > clock::now());
        if self.is_undrawn(line, &rule).await? {
            return Err(draw_stands());
        }
        let had_draw = rule.draw.is_some();
        let given_up = |rule: LineRule| match rule.opens_at {
            _ if rule.draw.is_some() && !had_draw => Err(draw_stands()),
            // A draw needs an opening to come.
            Some(opens_at) if opens_at > clock::now() => Ok(LineRule { opens_at: Some(NO_OPENING), ..rule }),
            _ => Ok(rule),
        };
        change_rule(&*self.port, line, given_up).await?;
        Ok(opening)
    }

    /// Gives a line the opening back that [`LineClient::give_up_opening`] has returned: nothing was changed after all.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn take_back_opening(&self, line: &LineId, opening: Timestamp) -> Result<(), ApiError> {
        let taken_back = |rule: LineRule| match rule.opens_at {
            Some(NO_OPENING) => Ok::<_, ApiError>(LineRule { opens_at: Some(opening), ..rule }),
            _ => Ok(rule),
        };
        change_rule(&*self.port, line, taken_back).await.map(drop)
    }
}
