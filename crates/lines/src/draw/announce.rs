//! Opening draws: an operator announces one, and everybody can check it afterwards.

use crate::client::LineClient;
use domain::ErrorCode;
use domain::line::{DrawSeed, LineCounts, LineId, LineRule, commitment_hex};
use hot::line::Clock;
use onsale_http::ApiError;
use serde::Serialize;
use utoipa::ToSchema;

/// A draw that is to come.
#[derive(Debug, Serialize, ToSchema)]
pub struct Announced {
    /// Which line.
    #[schema(example = "gate:shoes")]
    pub line: String,
    /// SHA-256 of the seed, in hexadecimal digits: to be published before the opening.
    pub commitment: String,
}

/// A line's draw as everybody may know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DrawDocument {
    /// SHA-256 of the seed, in hexadecimal digits.
    pub commitment: String,
    /// The seed, in hexadecimal digits; null before the draw.
    pub seed: Option<String>,
    /// How many took part: entries 1 to this one; null before the draw.
    pub count: Option<u32>,
}

impl DrawDocument {
    /// None for a line without a draw. The seed is told once everybody has a ticket.
    pub fn of(rule: &LineRule, figures: &LineCounts) -> Option<Self> {
        let seed = rule.draw?;
        let told = figures.drawn.map(|_| seed.hex());
        Some(Self { commitment: commitment_hex(&seed), seed: told, count: figures.drawn })
    }
}

fn too_late(why: &str) -> ApiError {
    ApiError::new(ErrorCode::DrawNotPossible).detail(why)
}

impl LineClient {
    /// Announces a draw at the line's opening, or tells the one that is announced. The seed is the system's randomness
    /// and is told nobody before the opening.
    ///
    /// # Errors
    /// `NOT_FOUND`; `DRAW_NOT_POSSIBLE` for a line that does not open later, or in which somebody has a place, whose
    /// rank the draw would take; `SERVICE_UNAVAILABLE`.
    pub async fn announce_draw(&self, line: &LineId) -> Result<Announced, ApiError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(ApiError::internal)?;
        self.check_draw(line).await?;
        let rule = self.change(line, |rule| LineRule { draw: rule.draw.or(Some(DrawSeed(seed))), ..rule }).await?;
        let Some(seed) = rule.draw else {
            // Somebody has come in between.
            return Err(self.check_draw(line).await.err().unwrap_or_else(ApiError::unavailable));
        };
        Ok(Announced { line: line.to_string(), commitment: commitment_hex(&seed) })
    }

    /// Whether the line has a draw, or may get one.
    async fn check_draw(&self, line: &LineId) -> Result<(), ApiError> {
        let rule = self.port.rule(line).await?.ok_or(ErrorCode::NotFound)?;
        if rule.draw.is_some() {
            return Ok(());
        }
        if rule.opens_at.is_none_or(|opens_at| opens_at <= clock::now()) {
            return Err(too_late("the line is open, or has no time of opening: a draw is announced before"));
        }
        let figures = self.port.counts(line, 0, Clock::Engine).await?.unwrap_or_default();
        if figures.tickets > 0 {
            return Err(too_late(
                "people stand in this line and were told their ranks: announce a draw before they come",
            ));
        }
        Ok(())
    }
}
