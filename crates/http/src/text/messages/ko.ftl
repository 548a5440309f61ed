# Error messages: one for each error code. The caller reads the one for its language.
INVALID_INPUT = 요청 내용이 올바르지 않습니다.
UNAUTHORIZED = 유효한 API 키 또는 액세스 토큰이 필요합니다.
FORBIDDEN = 이 작업을 수행할 권한이 없습니다.
NOT_FOUND = 요청하신 주소를 찾을 수 없습니다.
METHOD_NOT_ALLOWED = 이 주소에서 지원하지 않는 HTTP 메서드입니다.
REQUEST_TIMEOUT = 요청을 받는 데 시간이 너무 오래 걸렸습니다. 다시 시도해 주세요.
PAYLOAD_TOO_LARGE = 요청 본문이 너무 큽니다.
UNSUPPORTED_MEDIA_TYPE = 요청 본문은 application/json 형식이어야 합니다.
HEADERS_TOO_LARGE = 요청 헤더가 너무 큽니다.
RATE_LIMIT_EXCEEDED = 요청이 너무 많습니다. 잠시 후 다시 시도해 주세요.
INTERNAL_ERROR = 서버에서 문제가 발생했습니다.
SERVICE_UNAVAILABLE = 지금은 서비스를 이용할 수 없습니다. 잠시 후 다시 시도해 주세요.
GATEWAY_TIMEOUT = 응답이 지연되고 있습니다. 다시 시도해 주세요.
CAMPAIGN_NOT_FOUND = 해당 캠페인을 찾을 수 없습니다.
CAMPAIGN_EXISTS = 같은 ID의 캠페인이 이미 있습니다.
CAMPAIGN_NOT_MODIFIABLE = 지금은 캠페인을 이렇게 변경할 수 없습니다.
COUPON_NOT_FOUND = 해당 쿠폰을 찾을 수 없습니다.
COUPON_ALREADY_REDEEMED = 이미 사용된 쿠폰입니다.
COUPON_RESERVED = 다른 주문에 예약된 쿠폰입니다.
COUPON_NOT_APPLICABLE = 이 주문에는 사용할 수 없는 쿠폰입니다.
IDEMPOTENCY_KEY_REUSED = 이 Idempotency-Key는 이미 다른 요청에 사용되었습니다. 새 키를 사용해 주세요.
QUEUE_FULL = 대기열이 가득 찼습니다. 잠시 후 다시 시도해 주세요.
INTERNAL_API_UNAUTHORIZED = 내부 서비스 전용 주소입니다. 유효한 서비스 키가 필요합니다.
DRAW_NOT_POSSIBLE = 지금은 이 대기열의 오픈 추첨을 예고할 수 없습니다.

# Messages for the outcome of an issue request.
ISSUED = 쿠폰이 발급되었습니다.
ALREADY_ISSUED = 이미 발급받은 쿠폰입니다.
NOT_OPEN = 아직 쿠폰 발급이 시작되지 않았습니다.
CLOSED = 쿠폰 발급이 종료되었습니다.
PAUSED = 쿠폰 발급이 잠시 중단되었습니다. 잠시 후 다시 시도해 주세요.
NOT_ADMITTED = 아직 입장 차례가 아닙니다. 차례가 될 때까지 기다려 주세요.
SOLD_OUT = 쿠폰이 모두 소진되었습니다.
