# Error messages: one for each error code. The caller reads the one for its language.
INVALID_INPUT = 요청 내용이 올바르지 않습니다.
UNAUTHORIZED = 유효한 API 키 또는 액세스 토큰이 필요합니다.
FORBIDDEN = 이 작업을 수행할 권한이 없습니다.
NOT_FOUND = 요청하신 주소를 찾을 수 없습니다.
METHOD_NOT_ALLOWED = 이 주소에서 지원하지 않는 HTTP 메서드입니다.
REQUEST_TIMEOUT = 요청을 받는 데 시간이 너무 오래 걸렸습니다. 다시 시도해 주세요.
PAYLOAD_TOO_LARGE = 요청 본문이 너무 큽니다.
UNSUPPORTED_MEDIA_TYPE = 요청 본문은 application/json 형식이어야 합니다.
EXPECTATION_FAILED = 서버가 지원하지 않는 요구(Expect)가 포함된 요청입니다.
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
COUPON_RESERVED = 다른 주문에 예약되었거나 이 주문에 예약되지 않은 쿠폰입니다.
COUPON_NOT_APPLICABLE = 이 주문에는 사용할 수 없는 쿠폰입니다.
IDEMPOTENCY_KEY_REUSED = 이 Idempotency-Key는 이미 다른 요청에 사용되었습니다. 새 키를 사용해 주세요.
IDEMPOTENCY_KEY_IN_USE = 같은 Idempotency-Key를 사용한 첫 요청을 아직 처리하고 있습니다. 잠시 후 같은 요청을 다시 보내 주세요.
QUEUE_FULL = 대기열이 가득 찼습니다. 잠시 후 다시 시도해 주세요.
TOO_MANY_POSITIONS = 같은 네트워크에서 이 대기열에 선 사람이 너무 많습니다. 일부가 입장한 뒤 다시 시도해 주세요.
CHALLENGE_REQUIRED = 이 대기열은 줄을 서기 전에 확인 절차가 필요합니다.
INTERNAL_API_UNAUTHORIZED = 내부 서비스 전용 주소입니다. 유효한 서비스 키가 필요합니다.
DRAW_NOT_POSSIBLE = 지금은 이 대기열의 오픈 추첨을 예고할 수 없습니다.
TENANT_QUOTA_EXCEEDED = 이 테넌트에 허용된 한도를 모두 사용했습니다.
INVALID_CREDENTIALS = 이메일 또는 비밀번호가 올바르지 않습니다.
INVALID_TOKEN = 토큰이 올바르지 않습니다. 다시 로그인해 주세요.
EXPIRED_TOKEN = 토큰이 만료되었습니다. 다시 로그인해 주세요.
REVOKED_REFRESH_TOKEN = 종료된 세션입니다. 다시 로그인해 주세요.
ACCOUNT_DORMANT = 오랫동안 로그인하지 않아 휴면 상태인 계정입니다. 본인 인증 후 다시 사용할 수 있습니다.
ALREADY_EXISTS_EMAIL = 이미 가입된 이메일입니다.
DUPLICATE_IDENTITY = 이미 가입된 본인 인증 정보입니다.
RECAPTCHA_FAILED = 자동 가입 방지 확인에 실패했습니다. 다시 시도해 주세요.
RECAPTCHA_UNAVAILABLE = 자동 가입 방지 확인을 지금 할 수 없습니다. 잠시 후 다시 시도해 주세요.
PORTONE_VERIFICATION_FAILED = 본인 인증을 확인하지 못했습니다. 본인 인증을 다시 진행해 주세요.
PORTONE_VERIFICATION_TIMEOUT = 본인 인증이 아직 끝나지 않았습니다. 완료한 뒤 다시 시도해 주세요.
PORTONE_UNAVAILABLE = 본인 인증을 지금 할 수 없습니다. 잠시 후 다시 시도해 주세요.
CONSENT_REQUIRED = 필수 약관에 동의해 주세요.
TERMS_VERSION_EXISTS = 같은 버전의 약관이 이미 있습니다.
EMAIL_CODE_INVALID = 인증 번호가 올바르지 않거나 만료되었습니다. 새 인증 번호를 요청해 주세요.
OAUTH_STATE_INVALID = 여기에서 시작하지 않았거나 이미 사용된 로그인입니다. 처음부터 다시 시도해 주세요.
SOCIAL_ALREADY_LINKED = 이미 연결된 소셜 계정입니다.
CSRF_TOKEN_INVALID = 이 사이트의 페이지에서 보낸 요청이 아닙니다. 페이지를 새로 고친 뒤 다시 시도해 주세요.
QUEUE_TOKEN_MISSING = 대기열 입장권이 필요합니다.
QUEUE_TOKEN_INVALID = 대기열 입장권이 올바르지 않습니다.
QUEUE_TOKEN_EXPIRED = 대기열 입장권이 만료되었습니다. 대기열에 다시 들어와 주세요.
HALL_NOT_IN_VENUE = 이 공연장에 속한 홀이 아닙니다.
DUPLICATE_PLAY_SEQUENCE = 회차 번호가 겹칩니다.
EVENT_NOT_MODIFIABLE = 판매가 임박했거나 시작된 뒤에는 아티스트, 공연장, 홀, 가격을 바꿀 수 없습니다.
EVENT_HAS_RESERVATIONS = 판매되었거나 예약 중인 좌석이 있습니다.
INVALID_EVENT_STATUS = 현재 공연 상태에서는 할 수 없는 요청입니다.
VENUE_HAS_HALLS = 홀이 남아 있는 공연장입니다.
VENUE_HAS_EVENTS = 이 공연장에서 열리는 공연이 있습니다.
HALL_NAME_DUPLICATE = 이 공연장에 같은 이름의 홀이 이미 있습니다.
HALL_HAS_EVENTS = 이 홀에서 열리는 공연이 있습니다.
DRAW_ANNOUNCED = 이 대기열에는 내용이 다른 추첨이 이미 예고되었습니다. 예고한 추첨은 바꿀 수 없습니다.
LINE_EXISTS = 같은 이름의 대기열이 이미 있습니다.
RATE_CHANGED = 그 사이 다른 운영자가 입장 속도를 바꾸었습니다. 현재 속도를 확인하고 다시 시도해 주세요.
TENANT_QUOTA_EXCEEDED = 만들 수 있는 개수를 모두 사용했습니다. 먼저 하나를 삭제해 주세요.

