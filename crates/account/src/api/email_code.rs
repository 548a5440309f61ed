//! Routes of e-mail codes (AUTH-020).

use super::Reply;
use crate::origin::Origin;
use crate::service::AccountService;
use crate::views::email_code::{CodeProof, CodeRequest, CodeVerified};
use crate::views::given::{email, not_blank};
use ::http::StatusCode;
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json};
use utoipa::OpenApi;

/// The routes.
pub fn routes(accounts: AccountService) -> Router {
    Router::new().route("/auth/email/code", post(send)).route("/auth/email/verify", post(verify)).with_state(accounts)
}

/// These routes' part of the API document.
#[derive(OpenApi)]
#[openapi(paths(send, verify))]
pub struct EmailCodeDocument;

/// Sends a code of six digits to an address: good for ten minutes and five tries. The answer says nothing about accounts.
#[utoipa::path(post, path = "/auth/email/code", tag = "accounts", request_body = CodeRequest,
    responses((status = 202), (status = 400, body = ErrorBody), (status = 429, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
async fn send(
    State(accounts): State<AccountService>,
    origin: Origin,
    Json(request): Json<CodeRequest>,
) -> Result<StatusCode, ApiError> {
    let email = email(&request.email)?;
    not_blank("recaptchaToken", &request.recaptcha_token)?;
    accounts.check_human(&request.recaptcha_token, &origin).await?;
    accounts.codes.send(&email, origin.language, &origin.trace_id).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Makes a proof for the sign-up of a code.
#[utoipa::path(post, path = "/auth/email/verify", tag = "accounts", request_body = CodeProof,
    responses((status = 200, body = CodeVerified), (status = 400, body = ErrorBody)))]
async fn verify(State(accounts): State<AccountService>, Json(proof): Json<CodeProof>) -> Reply<CodeVerified> {
    let email = email(&proof.email)?;
    not_blank("code", &proof.code)?;
    let verification_token = accounts.codes.verify(&email, &proof.code).await?;
    Ok(Json(CodeVerified { verification_token }))
}
