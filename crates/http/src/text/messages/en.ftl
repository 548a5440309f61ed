# Error messages: one for each error code. The caller reads the one for its language.
INVALID_INPUT = The request is not valid.
UNAUTHORIZED = A valid API key or access token is required.
FORBIDDEN = You do not have permission to do this.
NOT_FOUND = This address does not exist.
METHOD_NOT_ALLOWED = This address does not support this HTTP method.
REQUEST_TIMEOUT = The request took too long to arrive. Please try again.
PAYLOAD_TOO_LARGE = The request body is too large.
UNSUPPORTED_MEDIA_TYPE = The request body must be application/json.
EXPECTATION_FAILED = The request asks for something that this server does not do (Expect).
HEADERS_TOO_LARGE = The request headers are too large.
RATE_LIMIT_EXCEEDED = Too many requests. Please try again shortly.
INTERNAL_ERROR = Something went wrong on our side.
SERVICE_UNAVAILABLE = The service is temporarily unavailable. Please try again shortly.
GATEWAY_TIMEOUT = The response took too long. Please try again.
CAMPAIGN_NOT_FOUND = This campaign does not exist.
CAMPAIGN_EXISTS = A campaign with this ID already exists.
CAMPAIGN_NOT_MODIFIABLE = This change to the campaign is no longer allowed.
COUPON_NOT_FOUND = This coupon does not exist.
COUPON_ALREADY_REDEEMED = This coupon has already been used.
COUPON_RESERVED = This coupon is reserved for another order, or not for this one.
COUPON_NOT_APPLICABLE = This coupon cannot be used for this order.
IDEMPOTENCY_KEY_REUSED = This Idempotency-Key was already used for a different request. Use a new key.
IDEMPOTENCY_KEY_IN_USE = The first request with this Idempotency-Key is still being processed. Please repeat the request shortly.
QUEUE_FULL = The waiting line is full. Please try again shortly.
TOO_MANY_POSITIONS = Too many people of your network are in this line. Please try again when some of them are through.
CHALLENGE_REQUIRED = This line asks for a proof before it gives a place.
INTERNAL_API_UNAUTHORIZED = This address is for internal services only. A valid service key is required.
DRAW_NOT_POSSIBLE = An opening draw cannot be announced for this line now.
TENANT_QUOTA_EXCEEDED = This tenant has as many as it may have.
DRAW_ANNOUNCED = A draw with other content was announced for this line. It cannot change.
LINE_EXISTS = A line with this name already exists.
RATE_CHANGED = Another operator has changed the rate meanwhile. Look at the rate that is in force, and try again.
TENANT_QUOTA_EXCEEDED = There are as many of these as are allowed. Remove one first.

# Messages for the outcome of an issue request.
ISSUED = The coupon is yours.
ALREADY_ISSUED = This user already has a coupon of this campaign. A revoked coupon counts.
NOT_OPEN = This campaign has not started yet.
CLOSED = This campaign has ended.
PAUSED = This campaign is paused. Please try again shortly.
NOT_ADMITTED = It is not your turn yet. Please wait for your turn.
SOLD_OUT = No coupons available: all of them have been issued.

# The waiting page. { $n }, { $h } and { $m } are numbers; the script of the page fills them in, too.
wait-title = One moment, please
wait-lead = Many people are visiting right now. You are in line and will enter in order.
wait-rank = Your position in line
wait-progress = Progress
wait-soon = Less than a minute until it is your turn.
wait-minutes = About { $n } min until it is your turn.
wait-hours = About { $h } h { $m } min until it is your turn.
wait-stopped = Entry is paused at the moment. You keep your position.
wait-keep = This page takes you to the site when it is your turn. You keep your position if you reload the page, or close it and come back soon.
wait-live = Live updates are on.
wait-offline = The connection was lost. Reconnecting. You keep your position.
wait-refresh = This page reloads automatically.
wait-again = Try again
wait-entering = It is your turn. Taking you to the site.
wait-late = You were away for too long to keep your old position. This is your new one, at the end of the line.
wait-lost = The address that you opened cannot be kept, for example because it is too long. You will start at the first page of the site.

# The page that asks for something before it gives a position.
ask-title = One moment before you join the line
ask-pow = So that programs do not take the places of people, your browser works out a small task. It does so by itself.
ask-working = Your browser is working. You join the line as soon as it is done.
ask-failed = Your browser cannot work out the task. Please try another browser.
ask-script = The task needs JavaScript, which is switched off in your browser. Please allow it for this site, then reload this page.
ask-recaptcha = So that programs do not take the places of people, please confirm that you are a person.
ask-go = Join the line

# Pages without a rank: title and text.
notice-no-cookies-title = Cookies are required
notice-no-cookies = A cookie keeps your position in line. Please allow cookies in your browser, then try again.
notice-cookie-lost-title = The cookie of this line did not come back
notice-cookie-lost = Your browser returns other cookies, but not the one of this line. Please delete the cookies of this site, then try again.
notice-full-title = The line is full
notice-full = Too many people are waiting right now. This page tries again automatically in a moment.
notice-too-many-title = Too many people of your network
notice-too-many = Many people of your network are in this line already. This page tries again automatically in a moment.
notice-account-title = An account is needed
notice-account = You can join this line only with an account.
notice-closed-title = The line is closed
notice-closed = You can no longer join this line.
notice-unavailable-title = Your position is temporarily unavailable
notice-unavailable = We cannot look up your position right now. You keep your position, and this page tries again automatically.
notice-drawing-title = You are in the draw
notice-drawing = Your entry number is { $n }. The draw sets the order when the line opens. This page reloads automatically.

# The page at the address of a server.
welcome-lead = A server of Onsale runs here. Programs use it through its API.
welcome-documents = The API document, with a page to try each call
welcome-health = The state of this server
welcome-metrics = Metrics for Prometheus