# Messages for the outcome of an issue request.
ISSUED = 쿠폰이 발급되었습니다.
ALREADY_ISSUED = 이미 이 캠페인의 쿠폰을 발급받았습니다. 회수된 쿠폰도 발급받은 것으로 봅니다.
NOT_OPEN = 아직 쿠폰 발급이 시작되지 않았습니다.
CLOSED = 쿠폰 발급이 종료되었습니다.
PAUSED = 쿠폰 발급이 잠시 중단되었습니다. 잠시 후 다시 시도해 주세요.
NOT_ADMITTED = 아직 입장 차례가 아닙니다. 차례가 될 때까지 기다려 주세요.
SOLD_OUT = 쿠폰이 모두 소진되었습니다.

# The waiting page. { $n }, { $h } and { $m } are numbers; the script of the page fills them in, too.
wait-title = 잠시만 기다려 주세요
wait-lead = 접속하신 분이 많아 순서대로 입장을 안내해 드리고 있습니다.
wait-rank = 나의 순서
wait-progress = 진행 상황
wait-soon = 1분 안에 입장합니다.
wait-minutes = 약 { $n }분 뒤에 입장합니다.
wait-hours = 약 { $h }시간 { $m }분 뒤에 입장합니다.
wait-stopped = 지금은 입장이 잠시 중단되었습니다. 순서는 그대로 유지됩니다.
wait-keep = 차례가 되면 자동으로 이동합니다. 새로고침하거나 창을 닫았다가 곧 다시 열어도 순서는 그대로 유지됩니다.
wait-live = 실시간으로 순서를 확인하고 있습니다.
wait-offline = 연결이 끊겨 다시 연결하고 있습니다. 순서는 그대로 유지됩니다.
wait-refresh = 이 화면은 자동으로 새로고침됩니다.
wait-again = 다시 시도
wait-entering = 차례가 되었습니다. 이동합니다.
wait-late = 자리를 비운 시간이 길어 이전 순서가 사라졌습니다. 대기열 맨 뒤에 새 순서를 잡아 드렸습니다.
wait-lost = 여신 주소는 너무 길거나 형식이 맞지 않아 기억할 수 없습니다. 차례가 되면 사이트의 첫 화면으로 이동합니다.

