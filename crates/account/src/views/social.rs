//! The JSON of social log-in.

use serde::Serialize;
use utoipa::ToSchema;

/// Where the browser goes next.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkView {
    /// The address at the provider.
    #[schema(example = "https://kauth.kakao.com/oauth/authorize?response_type=code&...")]
    pub location: String,
}
