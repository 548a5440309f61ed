//! The JSON of social log-in.

use domain::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Where the browser goes next.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkView {
    /// The address at the provider.
    #[schema(example = "https://kauth.kakao.com/oauth/authorize?response_type=code&...")]
    pub location: String,
}

/// Where one's account is linked.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkedView {
    /// The oldest first; empty where none is.
    pub list: Vec<LinkedProvider>,
}

/// A link of one's account to a person of a provider.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkedProvider {
    /// `kakao`, `naver` or `google`, as the routes name it.
    #[schema(example = "kakao")]
    pub provider: String,
    /// Since when.
    #[schema(value_type = String)]
    pub linked_at: Timestamp,
}
