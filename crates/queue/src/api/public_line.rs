//! The one way to a line for callers who need no key.

use crate::site::PublicNames;
use ::http::request::Parts;
use access::callers::Callers;
use axum::extract::{FromRef, FromRequestParts};
use domain::TenantName;
use domain::line::{LineId, LineRule};
use lines::operation::{line_of, no_line_of_this_name};
use onsale_http::{ApiError, Path};

/// The line that the address of a public route names. Anybody may name the line of a site, of a schedule and of a campaign of
/// the tenant `default`; that of another tenant's campaign only the holders of its keys and administrators. Others need the
/// line's public name, and otherwise hear what they hear of a line that does not exist.
///
/// Refuses with `INVALID_INPUT` a malformed name, with `NOT_FOUND` a missing line or one that the caller may not know.
pub struct PublicLine {
    /// The line.
    pub line: LineId,
    /// Its rule.
    pub rule: LineRule,
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
            return Ok(Self { line, rule, public_name: None, is_private: false });
        }
        let line = line_of(&name)?;
        let is_private = match owner(&line) {
            // Whether the line exists is not even looked up for a stranger: the time tells nothing, either.
            Some(owner) if !Callers::from_ref(state).may_know(parts, owner).await? => {
                return Err(no_line_of_this_name());
            }
            owner => owner.is_some(),
        };
        let (line, rule) = names.lines.existing(line).await?;
        let public_name = if is_private { names.of(&line) } else { None };
        Ok(Self { line, rule, public_name, is_private })
    }
}
