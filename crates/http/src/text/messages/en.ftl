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
INVALID_CREDENTIALS = E-mail address or password are not right.
INVALID_TOKEN = The token is not valid. Please log in again.
EXPIRED_TOKEN = The token has expired. Please log in again.
REVOKED_REFRESH_TOKEN = This session was ended. Please log in again.
ACCOUNT_DORMANT = The account sleeps after a long time without a log-in. Verify your identity to wake it up.
ALREADY_EXISTS_EMAIL = There is an account with this e-mail address already.
DUPLICATE_IDENTITY = This person has an account already.
RECAPTCHA_FAILED = The check against robots was not passed. Please try again.
RECAPTCHA_UNAVAILABLE = The check against robots is not available at the moment. Please try again shortly.
PORTONE_VERIFICATION_FAILED = The identity could not be verified. Please verify it again.
PORTONE_VERIFICATION_TIMEOUT = The identity verification is not finished yet. Finish it, and try again.
PORTONE_UNAVAILABLE = The identity verification is not available at the moment. Please try again shortly.
CONSENT_REQUIRED = The required terms must be agreed to.
TERMS_VERSION_EXISTS = This version of the terms already exists.
EMAIL_CODE_INVALID = The code is not right or has run out. Please ask for a new one.
OAUTH_STATE_INVALID = This log-in was not begun here, or it was used already. Please begin again.
SOCIAL_ALREADY_LINKED = This log-in is linked to an account already.
CSRF_TOKEN_INVALID = The request did not come from a page of this site. Load the page again, and try once more.
QUEUE_TOKEN_MISSING = A pass of the waiting line is required.
QUEUE_TOKEN_INVALID = The pass of the waiting line is not valid.
QUEUE_TOKEN_EXPIRED = The pass of the waiting line has expired. Please enter the line again.
HALL_NOT_IN_VENUE = The hall does not belong to this venue.
DUPLICATE_PLAY_SEQUENCE = Two schedules of the event have the same sequence number.
EVENT_NOT_MODIFIABLE = Artist, venue, hall and prices cannot be changed once the sale is about to begin.
EVENT_HAS_RESERVATIONS = Seats of the event are sold or held.
INVALID_EVENT_STATUS = The event is not in a state that allows this.
VENUE_HAS_HALLS = The venue still has halls.
VENUE_HAS_EVENTS = Events take place at this venue.
HALL_NAME_DUPLICATE = The venue has a hall of this name already.
HALL_HAS_EVENTS = Events take place in this hall.
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

# Mails to people. { $n } is the code, or the id of the request.
mail-code-subject = { $n } is your code for Onsale
mail-code = Your code is { $n }.
    Enter it within ten minutes. If you did not ask for it, ignore this mail, and give the code to nobody.
mail-password-changed-subject = Your password was changed
mail-password-changed = The password of your Onsale account was changed, and all other devices were logged out.
    If this was not you, reset your password at once.
mail-trace = Reference: { $n }

# The gateway, while a service is away.
gateway-user-away = Accounts are not available at the moment. Please try again shortly.
gateway-catalog-away = Shows cannot be looked up at the moment. Please try again shortly.
gateway-queue-away = The waiting line cannot be reached at the moment. Stay on this page: a place that you have is kept.
gateway-reservation-away = Seats cannot be reserved or looked up at the moment. Seats that you hold stay yours until their time ends.
gateway-payment-away = Payments are not available at the moment. Do not pay again: a payment that you have made may have gone through. Look at your payments before you try again.
gateway-payment-late = The payment is taking longer than usual. Do not pay again: it may have gone through. Look at your payments in a moment.
gateway-coupon-away = Coupons are not available at the moment. Please try again shortly.
