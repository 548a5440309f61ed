//! Lines before sites are made, changed and ended while everything runs (QUEUE-014).

use crate::audit;
use crate::client::LineClient;
use crate::definition::LineFields;
use crate::operation::no_such_line;
use crate::rules::note_act;
use domain::line::{LineId, LineRule};
use domain::{ErrorCode, Timestamp};
use hot::line::Clock;
use onsale_http::ApiError;

/// Most lines before sites.
pub const LINES_MAX: usize = 1_000;

impl LineClient {
    /// Makes a line before a site. `by_default`: the rule of a line of which nothing else is said.
    ///
    /// # Errors
    /// `INVALID_INPUT`; `LINE_EXISTS`; `TENANT_QUOTA_EXCEEDED` with `quota`, beyond [`LINES_MAX`]; `SERVICE_UNAVAILABLE`.
    pub async fn make_site_line(
        &self,
        fields: &LineFields,
        by_default: LineRule,
    ) -> Result<(LineId, LineRule), ApiError> {
        let name = fields.name.as_ref().ok_or_else(|| ApiError::invalid("name: missing field `name`"))?;
        let line = LineId::of_site(name).map_err(|error| ApiError::invalid(format!("name {error}")))?;
        let rule = fields.applied(&line, by_default, false)?;
        let lines = self.port.lines().await?;
        if !lines.contains(&line) && lines.iter().filter(|line| line.is_of_site()).count() >= LINES_MAX {
            return Err(ApiError::new(ErrorCode::TenantQuotaExceeded).with("quota", "max_lines"));
        }
        match call::noting(audit::made(&line, &rule), self.port.make_line(&line, rule.clone())).await? {
            true => Ok((line, rule)),
            false => Err(ErrorCode::LineExists.into()),
        }
    }

    /// Changes the definition of a line of any kind. Returns the rule then in force.
    ///
    /// # Errors
    /// `NOT_FOUND` with the lines that there are; `INVALID_INPUT`; `DRAW_ANNOUNCED`; `SERVICE_UNAVAILABLE`.
    pub async fn change_line(&self, name: &str, fields: &LineFields) -> Result<(LineId, LineRule), ApiError> {
        let (line, rule) = self.named_for_operators(name).await?;
        let is_undrawn = self.is_undrawn(&line, &rule).await?;
        let had_draw = rule.draw.is_some();
        // A draw that was announced since is not over.
        let applied = |rule: LineRule| {
            let is_undrawn = is_undrawn || (rule.draw.is_some() && !had_draw);
            fields.applied(&line, rule, is_undrawn)
        };
        let rule = self.change_if(&line, applied).await?;
        Ok((line, rule))
    }

    /// Ends a line before a site.
    ///
    /// # Errors
    /// `NOT_FOUND` with the lines that there are; `INVALID_INPUT` for a line of another kind; `DRAW_ANNOUNCED` until an
    /// announced draw is over; `SERVICE_UNAVAILABLE`.
    pub async fn end_site_line(&self, name: &str) -> Result<LineId, ApiError> {
        let (line, rule) = self.named_for_operators(name).await?;
        if !line.is_of_site() {
            return Err(ApiError::invalid("this line comes and goes with its campaign or schedule"));
        }
        self.give_up_opening(&line).await?;
        match call::noting(audit::ended(&line, &rule), self.port.end_line(&line, Clock::Engine)).await? {
            true => Ok(line),
            false => Err(no_such_line()),
        }
    }

    /// Writes into the audit log that the operator of this call signs a link past a line, to this address and valid until
    /// then. Call it before the link is given away.
    ///
    /// # Errors
    /// `NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub async fn note_link(&self, line: &LineId, to: &str, expires_at: Timestamp) -> Result<(), ApiError> {
        let noted = note_act(&*self.port, line, || audit::link_signed(line, to, expires_at)).await?;
        noted.map(drop).ok_or_else(no_such_line)
    }

    /// All lines in the order of their names.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn all_lines(&self) -> Result<Vec<LineId>, ApiError> {
        let mut lines = self.port.lines().await?;
        lines.sort_by_key(LineId::in_address);
        Ok(lines)
    }
}
