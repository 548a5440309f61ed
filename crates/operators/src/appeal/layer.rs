//! The layer around a role's routes that notes what it answers.

use super::{Answer, Recorder};
use access::Person;
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use http::Method;
use onsale_http::told::{Said, listening};
use onsale_http::{ApiError, TraceId};

/// Longest text of a row's columns, in characters, as the table has them.
const ROUTE_LENGTH: usize = 128;
pub(super) const TARGET_LENGTH: usize = 300;
pub(super) const USER_LENGTH: usize = 128;

/// Puts the layer around the routes of a role for people.
pub fn with_appeals<S: Clone + Send + Sync + 'static>(router: Router<S>, recorder: Recorder) -> Router<S> {
    router.layer(from_fn_with_state(recorder, note))
}

async fn note(State(recorder): State<Recorder>, request: Request, next: Next) -> Response {
    let Some(asked) = Asked::of(&request) else { return next.run(request).await };
    let (response, said) = listening(next.run(request)).await;
    let status = response.status().as_u16();
    let is_refusal = status >= 400 || said.outcome.is_some();
    // A read that was answered is nobody's complaint.
    if !said.is_noted && (is_refusal || asked.is_change) {
        let code = response.extensions().get::<ApiError>().map(|error| error.code.as_str());
        recorder.note(clock::now(), is_refusal, |role| asked.answer(role, status, code, said));
    }
    response
}

/// What is known of the question, as far as it is wanted in the record.
struct Asked {
    is_change: bool,
    method: Method,
    route: MatchedPath,
    target: Option<String>,
    trace_id: TraceId,
    person: Option<Person>,
}

impl Asked {
    /// None for a question whose answers are in no record: of nobody's routes, and of nobody's reads.
    fn of(request: &Request) -> Option<Self> {
        let (method, extensions) = (request.method().clone(), request.extensions());
        let person = extensions.get::<Person>().copied();
        let is_change = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE].contains(&method);
        if !is_change && person.is_none() {
            return None;
        }
        let route = extensions.get::<MatchedPath>()?.clone();
        let target = target_of(route.as_str(), request.uri().path());
        let trace_id = extensions.get::<TraceId>().copied()?;
        Some(Self { is_change, method, route, target, trace_id, person })
    }

    fn answer(self, role: &str, status: u16, code: Option<&'static str>, said: Said) -> Answer {
        let code = code.or(said.outcome);
        let target = said.target.or(self.target);
        let user_id = self.person.map(|person| person.id.to_string()).or(said.user_id);
        Answer {
            at_ms: clock::now().millis(),
            role: role.to_owned(),
            route: cut(format!("{} {}", self.method, self.route.as_str()), ROUTE_LENGTH),
            status,
            code: code.map(str::to_owned),
            target: target.map(|target| cut(target, TARGET_LENGTH)),
            trace_id: self.trace_id.as_str().to_owned(),
            user_id: user_id.map(|user| cut(user, USER_LENGTH)),
            times: 1,
        }
    }
}

/// The first value in the path that names no user.
fn target_of(route: &str, path: &str) -> Option<String> {
    let mut pairs = route.split('/').zip(path.split('/'));
    let value = |(name, value): (&str, &str)| {
        let name = name.strip_prefix('{')?;
        (!name.to_lowercase().contains("user") && !name.starts_with('*')).then(|| value.to_owned())
    };
    pairs.find_map(value)
}

pub(super) fn cut(text: String, length: usize) -> String {
    match text.char_indices().nth(length) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_is_the_first_value_that_names_no_user() {
        assert_eq!(target_of("/reservations/hold/{id}", "/reservations/hold/r1"), Some("r1".into()));
        assert_eq!(
            target_of("/api/v1/coupons/user/{user_id}/event/{event_id}", "/api/v1/coupons/user/kim/event/e1"),
            Some("e1".into())
        );
        assert_eq!(target_of("/queue/enter", "/queue/enter"), None);
    }
}
