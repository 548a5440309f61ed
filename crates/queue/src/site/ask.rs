//! What a line before a site asks for before it gives a position (QUEUE-012).

use super::answers::{no_line, put, see_other};
use super::arrival::{Arrival, Arrived};
use super::check::NewCookies;
use super::local::LATE;
use super::page::{self, Notice};
use super::service::{Site, VisitorRequest, notice_of};
use super::wait_query::WaitQuery;
use ::http::StatusCode;
use ::http::header::{ACCEPT, SET_COOKIE};
use axum::response::{IntoResponse, Response};
use domain::ErrorCode;
use domain::line::{Challenge, LineId, LineRule, LineStatus};
use hot::line::{Entrant, LineUser};
use lines::challenge::{CHALLENGE_HEADER, ChallengeDocument};
use lines::{Challenges, Returned};
use onsale_http::{ApiError, RequestBody};
use serde::Deserialize;

/// What became of a visitor who came for a position.
#[derive(Debug)]
pub(super) enum Taken {
    /// The line's answer.
    Told(LineStatus),
    /// There is no position yet, and this is asked for first.
    Asked(ChallengeDocument),
    /// There is none without an account.
    AccountNeeded,
}

/// The form of the page that asks.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
pub struct AnswerForm {
    /// the answer, as `<nonce>.<answer>`
    #[serde(default)]
    challenge: String,
    /// the nonce, where a service's own field has the answer
    #[serde(default)]
    nonce: String,
    /// the answer of reCAPTCHA, under the name that its script gives it
    #[serde(default, rename = "g-recaptcha-response")]
    recaptcha: String,
    /// what the page that asks whether to leave the line gave; then the visitor leaves
    #[serde(default)]
    leave: String,
}

/// A nonce, and twice the longest answer of reCAPTCHA: it fills a field of its own on the page.
impl RequestBody for AnswerForm {
    const LIMIT_BYTES: usize = 20_480;
}

impl AnswerForm {
    fn answer(&self) -> Option<String> {
        match (self.challenge.as_str(), self.recaptcha.as_str()) {
            ("", "") => None,
            ("", recaptcha) => Some(format!("{}.{recaptcha}", self.nonce)),
            (answer, _) => Some(answer.to_owned()),
        }
    }
}

impl Site {
    pub(super) fn script_url(&self) -> Option<&str> {
        self.challenges.as_ref().and_then(Challenges::script_url)
    }

    /// Whether this server can judge what a line would ask for; see [`Challenges::demand_means`].
    ///
    /// # Errors
    /// `INVALID_INPUT`.
    pub fn demand_means(&self, kind: Option<Challenge>) -> Result<(), ApiError> {
        match (&self.challenges, kind) {
            (Some(challenges), Some(kind)) => challenges.demand_means(kind),
            _ => Ok(()),
        }
    }

    /// What the line asks for, as a fresh document for this caller.
    ///
    /// # Errors
    /// `NOT_FOUND` in a process without challenges.
    pub fn challenge(
        &self,
        line: &LineId,
        rule: &LineRule,
        request: &VisitorRequest,
    ) -> Result<ChallengeDocument, ApiError> {
        let challenges = self.challenges.as_ref().ok_or(ErrorCode::NotFound)?;
        challenges.document(line, rule.asks_for(), request.network())
    }

    /// Takes a position where nothing is asked for, or returns the one that the visitor has.
    pub(super) async fn take_place(&self, user: LineUser, request: &VisitorRequest) -> Result<Taken, ApiError> {
        let line = user.line.clone();
        let Some(challenges) = &self.challenges else { return self.enter(user, request).await.map(Taken::Told) };
        let challenge = challenges.of(&line).await?;
        if challenge == Challenge::None {
            return self.enter(user, request).await.map(Taken::Told);
        }
        match self.lines.check_in(user).await? {
            LineStatus::Absent if challenge == Challenge::Account => Ok(Taken::AccountNeeded),
            LineStatus::Absent => challenges.document(&line, challenge, request.network()).map(Taken::Asked),
            status => Ok(Taken::Told(status)),
        }
    }

