//! The one way to a line for callers who need no key.

use crate::site::PublicNames;
use crate::tickets::{ScheduleLine, TicketQueue};
use ::http::request::Parts;
use access::callers::Callers;
use axum::extract::{FromRef, FromRequestParts};
use domain::ErrorCode;
use domain::TenantName;
use domain::line::{LineId, LineRule, SaleWindow};
use lines::operation::{line_of, no_line_of_this_name};
use onsale_http::{ApiError, Path};

/// The line that the address of a public route names. Anybody may name the line of a site, of a schedule and of a campaign of
/// the tenant `default`; that of another tenant's campaign only the holders of its keys and administrators. Others need the
/// line's public name, and otherwise hear what they hear of a line that does not exist.
///
/// A schedule on sale has a line from now on, if nobody has entered it yet.
///
/// Refuses with `INVALID_INPUT` a malformed name, with `NOT_FOUND` a missing line or one that the caller may not know.
pub struct PublicLine {
    /// The line.
    pub line: LineId,
    /// Its rule.
    pub rule: LineRule,
    /// The sale of a schedule that has no line now, since it is over or far ahead; the rule is the one that a line would have.
    pub without: Option<SaleWindow>,
    /// Where everybody may read the same; given to those who named the line by their key.
    pub public_name: Option<String>,
    /// Whether the caller's key decided: nobody else may be shown this answer.
    pub is_private: bool,
}

/// The tenant that alone knows that the line exists; none for a line that everybody may know.
fn owner(line: &LineId) -> Option<&TenantName> {
    match line {
        LineId::Gate(campaign) => Some(&campaign.tenant).filter(|tenant| **tenant != TenantName::default_tenant()),
        LineId::Queue(_) => None,
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PublicLine
where
    Callers: FromRef<S>,
    PublicNames: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(name) = Path::<String>::from_request_parts(parts, state).await?;
        let names = PublicNames::from_ref(state);
        if PublicNames::is_one(&name) {
            let line = names.line(&name).await?.ok_or_else(no_line_of_this_name)?;
            let (line, rule) = names.lines.existing(line).await?;
            return Ok(Self { line, rule, without: None, public_name: None, is_private: false });
        }
        let line = line_of(&name)?;
        let is_private = match owner(&line) {
            // Whether the line exists is not even looked up for a stranger: the time tells nothing, either.
            Some(owner) if !Callers::from_ref(state).may_know(parts, owner).await? => {
                return Err(no_line_of_this_name());
            }
            owner => owner.is_some(),
        };
        let tickets = parts.extensions.get::<TicketQueue>();
        let (line, rule, without) = existing_or_of_schedule(&names, tickets, line).await?;
        let public_name = if is_private { names.of(&line) } else { None };
        Ok(Self { line, rule, without, public_name, is_private })
    }
}

/// The line with its rule; where it is not there and a schedule's, what the schedule has. `tickets`: where this process has lines
/// before seats.
async fn existing_or_of_schedule(
    names: &PublicNames,
    tickets: Option<&TicketQueue>,
    line: LineId,
) -> Result<(LineId, LineRule, Option<SaleWindow>), ApiError> {
    let there = |(line, rule)| (line, rule, None);
    let missing = match names.lines.existing(line.clone()).await {
        Err(error) if error.code == ErrorCode::NotFound => error,
        found => return found.map(there),
    };
    let (Some(schedule), Some(tickets)) = (line.schedule(), tickets) else { return Err(missing) };
    match tickets.public_line(schedule).await? {
        ScheduleLine::There => names.lines.existing(line).await.map(there),
        ScheduleLine::Without(sale) => Ok((line, tickets.rule_before(&sale), Some(sale))),
        ScheduleLine::Unknown => Err(missing),
    }
}
