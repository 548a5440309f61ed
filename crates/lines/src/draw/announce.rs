//! Opening draws: an operator announces one, and any user can check it afterwards.

use crate::client::LineClient;
use domain::ErrorCode;
use domain::line::{DrawSeed, LineCounts, LineId, LineRule, commitment_hex};
use hot::line::Clock;
use onsale_http::ApiError;
use serde::Serialize;
use utoipa::ToSchema;

/// An announced draw.
#[derive(Debug, Serialize, ToSchema)]
pub struct Announced {
    /// The line.
    #[schema(example = "gate:shoes")]
    pub line: String,
    /// SHA-256 of the seed, in hexadecimal digits. Publish it before the opening.
    pub commitment: String,
}

/// The public data of a line's draw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DrawDocument {
    /// SHA-256 of the seed, in hexadecimal digits.
    pub commitment: String,
    /// The seed, in hexadecimal digits; null before the draw.
    pub seed: Option<String>,
    /// Number of participants, with the entries 1 to this number; null before the draw.
    pub count: Option<u32>,
}

impl DrawDocument {
    /// None for a line without a draw. The seed is public once all participants have a ticket.
    pub fn of(rule: &LineRule, counts: &LineCounts) -> Option<Self> {
        let seed = rule.draw?;
        let public_seed = counts.drawn.map(|_| seed.hex());
        Some(Self { commitment: commitment_hex(&seed), seed: public_seed, count: counts.drawn })
    }
}

fn too_late(why: &str) -> ApiError {
    ApiError::new(ErrorCode::DrawNotPossible).detail(why)
}

impl LineClient {
    /// Announces a draw at the line's opening, or returns the one already announced. The seed comes from the system's
    /// randomness and stays secret until the opening.
    ///
    /// # Errors
    /// `NOT_FOUND`; `DRAW_NOT_POSSIBLE` for a line that does not open later, or in which a user already has a rank,
    /// which the draw would take away; `SERVICE_UNAVAILABLE`.
    pub async fn announce_draw(&self, line: &LineId) -> Result<Announced, ApiError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(ApiError::internal)?;
        self.check_draw(line).await?;
        let rule = self.change(line, |rule| LineRule { draw: rule.draw.or(Some(DrawSeed(seed))), ..rule }).await?;
        let Some(seed) = rule.draw else {
            // A user has entered meanwhile.
            return Err(self.check_draw(line).await.err().unwrap_or_else(ApiError::unavailable));
        };
        Ok(Announced { line: line.to_string(), commitment: commitment_hex(&seed) })
    }

    /// Checks that the line has a draw, or may get one.
    async fn check_draw(&self, line: &LineId) -> Result<(), ApiError> {
        let rule = self.port.rule(line).await?.ok_or(ErrorCode::NotFound)?;
        if rule.draw.is_some() {
            return Ok(());
        }
        if rule.opens_at.is_none_or(|opens_at| opens_at <= clock::now()) {
            return Err(too_late("the line is open, or has no opening time: announce a draw before the line opens"));
        }
        let counts = self.port.counts(line, 0, Clock::Engine).await?.unwrap_or_default();
        if counts.numbers > 0 {
            return Err(too_late("people in this line already have ranks: announce a draw before people enter"));
        }
        Ok(())
    }
}
