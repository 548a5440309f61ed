//! The codes of refused calls, and the HTTP status of each (`contract.md`, Conventions). A new code is one line of the
//! table at the end.

/// Makes the enum and all that is asked of it from one table, so that no code can lack its status or be left out of `ALL`.
macro_rules! error_codes {
    ($($name:ident = $word:literal, $status:literal;)+) => {
        /// A stable code that clients may branch on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "the names are the contract's own words")]
        pub enum ErrorCode {
            $($name,)+
        }

        impl ErrorCode {
            /// Every code, for documents and tests.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$name),+];

            /// As written on the wire.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }

            /// The HTTP status that goes with it.
            pub fn status(self) -> u16 {
                match self {
                    $(Self::$name => $status,)+
                }
            }
        }
    };
}

error_codes! {
    InvalidInput = "INVALID_INPUT", 400;
    Unauthorized = "UNAUTHORIZED", 401;
    Forbidden = "FORBIDDEN", 403;
    NotFound = "NOT_FOUND", 404;
    MethodNotAllowed = "METHOD_NOT_ALLOWED", 405;
    RequestTimeout = "REQUEST_TIMEOUT", 408;
    PayloadTooLarge = "PAYLOAD_TOO_LARGE", 413;
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", 415;
    ExpectationFailed = "EXPECTATION_FAILED", 417;
    HeadersTooLarge = "HEADERS_TOO_LARGE", 431;
    RateLimitExceeded = "RATE_LIMIT_EXCEEDED", 429;
    InternalError = "INTERNAL_ERROR", 500;
    ServiceUnavailable = "SERVICE_UNAVAILABLE", 503;
    GatewayTimeout = "GATEWAY_TIMEOUT", 504;
    CampaignNotFound = "CAMPAIGN_NOT_FOUND", 404;
    CampaignExists = "CAMPAIGN_EXISTS", 409;
    CampaignNotModifiable = "CAMPAIGN_NOT_MODIFIABLE", 409;
    ContrastTooLow = "CONTRAST_TOO_LOW", 422;
    CouponNotFound = "COUPON_NOT_FOUND", 404;
    CouponAlreadyRedeemed = "COUPON_ALREADY_REDEEMED", 409;
    CouponReserved = "COUPON_RESERVED", 409;
    CouponNotApplicable = "COUPON_NOT_APPLICABLE", 422;
    IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED", 422;
    IdempotencyKeyInUse = "IDEMPOTENCY_KEY_IN_USE", 409;
    QueueFull = "QUEUE_FULL", 503;
    TooManyPositions = "TOO_MANY_POSITIONS", 429;
    ChallengeRequired = "CHALLENGE_REQUIRED", 403;
    InternalApiUnauthorized = "INTERNAL_API_UNAUTHORIZED", 401;
    DrawNotPossible = "DRAW_NOT_POSSIBLE", 409;
    DrawAnnounced = "DRAW_ANNOUNCED", 409;
    LineExists = "LINE_EXISTS", 409;
    RateChanged = "RATE_CHANGED", 409;
    TenantQuotaExceeded = "TENANT_QUOTA_EXCEEDED", 409;
    InvalidCredentials = "INVALID_CREDENTIALS", 401;
    InvalidToken = "INVALID_TOKEN", 401;
    ExpiredToken = "EXPIRED_TOKEN", 401;
    RevokedRefreshToken = "REVOKED_REFRESH_TOKEN", 401;
    AccountDormant = "ACCOUNT_DORMANT", 403;
    AlreadyExistsEmail = "ALREADY_EXISTS_EMAIL", 409;
    DuplicateIdentity = "DUPLICATE_IDENTITY", 409;
    RecaptchaFailed = "RECAPTCHA_FAILED", 400;
    RecaptchaUnavailable = "RECAPTCHA_UNAVAILABLE", 503;
    PortoneVerificationFailed = "PORTONE_VERIFICATION_FAILED", 400;
    PortoneVerificationTimeout = "PORTONE_VERIFICATION_TIMEOUT", 400;
    PortoneUnavailable = "PORTONE_UNAVAILABLE", 503;
    ConsentRequired = "CONSENT_REQUIRED", 400;
    TermsVersionExists = "TERMS_VERSION_EXISTS", 409;
    EmailCodeInvalid = "EMAIL_CODE_INVALID", 400;
    OauthStateInvalid = "OAUTH_STATE_INVALID", 400;
    SocialAlreadyLinked = "SOCIAL_ALREADY_LINKED", 409;
    CsrfTokenInvalid = "CSRF_TOKEN_INVALID", 403;
    QueueTokenMissing = "QUEUE_TOKEN_MISSING", 401;
    QueueTokenInvalid = "QUEUE_TOKEN_INVALID", 401;
    QueueTokenExpired = "QUEUE_TOKEN_EXPIRED", 401;
    HallNotInVenue = "HALL_NOT_IN_VENUE", 400;
    DuplicatePlaySequence = "DUPLICATE_PLAY_SEQUENCE", 409;
    EventNotModifiable = "EVENT_NOT_MODIFIABLE", 409;
    EventHasReservations = "EVENT_HAS_RESERVATIONS", 409;
    InvalidEventStatus = "INVALID_EVENT_STATUS", 409;
    VenueHasHalls = "VENUE_HAS_HALLS", 409;
    VenueHasEvents = "VENUE_HAS_EVENTS", 409;
    HallNameDuplicate = "HALL_NAME_DUPLICATE", 409;
    HallHasEvents = "HALL_HAS_EVENTS", 409;
    TicketSaleNotStarted = "TICKET_SALE_NOT_STARTED", 400;
    TicketSaleEnded = "TICKET_SALE_ENDED", 400;
    EventCancelled = "EVENT_CANCELLED", 409;
    AlreadyApproved = "ALREADY_APPROVED", 409;
    AlreadyInQueue = "ALREADY_IN_QUEUE", 409;
    NotInQueue = "NOT_IN_QUEUE", 404;
    SeatNotFound = "SEAT_NOT_FOUND", 404;
    ReservationInProgress = "RESERVATION_IN_PROGRESS", 409;
    MaxSeatsExceeded = "MAX_SEATS_EXCEEDED", 400;
    SeatAlreadySold = "SEAT_ALREADY_SOLD", 409;
    SeatAlreadyHeld = "SEAT_ALREADY_HELD", 409;
    SeatNotAvailable = "SEAT_NOT_AVAILABLE", 409;
    HoldExpired = "HOLD_EXPIRED", 410;
    HoldAlreadyExtended = "HOLD_ALREADY_EXTENDED", 409;
    ReservationAlreadyCancelled = "RESERVATION_ALREADY_CANCELLED", 409;
    ReservationNotModifiable = "RESERVATION_NOT_MODIFIABLE", 422;
    CancellationNotAllowed = "CANCELLATION_NOT_ALLOWED", 422;
    ReservationNotPayable = "RESERVATION_NOT_PAYABLE", 422;
    PaymentAlreadyExists = "PAYMENT_ALREADY_EXISTS", 409;
    PaymentAmountMismatch = "PAYMENT_AMOUNT_MISMATCH", 400;
    PortoneCircuitOpen = "PORTONE_CIRCUIT_OPEN", 503;
    PortoneTimeout = "PORTONE_TIMEOUT", 504;
    PortonePreRegisterFailed = "PORTONE_PRE_REGISTER_FAILED", 502;
    PortoneApiError = "PORTONE_API_ERROR", 502;
    WebhookSignatureInvalid = "WEBHOOK_SIGNATURE_INVALID", 401;
}
