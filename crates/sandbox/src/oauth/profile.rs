//! The person of a token, in the provider's own form.

use super::Provider;
use crate::books::people::{self, Person};
use crate::doors::unavailable;
use crate::service::Sandbox;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use onsale_http::ApiError;
use rusqlite::Connection;
use serde_json::{Value, json};

/// Longest token in bytes.
const TOKEN_BYTES_MAX: usize = 256;

pub(super) async fn profile(
    State(sandbox): State<Sandbox>,
    Path(provider): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let provider = Provider::named(&provider)?;
    let shown = headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    let token =
        shown.filter(|token| token.len() <= TOKEN_BYTES_MAX).map(|token| String::from_utf8_lossy(token).into_owned());
    let now_ms = clock::now().millis();
    let change = move |connection: &Connection| match token {
        Some(token) => people::of_token(connection, &token, provider.as_str(), now_ms),
        None => Ok(None),
    };
    let found = sandbox.0.books.change(change).await.map_err(unavailable)?;
    Ok(match found {
        Some(person) => axum::Json(shown_as(provider, &person)).into_response(),
        None => (StatusCode::UNAUTHORIZED, axum::Json(stranger(provider))).into_response(),
    })
}

fn shown_as(provider: Provider, person: &Person) -> Value {
    let has_email = !person.email.is_empty();
    match provider {
        Provider::Kakao => {
            // Kakao's ids are numbers. A person with another id was made by a test that does not mind.
            let id = person.id.parse::<u64>().map_or_else(|_| json!(person.id), |number| json!(number));
            let mut account = json!({"has_email": has_email, "profile": {"nickname": person.name}});
            if has_email {
                account["email"] = json!(person.email);
                account["is_email_valid"] = json!(true);
                account["is_email_verified"] = json!(true);
            }
            json!({"id": id, "connected_at": "2026-01-01T00:00:00Z", "kakao_account": account})
        }
        Provider::Naver => {
            let mut response = json!({"id": person.id, "name": person.name});
            if has_email {
                response["email"] = json!(person.email);
            }
            json!({"resultcode": "00", "message": "success", "response": response})
        }
        Provider::Google => {
            let mut profile = json!({"sub": person.id, "name": person.name});
            if has_email {
                profile["email"] = json!(person.email);
                profile["email_verified"] = json!(true);
            }
            profile
        }
    }
}

fn stranger(provider: Provider) -> Value {
    match provider {
        Provider::Kakao => json!({"msg": "this access token does not exist", "code": -401}),
        Provider::Naver => json!({"resultcode": "024", "message": "Authentication failed"}),
        Provider::Google => json!({"error": "invalid_token", "error_description": "Invalid Credentials"}),
    }
}
