//! The codes of refused calls, and the HTTP status of each (`contract.md`, Conventions).

/// A stable code that clients may branch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the contract's own words")]
pub enum ErrorCode {
    InvalidInput,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    PayloadTooLarge,
    UnsupportedMediaType,
    ExpectationFailed,
    HeadersTooLarge,
    RateLimitExceeded,
    InternalError,
    ServiceUnavailable,
    GatewayTimeout,
    CampaignNotFound,
    CampaignExists,
    CampaignNotModifiable,
    CouponNotFound,
    CouponAlreadyRedeemed,
    CouponReserved,
    CouponNotApplicable,
    IdempotencyKeyReused,
    QueueFull,
    InternalApiUnauthorized,
    DrawNotPossible,
    DrawAnnounced,
}

impl ErrorCode {
    /// Every code, for documents and tests.
    pub const ALL: [Self; 26] = [
        Self::InvalidInput,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::RequestTimeout,
        Self::PayloadTooLarge,
        Self::UnsupportedMediaType,
        Self::ExpectationFailed,
        Self::HeadersTooLarge,
        Self::RateLimitExceeded,
        Self::InternalError,
        Self::ServiceUnavailable,
        Self::GatewayTimeout,
        Self::CampaignNotFound,
        Self::CampaignExists,
        Self::CampaignNotModifiable,
        Self::CouponNotFound,
        Self::CouponAlreadyRedeemed,
        Self::CouponReserved,
        Self::CouponNotApplicable,
        Self::IdempotencyKeyReused,
        Self::QueueFull,
        Self::InternalApiUnauthorized,
        Self::DrawNotPossible,
        Self::DrawAnnounced,
    ];

    /// As written on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "INVALID_INPUT",
            Self::Unauthorized => "UNAUTHORIZED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::RequestTimeout => "REQUEST_TIMEOUT",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::ExpectationFailed => "EXPECTATION_FAILED",
            Self::HeadersTooLarge => "HEADERS_TOO_LARGE",
            Self::RateLimitExceeded => "RATE_LIMIT_EXCEEDED",
            Self::InternalError => "INTERNAL_ERROR",
            Self::ServiceUnavailable => "SERVICE_UNAVAILABLE",
            Self::GatewayTimeout => "GATEWAY_TIMEOUT",
            Self::CampaignNotFound => "CAMPAIGN_NOT_FOUND",
            Self::CampaignExists => "CAMPAIGN_EXISTS",
            Self::CampaignNotModifiable => "CAMPAIGN_NOT_MODIFIABLE",
            Self::CouponNotFound => "COUPON_NOT_FOUND",
            Self::CouponAlreadyRedeemed => "COUPON_ALREADY_REDEEMED",
            Self::CouponReserved => "COUPON_RESERVED",
            Self::CouponNotApplicable => "COUPON_NOT_APPLICABLE",
            Self::IdempotencyKeyReused => "IDEMPOTENCY_KEY_REUSED",
            Self::QueueFull => "QUEUE_FULL",
            Self::InternalApiUnauthorized => "INTERNAL_API_UNAUTHORIZED",
            Self::DrawNotPossible => "DRAW_NOT_POSSIBLE",
            Self::DrawAnnounced => "DRAW_ANNOUNCED",
        }
    }

    /// The HTTP status that goes with it.
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidInput => 400,
            Self::Unauthorized | Self::InternalApiUnauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound | Self::CampaignNotFound | Self::CouponNotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::RequestTimeout => 408,
            Self::DrawNotPossible
            | Self::DrawAnnounced
            | Self::CampaignExists
            | Self::CampaignNotModifiable
            | Self::CouponAlreadyRedeemed
            | Self::CouponReserved => 409,
            Self::PayloadTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::ExpectationFailed => 417,
            Self::CouponNotApplicable | Self::IdempotencyKeyReused => 422,
            Self::RateLimitExceeded => 429,
            Self::HeadersTooLarge => 431,
            Self::InternalError => 500,
            Self::ServiceUnavailable | Self::QueueFull => 503,
            Self::GatewayTimeout => 504,
        }
    }
}