    async fn enter(&self, who: LineUser, request: &VisitorRequest) -> Result<LineStatus, ApiError> {
        Ok(self.lines.enter(Entrant { who, network: request.network() }).await?)
    }

    /// Takes a position for an answer, and leads back to the waiting page. Whoever has a position is not asked.
    ///
    /// # Errors
    /// `CHALLENGE_REQUIRED` for a program; a browser gets the page that asks again, with the same status. `NOT_FOUND`,
    /// `QUEUE_FULL`, `TOO_MANY_POSITIONS`, `UNAUTHORIZED`, `SERVICE_UNAVAILABLE` likewise.
    pub async fn answer(
        &self,
        name: &str,
        query: &WaitQuery,
        request: &VisitorRequest,
        form: &AnswerForm,
    ) -> Result<Response, ApiError> {
        let Arrival { user, here, .. } = match self.arrival(name, query, request).await? {
            Arrived::Visitor(arrival) => arrival,
            Arrived::Answered(response) => return Ok(response),
        };
        if !form.leave.is_empty() {
            return self.leave(user, &form.leave, &here).await;
        }
        let (line, visitor, language) = (user.line.clone(), user.user.clone(), request.language());
        let is_page = is_page(request);
        let status = match self.place_for_answer(user, request, form).await {
            Ok(status) => status,
            Err(error) if error.code == ErrorCode::ChallengeRequired && is_page => {
                return self.ask_again(&line, request, (name, &here)).await;
            }
            Err(error) if error.code == ErrorCode::Unauthorized && is_page => {
                return Ok(page::notice(Notice::AccountNeeded, name, &here, language));
            }
            Err(error) => return Err(error),
        };
        let refusal = match status {
            LineStatus::NoLine => return Err(no_line()),
            LineStatus::Full => Some(ErrorCode::QueueFull),
            LineStatus::TooMany => Some(ErrorCode::TooManyPositions),
            _ => None,
        };
        let late = if Returned::of(&status).is_some() { LATE } else { "" };
        let mut response = match (refusal, notice_of(status)) {
            (None, _) => see_other(&format!("{here}{late}"), &NewCookies::default()),
            (Some(_), Some(notice)) if is_page => page::notice(notice, name, &here, language),
            (Some(code), _) => ApiError::new(code).into_response(),
        };
        put(&mut response, SET_COOKIE.as_str(), &self.cookies(request).visitor_cookie(&visitor));
        Ok(response)
    }

    async fn place_for_answer(
        &self,
        user: LineUser,
        request: &VisitorRequest,
        form: &AnswerForm,
    ) -> Result<LineStatus, ApiError> {
        if let Some(challenges) = &self.challenges {
            let challenge = challenges.of(&user.line).await?;
            if challenge != Challenge::None {
                match self.lines.check_in(user.clone()).await? {
                    LineStatus::Absent => {}
                    status => return Ok(status),
                }
                let from_form = form.answer();
                let header = Some(request.header(CHALLENGE_HEADER)).filter(|header| !header.is_empty());
                let answer = header.or(from_form.as_deref().map(str::as_bytes));
                challenges.demand(&user.line, challenge, request.network(), answer).await?;
            }
        }
        self.enter(user, request).await
    }

    async fn ask_again(
        &self,
        line: &LineId,
        request: &VisitorRequest,
        (name, here): (&str, &str),
    ) -> Result<Response, ApiError> {
        let challenges = self.challenges.as_ref().ok_or(ErrorCode::NotFound)?;
        let document = challenges.document(line, challenges.of(line).await?, request.network())?;
        Ok(page::ask(&document, self.script_url(), name, here, StatusCode::FORBIDDEN, request.language()))
    }
}

/// Whether a browser shows the answer to a person.
fn is_page(request: &VisitorRequest) -> bool {
    request.header(ACCEPT.as_str()).windows(9).any(|part| part.eq_ignore_ascii_case(b"text/html"))
}
