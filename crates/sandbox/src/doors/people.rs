//! People with accounts at the providers of social log-in.

use super::{demand_text, unavailable};
use crate::books::people::{self, Person};
use crate::oauth::Provider;
use crate::service::Sandbox;
use axum::extract::State;
use axum::response::IntoResponse;
use onsale_http::{ApiError, Json, Path, RequestBody};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
pub(crate) struct NewPerson {
    pub id: String,
    /// None or empty: the person lets nobody see it.
    pub email: Option<String>,
    pub name: Option<String>,
}

impl RequestBody for NewPerson {
    const LIMIT_BYTES: usize = 4_096;
}

impl NewPerson {
    pub fn person(self) -> Result<Person, ApiError> {
        let person = Person { id: self.id, email: self.email.unwrap_or_default(), name: self.name.unwrap_or_default() };
        demand_text("id", &person.id, 1..=200)?;
        demand_text("email", &person.email, 0..=254)?;
        demand_text("name", &person.name, 0..=100)?;
        Ok(person)
    }
}

pub(super) async fn make(
    State(sandbox): State<Sandbox>,
    Path(provider): Path<String>,
    Json(new): Json<NewPerson>,
) -> Result<impl IntoResponse, ApiError> {
    let provider = Provider::named(&provider)?;
    let person = new.person()?;
    let view = json!({"id": person.id, "email": person.email, "name": person.name});
    let change = move |connection: &rusqlite::Connection| people::put(connection, provider.as_str(), &person);
    sandbox.0.books.change(change).await.map_err(unavailable)?;
    Ok(Json(view))
}
