//! A look is shown, looked at before it is saved, and saved.

use super::super::fields::Given;
use super::super::frame::{Frame, asked, plain, shell, show};
use super::super::model::Look;
use super::super::operator::Operator;
use super::super::words::Say;
use super::form::{Form, body, pairs};
use super::upload::Upload;
use super::{DEFAULT, PLACE};
use crate::forms::see_other;
use crate::{Nothing, Pages, Problem};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{Method, StatusCode};
use web::{FieldError, Shell, Value};

#[derive(Template)]
#[template(path = "console/look.html")]
struct LookPage {
    shell: Shell,
    frame: Frame,
    errors: Vec<FieldError>,
    name: String,
    logo: Option<String>,
    form: Form,
    /// Pairs of colours that are too close; none while nobody has looked.
    pairs: Option<Vec<String>>,
}

impl LookPage {
    /// The fault of a field, to be told beside it.
    fn error(&self, field: &str) -> Option<&str> {
        self.errors.iter().find(|error| error.field == field).map(|error| error.text.as_str())
    }
}

async fn look(pages: &Pages, operator: &Operator, name: &str) -> Result<Look, Problem> {
    match pages.api.get::<Look>(operator, &format!("/api/v1/admin/looks/{name}")).await {
        Ok(look) => Ok(look),
        Err(problem) if problem.status == StatusCode::NOT_FOUND => Ok(Look::default()),
        Err(problem) => Err(problem),
    }
}

pub(super) async fn edit(
    State(pages): State<Pages>,
    operator: Operator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let look = look(&pages, &operator, plain(&operator, &name)?).await?;
    let form = Form::of(operator.t(), &look);
    Ok(look_page(&operator, &name, look, Answer { status: StatusCode::OK, errors: Vec::new(), form, pairs: None }))
}

struct Answer {
    status: StatusCode,
    errors: Vec<FieldError>,
    form: Form,
    pairs: Option<Vec<String>>,
}

fn look_page(operator: &Operator, name: &str, look: Look, answer: Answer) -> Response {
    let t = operator.t();
    let Answer { status, errors, form, pairs } = answer;
    let of = if name == DEFAULT { t.get("look-edit-default").to_owned() } else { name.to_owned() };
    let asked = asked(operator);
    let done = Given(&asked).get("done").map(|_| t.get("look-saved").to_owned());
    let template = LookPage {
        shell: shell(operator, t.with("look-edit-title", &[("name", Value::from(of))]))
            .errors(!errors.is_empty())
            .script("console/look.js")
            .texts("look-js-")
            .texts("look-color-")
            .texts("look-scheme-"),
        frame: Frame::at(PLACE, "look").done(done),
        errors,
        name: name.to_owned(),
        logo: look.logo,
        form,
        pairs,
    };
    show(status, &template.shell, &template)
}

pub(super) async fn save(
    State(pages): State<Pages>,
    operator: Operator,
    Path(name): Path<String>,
    upload: Upload,
) -> Result<Response, Problem> {
    let name = plain(&operator, &name)?;
    let (t, given) = (operator.t(), Given(&upload.fields.all));
    let look = look(&pages, &operator, name).await?;
    let answer =
        |status, errors: Vec<FieldError>, pairs| Answer { status, form: Form::came(t, given, &errors), errors, pairs };
    let body = match body(t, given, upload.file.as_ref()) {
        Ok(body) => body,
        Err(errors) => return Ok(look_page(&operator, name, look, answer(StatusCode::BAD_REQUEST, errors, None))),
    };
    let is_preview = given.get("act") == Some("preview");
    let path = format!("/api/v1/admin/looks/{name}");
    let proof = &upload.fields.proof;
    let sent = match is_preview {
        true => {
            let path = format!("{path}/preview");
            pages.api.send::<Nothing>(&operator, Method::POST, &path, &body, proof).await
        }
        false => pages.api.send::<Nothing>(&operator, Method::PUT, &path, &body, proof).await,
    };
    let problem = match sent {
        Ok(_) if is_preview => {
            return Ok(look_page(&operator, name, look, answer(StatusCode::OK, Vec::new(), Some(Vec::new()))));
        }
        Ok(_) => return Ok(see_other(&format!("/console/looks/{name}?done=saved"))),
        Err(problem) => problem,
    };
    if problem.code == "CONTRAST_TOO_LOW" {
        let pairs = pairs(t, &problem.body);
        let errors = pairs.iter().map(|pair| FieldError::new("colors", pair.clone())).collect();
        return Ok(look_page(&operator, name, look, answer(problem.status, errors, Some(pairs))));
    }
    match super::super::fields::refused(&problem, &[]) {
        Some(error) => Ok(look_page(&operator, name, look, answer(problem.status, vec![error], None))),
        None => Err(problem),
    }
}
