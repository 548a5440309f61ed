//! The JSON of e-mail codes.

use super::given::BODY_BYTES_MAX;
use onsale_http::RequestBody;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Asks for a code.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CodeRequest {
    /// Where the code goes.
    #[schema(example = "kim@example.com")]
    pub email: String,
    /// The token of reCAPTCHA.
    pub recaptcha_token: String,
}

impl RequestBody for CodeRequest {
    const LIMIT_BYTES: usize = BODY_BYTES_MAX;
}

/// Shows a code.
#[derive(Deserialize, ToSchema)]
pub struct CodeProof {
    /// Where the code went.
    #[schema(example = "kim@example.com")]
    pub email: String,
    /// The six digits.
    #[schema(example = "012345")]
    pub code: String,
}

impl RequestBody for CodeProof {
    const LIMIT_BYTES: usize = BODY_BYTES_MAX;
}

/// The address is proved.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CodeVerified {
    /// For `emailVerificationToken` of a sign-up, half an hour long, once.
    pub verification_token: String,
}