# The page that asks for something before it gives a position.
ask-title = 줄을 서기 전에 잠시 확인합니다
ask-pow = 프로그램이 사람의 자리를 차지하지 못하도록 브라우저가 간단한 계산을 합니다. 계산은 자동으로 진행됩니다.
ask-working = 브라우저가 계산하고 있습니다. 끝나면 바로 줄을 섭니다.
ask-failed = 이 브라우저로는 계산할 수 없습니다. 다른 브라우저로 다시 시도해 주세요.
ask-script = 계산에는 JavaScript가 필요하지만 브라우저에서 꺼져 있습니다. 이 사이트에서 JavaScript를 허용한 뒤 이 화면을 새로고침해 주세요.
ask-recaptcha = 프로그램이 사람의 자리를 차지하지 못하도록, 사람인지 확인해 주세요.
ask-go = 줄 서기

# Pages without a rank: title and text.
notice-no-cookies-title = 쿠키가 필요합니다
notice-no-cookies = 순서를 유지하려면 쿠키가 필요합니다. 브라우저에서 쿠키를 허용한 뒤 다시 시도해 주세요.
notice-cookie-lost-title = 대기열 쿠키를 확인할 수 없습니다
notice-cookie-lost = 브라우저가 다른 쿠키는 보내지만 이 대기열의 쿠키는 보내지 않습니다. 이 사이트의 쿠키를 삭제한 뒤 다시 시도해 주세요.
notice-full-title = 대기열이 가득 찼습니다
notice-full = 지금은 기다리는 분이 많아 더 받을 수 없습니다. 잠시 후 자동으로 다시 시도합니다.
notice-too-many-title = 같은 네트워크에서 기다리는 분이 많습니다
notice-too-many = 같은 네트워크에서 이미 여러 분이 이 대기열에 서 있습니다. 잠시 후 자동으로 다시 시도합니다.
notice-account-title = 계정이 필요합니다
notice-account = 이 대기열에는 계정이 있어야 들어갈 수 있습니다.
notice-closed-title = 대기열이 마감되었습니다
notice-closed = 더 이상 대기열에 들어갈 수 없습니다.
notice-unavailable-title = 순서 확인이 지연되고 있습니다
notice-unavailable = 지금은 순서를 확인할 수 없습니다. 받은 순서는 그대로 유지되며, 잠시 후 자동으로 다시 시도합니다.
notice-drawing-title = 추첨에 참여했습니다
notice-drawing = 참여 번호는 { $n }번입니다. 대기열이 열리면 추첨으로 순서를 정합니다. 이 화면은 자동으로 새로고침됩니다.

# The page at the address of a server.
welcome-lead = 이곳에서 Onsale 서버가 실행 중입니다. 프로그램은 API로 이용합니다.
welcome-documents = API 문서(페이지에서 바로 호출해 볼 수 있습니다)
welcome-health = 서버 상태
welcome-metrics = Prometheus용 지표

# 회원에게 보내는 메일. { $n }은 인증 번호 또는 요청 번호입니다.
mail-code-subject = [Onsale] 인증 번호 { $n }
mail-code = 인증 번호: { $n }
    10분 안에 입력해 주세요. 직접 요청하지 않았다면 이 메일을 무시하고, 인증 번호를 누구에게도 알려 주지 마세요.
mail-password-changed-subject = [Onsale] 비밀번호가 변경되었습니다
mail-password-changed = Onsale 계정의 비밀번호가 변경되어 다른 기기에서 모두 로그아웃되었습니다.
    본인이 변경하지 않았다면 바로 비밀번호를 재설정해 주세요.
mail-trace = 요청 번호: { $n }

# 게이트웨이: 서비스가 응답하지 않을 때.
gateway-user-away = 지금은 회원 서비스를 이용할 수 없습니다. 잠시 후 다시 시도해 주세요.
gateway-catalog-away = 지금은 공연 정보를 조회할 수 없습니다. 잠시 후 다시 시도해 주세요.
gateway-queue-away = 지금은 대기열에 연결할 수 없습니다. 이 화면에서 기다려 주세요. 받은 순번은 그대로 유지됩니다.
gateway-reservation-away = 지금은 좌석을 예매하거나 조회할 수 없습니다. 선점한 좌석은 제한 시간까지 유지됩니다.
gateway-payment-away = 지금은 결제 서비스를 이용할 수 없습니다. 이미 결제가 완료되었을 수 있으니 다시 결제하지 마시고, 결제 내역을 먼저 확인해 주세요.
gateway-payment-late = 결제 처리가 늦어지고 있습니다. 이미 완료되었을 수 있으니 다시 결제하지 마시고, 잠시 후 결제 내역을 확인해 주세요.
gateway-coupon-away = 지금은 쿠폰 서비스를 이용할 수 없습니다. 잠시 후 다시 시도해 주세요.
