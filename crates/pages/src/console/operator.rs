//! Who may come into the console.

use crate::forms::see_other;
use crate::visitor::Visitor;
use crate::{Pages, Problem};
use askama::Template;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use std::ops::Deref;
use web::{Caching, Policy, Shell, Visit, page};

/// An administrator who looks at the console. Derefs to [`Visitor`].
///
/// The API judges each change again: this decides which page is shown.
#[derive(Clone, Debug)]
pub(super) struct Operator(Visitor);

impl Deref for Operator {
    type Target = Visitor;

    fn deref(&self) -> &Visitor {
        &self.0
    }
}

impl AsRef<Visit> for Operator {
    fn as_ref(&self) -> &Visit {
        self.0.as_ref()
    }
}

impl FromRequestParts<Pages> for Operator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, pages: &Pages) -> Result<Self, Response> {
        let visitor = Visitor::of(parts);
        match visitor.user(pages).await.map_err(Problem::into_response)? {
            Some(user) if user.is_admin() => Ok(Self(visitor)),
            Some(_) => Err(forbidden(&visitor)),
            None => Err(visitor.to_login_without_the_form().into_response()),
        }
    }
}

/// Addresses of forms alone: whoever comes there by a link of another language, or back from the log-in, is led to the page
/// that has the form.
pub(super) async fn to_form(operator: Operator) -> Response {
    let (path, query) = operator.here.split_once('?').unwrap_or((&operator.here, ""));
    let page = path.rsplit_once('/').map_or("/console", |(page, _)| page);
    see_other(&if query.is_empty() { page.to_owned() } else { format!("{page}?{query}") })
}

#[derive(Template)]
#[template(path = "console/forbidden.html")]
struct ForbiddenPage {
    shell: Shell,
}

fn forbidden(visitor: &Visitor) -> Response {
    let shell = Shell::new(visitor, visitor.t().get("console-forbidden-title")).trace(visitor.trace());
    let template = ForbiddenPage { shell };
    page(StatusCode::FORBIDDEN, &template.shell, &Policy::Common, Caching::Private, &template)
}
