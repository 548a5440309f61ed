# What people read when a call is refused: one text for each code of contract.md.
INVALID_INPUT = The request is not valid.
UNAUTHORIZED = A valid key or access token is needed.
FORBIDDEN = You are not allowed to do this.
NOT_FOUND = There is nothing at this address.
METHOD_NOT_ALLOWED = This method is not allowed here.
REQUEST_TIMEOUT = The request took too long to arrive.
PAYLOAD_TOO_LARGE = The request body is too large.
UNSUPPORTED_MEDIA_TYPE = The request body must be sent as application/json.
HEADERS_TOO_LARGE = The request headers are too large.
RATE_LIMIT_EXCEEDED = Too many requests. Please try again shortly.
INTERNAL_ERROR = Something went wrong on our side.
SERVICE_UNAVAILABLE = The service is not available right now. Please try again shortly.
GATEWAY_TIMEOUT = The answer took too long. Please try again.
CAMPAIGN_NOT_FOUND = There is no such campaign.
CAMPAIGN_EXISTS = A campaign with this id already exists.
CAMPAIGN_NOT_MODIFIABLE = The campaign can not be changed in this way any more.
COUPON_NOT_FOUND = There is no such coupon.
COUPON_ALREADY_REDEEMED = The coupon has already been used.
COUPON_RESERVED = The coupon is reserved for another order.
COUPON_NOT_APPLICABLE = The coupon can not be used for this order.
IDEMPOTENCY_KEY_REUSED = This Idempotency-Key was already used with another request.
QUEUE_FULL = The waiting line is full. Please try again shortly.
INTERNAL_API_UNAUTHORIZED = This is for our own services, with their key.
DRAW_NOT_POSSIBLE = An opening draw can not be announced for this line now.

# What people read when the first-come decision has been made.
ISSUED = The coupon is yours.
ALREADY_ISSUED = You already have this coupon.
NOT_OPEN = The coupon is not available yet.
CLOSED = The campaign is over.
PAUSED = The campaign is paused. Please try again shortly.
NOT_ADMITTED = It is not your turn yet.
SOLD_OUT = All coupons have been given away.
