// Generated from the OpenAPI document by clients/generate.py.
package onsale.client;

import java.util.List;
import java.util.Map;

/** Every operation of the API. */
public enum Operation {
    /** Who was told what: by the trace id on a person's screen, or by the user. */
    GET_API_V1_ADMIN_APPEAL("GET", "/api/v1/admin/appeal", "traceId", "userId", "from", "to"),
    /** Every change by an operator over all roles, newest first: who, what, before, after. */
    GET_API_V1_ADMIN_AUDIT("GET", "/api/v1/admin/audit", "actor", "action", "target", "from", "to", "page", "size"),
    /** Metrics of the hot state. */
    GET_API_V1_ADMIN_CACHE_STATS("GET", "/api/v1/admin/cache/stats"),
    /** The tenant's campaigns, newest first. */
    GET_API_V1_ADMIN_CAMPAIGNS("GET", "/api/v1/admin/campaigns", "page", "size", "tenant"),
    /** Creates a campaign. */
    POST_API_V1_ADMIN_CAMPAIGNS("POST", "/api/v1/admin/campaigns", "tenant"),
    /** Deletes a campaign that is closed and whose coupons are all redeemed, revoked or expired. */
    DELETE_API_V1_ADMIN_CAMPAIGNS_EVENT_ID("DELETE", "/api/v1/admin/campaigns/{event_id}", "tenant"),
    /** One campaign. */
    GET_API_V1_ADMIN_CAMPAIGNS_EVENT_ID("GET", "/api/v1/admin/campaigns/{event_id}", "tenant"),
    /** Changes a campaign. */
    PATCH_API_V1_ADMIN_CAMPAIGNS_EVENT_ID("PATCH", "/api/v1/admin/campaigns/{event_id}", "tenant"),
    /** Ends a campaign for good. */
    POST_API_V1_ADMIN_CAMPAIGNS_EVENT_ID_CLOSE("POST", "/api/v1/admin/campaigns/{event_id}/close", "tenant"),
    /** A campaign's coupons and their holders, in the order of users. */
    GET_API_V1_ADMIN_CAMPAIGNS_EVENT_ID_COUPONS("GET", "/api/v1/admin/campaigns/{event_id}/coupons", "page", "size", "tenant"),
    /** Opens a campaign now. */
    POST_API_V1_ADMIN_CAMPAIGNS_EVENT_ID_OPEN("POST", "/api/v1/admin/campaigns/{event_id}/open", "tenant"),
    /** Pauses a campaign. */
    POST_API_V1_ADMIN_CAMPAIGNS_EVENT_ID_PAUSE("POST", "/api/v1/admin/campaigns/{event_id}/pause", "tenant"),
    /** Resumes a paused campaign. */
    POST_API_V1_ADMIN_CAMPAIGNS_EVENT_ID_RESUME("POST", "/api/v1/admin/campaigns/{event_id}/resume", "tenant"),
    /** The sales of a campaign. */
    GET_API_V1_ADMIN_CAMPAIGNS_EVENT_ID_SALES("GET", "/api/v1/admin/campaigns/{event_id}/sales", "tenant"),
    /** Adds to a campaign's stock. */
    POST_API_V1_ADMIN_CAMPAIGNS_EVENT_ID_STOCK("POST", "/api/v1/admin/campaigns/{event_id}/stock", "tenant"),
    /** Messages that could not be handled, newest first. */
    GET_API_V1_ADMIN_DEAD_LETTERS("GET", "/api/v1/admin/dead-letters", "topic", "reason", "page", "size"),
    /** Removes exactly these for good. */
    POST_API_V1_ADMIN_DEAD_LETTERS_DROP("POST", "/api/v1/admin/dead-letters/drop"),
    /** Has exactly these handled again, by the groups that could not. */
    POST_API_V1_ADMIN_DEAD_LETTERS_REPLAY("POST", "/api/v1/admin/dead-letters/replay"),
    /** One of them with its message, personal data masked. */
    GET_API_V1_ADMIN_DEAD_LETTERS_ID("GET", "/api/v1/admin/dead-letters/{id}"),
    /** The short form: creates an open campaign with this stock, or reports that the campaign exists. */
    POST_API_V1_ADMIN_EVENTS_EVENT_ID_STOCK("POST", "/api/v1/admin/events/{event_id}/stock", "initial_stock"),
    /** The look of a tenant or of a line, for everybody. */
    GET_API_V1_ADMIN_LOOKS_NAME("GET", "/api/v1/admin/looks/{name}", "effective"),
    /** Sets the look of a tenant or of a line: name, logo (PNG, or SVG, which is cleaned), colours that can be read, words. */
    PUT_API_V1_ADMIN_LOOKS_NAME("PUT", "/api/v1/admin/looks/{name}"),
    /** The style that a look would have, for a preview. */
    POST_API_V1_ADMIN_LOOKS_NAME_PREVIEW("POST", "/api/v1/admin/looks/{name}/preview"),
    /** Compares, and changes nothing: coupons of hot state and tables, seats of the catalog and reservation, payments here and at PortOne. */
    GET_API_V1_ADMIN_RECONCILE("GET", "/api/v1/admin/reconcile", "part", "event_id", "tenant"),
    /** Puts right what is named: each difference as it is now, nothing else. */
    POST_API_V1_ADMIN_RECONCILE("POST", "/api/v1/admin/reconcile", "part", "event_id", "tenant"),
    /** What is sold of an event: each schedule, and its grades. */
    GET_API_V1_ADMIN_SALES("GET", "/api/v1/admin/sales", "eventId"),
    /** The campaigns of a tenant that give coupons now, or will within 30 days; at most 200, the one that opens first in front. */
    GET_API_V1_COUPONS_CAMPAIGNS("GET", "/api/v1/coupons/campaigns", "tenant"),
    /** Requests a coupon. */
    POST_API_V1_COUPONS_ISSUE("POST", "/api/v1/coupons/issue"),
    /** One's own coupons of all campaigns of the tenant <code>default</code>, the newest first; at most 200. */
    GET_API_V1_COUPONS_MINE("GET", "/api/v1/coupons/mine"),
    /** A campaign's status. */
    GET_API_V1_COUPONS_STATUS_EVENT_ID("GET", "/api/v1/coupons/status/{event_id}", "tenant"),
    /** A user's coupons of a campaign. */
    GET_API_V1_COUPONS_USER_USER_ID_EVENT_EVENT_ID("GET", "/api/v1/coupons/user/{user_id}/event/{event_id}"),
    /** Reserves a coupon for an order. */
    POST_API_V1_COUPONS_COUPON_ID_REDEEM("POST", "/api/v1/coupons/{coupon_id}/redeem", "tenant"),
    /** Releases an order's reservation. */
    POST_API_V1_COUPONS_COUPON_ID_REDEEM_CANCEL("POST", "/api/v1/coupons/{coupon_id}/redeem/cancel", "tenant"),
    /** Redeems a coupon for the order that reserved it. */
    POST_API_V1_COUPONS_COUPON_ID_REDEEM_CONFIRM("POST", "/api/v1/coupons/{coupon_id}/redeem/confirm", "tenant"),
    /** Gives a redeemed coupon back to its holder, because the order that redeemed it was cancelled. */
    POST_API_V1_COUPONS_COUPON_ID_REDEEM_UNDO("POST", "/api/v1/coupons/{coupon_id}/redeem/undo", "tenant"),
    /** Revokes a coupon. */
    POST_API_V1_COUPONS_COUPON_ID_REVOKE("POST", "/api/v1/coupons/{coupon_id}/revoke", "tenant"),
    /** Sends a code of six digits to an address: good for ten minutes and five tries. */
    POST_AUTH_EMAIL_CODE("POST", "/auth/email/code"),
    /** Makes a proof for the sign-up of a code. */
    POST_AUTH_EMAIL_VERIFY("POST", "/auth/email/verify"),
    /** Logs somebody in. */
    POST_AUTH_LOGIN("POST", "/auth/login"),
    /** Ends this session: its access token is good no more, and neither is its refresh token. */
    POST_AUTH_LOGOUT("POST", "/auth/logout"),
    /** Begins to link one's account to a person of a provider: the browser goes to <code>location</code>. */
    POST_AUTH_OAUTH2_PROVIDER_LINK("POST", "/auth/oauth2/{provider}/link", "returnUrl"),
    /** Sets a forgotten password anew, after an identity verification. */
    POST_AUTH_PASSWORD_RESET("POST", "/auth/password/reset"),
    /** Wakes a sleeping account up, by an identity verification of the same person. */
    POST_AUTH_REACTIVATE("POST", "/auth/reactivate"),
    /** Exchanges a refresh token for a new pair. */
    POST_AUTH_REFRESH("POST", "/auth/refresh"),
    /** Makes an account of a verified person. */
    POST_AUTH_SIGNUP("POST", "/auth/signup"),
    /** The terms in force, the latest first, in the language of <code>Accept-Language</code>. */
    GET_AUTH_TERMS("GET", "/auth/terms", "page", "size"),
    /** Makes a version of terms. */
    POST_AUTH_TERMS("POST", "/auth/terms"),
    /** The short form. */
    POST_ENQUEUE("POST", "/enqueue"),
    /** Events. */
    GET_EVENTS("GET", "/events", "status", "city", "keyword", "sort", "page", "size"),
    /** Makes an event with its schedules; the seats of each are made from the hall's template. */
    POST_EVENTS("POST", "/events"),
    /** A schedule. */
    GET_EVENTS_SCHEDULES_ID("GET", "/events/schedules/{id}"),
    /** The plan of a schedule's seats: kept a minute before the first sale of the event, for good from then on. */
    GET_EVENTS_SCHEDULES_ID_PLAN("GET", "/events/schedules/{id}/plan"),
    /** The seats of a schedule by grade. */
    GET_EVENTS_SCHEDULES_ID_SEATS("GET", "/events/schedules/{id}/seats"),
    /** Deletes an event of which no seat is sold or held. */
    DELETE_EVENTS_ID("DELETE", "/events/{id}"),
    /** An event with its schedules by day. */
    GET_EVENTS_ID("GET", "/events/{id}"),
    /** Changes an event. */
    PATCH_EVENTS_ID("PATCH", "/events/{id}"),
    /** The same as PATCH. */
    PUT_EVENTS_ID("PUT", "/events/{id}"),
    /** Cancels a published event: its holders are refunded and told. */
    POST_EVENTS_ID_CANCEL("POST", "/events/{id}/cancel"),
    /** Publishes an event. */
    POST_EVENTS_ID_OPEN("POST", "/events/{id}/open"),
    /** The schedules of an event, the first performance first. */
    GET_EVENTS_ID_SCHEDULES("GET", "/events/{id}/schedules", "page", "size"),
    /** Enters the line, or returns the rank that the user has already. */
    POST_GATE_EVENTS_EVENT_ID_ENQUEUE("POST", "/gate/events/{event_id}/enqueue", "userId"),
    /** How far a user has come. */
    GET_GATE_EVENTS_EVENT_ID_RANK("GET", "/gate/events/{event_id}/rank", "userId"),
    /** Gives the coupon to a user with an active pass. */
    POST_ISSUE_EVENTS_EVENT_ID("POST", "/issue/events/{event_id}", "userId"),
    /** The caller's payments, newest first. */
    GET_PAYMENTS("GET", "/payments", "page", "size"),
    /** Begins to pay a reservation. */
    POST_PAYMENTS("POST", "/payments"),
    /** Decides a payment that its page calls paid. */
    POST_PAYMENTS_CONFIRM("POST", "/payments/confirm"),
    /** A notice of PortOne. */
    POST_PAYMENTS_WEBHOOK("POST", "/payments/webhook"),
    /** One of the caller's payments. */
    GET_PAYMENTS_ID("GET", "/payments/{id}"),
    /** All lines, also those of campaigns and schedules. */
    GET_QUEUE_ADMIN_LINES("GET", "/queue/admin/lines", "page", "size"),
    /** Makes a line before a site. */
    POST_QUEUE_ADMIN_LINES("POST", "/queue/admin/lines"),
    /** Ends a line before a site: positions end, and passes live on until they run out. */
    DELETE_QUEUE_ADMIN_LINES_NAME("DELETE", "/queue/admin/lines/{name}"),
    /** One line. */
    GET_QUEUE_ADMIN_LINES_NAME("GET", "/queue/admin/lines/{name}"),
    /** Changes the fields that are given; of the line of a campaign or schedule only <code>ratePerSecond</code>, <code>capacity</code> and <code>challenge</code>. */
    PATCH_QUEUE_ADMIN_LINES_NAME("PATCH", "/queue/admin/lines/{name}"),
    /** Signs a link by which a browser passes the line until the link runs out; the line needs the exception <code>signedLink</code>. */
    POST_QUEUE_ADMIN_LINES_NAME_LINKS("POST", "/queue/admin/lines/{name}/links"),
    /** Statistics of all lines. */
    GET_QUEUE_ADMIN_STATS("GET", "/queue/admin/stats"),
    /** Announces a draw that closes at the line's present opening time; one that was announced with the same content stands. */
    PUT_QUEUE_ADMIN_LINE_DRAW("PUT", "/queue/admin/{line}/draw"),
    /** Gives the value of a draw with manual randomness, once, after its entries are closed. */
    POST_QUEUE_ADMIN_LINE_DRAW_VALUE("POST", "/queue/admin/{line}/draw/value"),
    /** Shows words to everybody in the line, by <code>serving</code>; <code>{}</code> takes them away. */
    PUT_QUEUE_ADMIN_LINE_NOTICE("PUT", "/queue/admin/{line}/notice"),
    /** Pauses admission until it is resumed. */
    POST_QUEUE_ADMIN_LINE_PAUSE("POST", "/queue/admin/{line}/pause"),
    /** Changes the number of people admitted a second, from the next second on. */
    PUT_QUEUE_ADMIN_LINE_RATE("PUT", "/queue/admin/{line}/rate"),
    /** Resumes admission, and takes the words of <code>serving</code> away. */
    POST_QUEUE_ADMIN_LINE_RESUME("POST", "/queue/admin/{line}/resume"),
    /** What a line asks for before it gives a position: to be answered within five minutes, once, from the same network. */
    GET_QUEUE_CHALLENGE_LINE("GET", "/queue/challenge/{line}"),
    /** The published entries of a draw that has closed: the hash of each holder in hexadecimal digits, one a line, in order of entry; zeros for an entry that nobody held at the closing. */
    GET_QUEUE_DRAW_LINE_ENTRIES("GET", "/queue/draw/{line}/entries"),
    /** Takes a place in a schedule's line; again: the same place. */
    POST_QUEUE_ENTER("POST", "/queue/enter"),
    /** Gives up the place and the pass in a schedule's line. */
    DELETE_QUEUE_LEAVE("DELETE", "/queue/leave", "scheduleId"),
    /** The public key that checks receipts. */
    GET_QUEUE_RECEIPT_KEY("GET", "/queue/receipt-key"),
    /** The present state of a line: public, and the same for all callers. */
    GET_QUEUE_SERVING_LINE("GET", "/queue/serving/{line}", "ranges"),
    /** The own place in a schedule's line, or the pass, which stands in <code>X-Queue-Token</code>, too. */
    GET_QUEUE_STATUS("GET", "/queue/status", "scheduleId"),
    /** The short form. */
    GET_RANK("GET", "/rank", "eventId", "userId"),
    /** The caller's reservations, newest first. */
    GET_RESERVATIONS("GET", "/reservations", "page", "size"),
    /** Holds seats, all or none: named ones, or the best that there are. */
    POST_RESERVATIONS_HOLD("POST", "/reservations/hold"),
    /** Lets a hold go. */
    DELETE_RESERVATIONS_HOLD_ID("DELETE", "/reservations/hold/{id}"),
    /** Gives a hold other seats in one step: the new ones are held before the old ones are let go. */
    PUT_RESERVATIONS_HOLD_ID("PUT", "/reservations/hold/{id}"),
    /** Lets a hold live longer, once. */
    POST_RESERVATIONS_HOLD_ID_EXTEND("POST", "/reservations/hold/{id}/extend"),
    /** Which seats are held or sold now. */
    GET_RESERVATIONS_SEATS_SCHEDULE_ID("GET", "/reservations/seats/{scheduleId}"),
    /** Cancels a reservation; what was paid is given back. */
    DELETE_RESERVATIONS_ID("DELETE", "/reservations/{id}"),
    /** One of the caller's reservations; of a ticket with its number and what its QR code says. */
    GET_RESERVATIONS_ID("GET", "/reservations/{id}"),
    /** Coupons of the caller that take something off the reservation, the largest discount first. */
    GET_RESERVATIONS_ID_DISCOUNTS("GET", "/reservations/{id}/discounts"),
    /** Ends the session here; other devices stay logged in. */
    DELETE_SESSION("DELETE", "/session"),
    /** Who is logged in, and until when without a renewal. */
    GET_SESSION("GET", "/session"),
    /** Begins a session: logs in, and keeps the tokens in cookies. */
    POST_SESSION("POST", "/session"),
    /** Renews the session by its cookie. */
    POST_SESSION_REFRESH("POST", "/session/refresh"),
    /** The signed list of a schedule's tickets, for a door without the network: <code>base64url(JSON).base64url(signature)</code>. */
    GET_TICKETS_DOORS_SCHEDULE_ID("GET", "/tickets/doors/{scheduleId}"),
    /** The keys that check tickets, the one that signs new ones first. */
    GET_TICKETS_KEYS("GET", "/tickets/keys"),
    /** Checks a ticket at a door. */
    POST_TICKETS_VERIFY("POST", "/tickets/verify"),
    /** Takes the marks of a door that had no network. */
    POST_TICKETS_VERIFY_BATCH("POST", "/tickets/verify/batch"),
    /** The page of a ticket, behind the link of its QR code: what it is worth. */
    GET_TICKETS_VERIFY_CODE("GET", "/tickets/verify/{code}"),
    /** What the clock of this server says. */
    GET_TIME("GET", "/time"),
    /** Deletes one's own account. */
    DELETE_USERS_ME("DELETE", "/users/me"),
    /** One's own profile. */
    GET_USERS_ME("GET", "/users/me"),
    /** Changes one's own profile; what is missing stays. */
    PATCH_USERS_ME("PATCH", "/users/me"),
    /** As <code>PATCH</code>. */
    PUT_USERS_ME("PUT", "/users/me"),
    /** What one has said to terms. */
    GET_USERS_ME_CONSENTS("GET", "/users/me/consents"),
    /** Says something to terms; what is not named stays. */
    PUT_USERS_ME_CONSENTS("PUT", "/users/me/consents"),
    /** Who logged in to one's own account, or tried to, newest first. */
    GET_USERS_ME_LOGINS("GET", "/users/me/logins", "page", "size"),
    /** Changes one's own password. */
    PUT_USERS_ME_PASSWORD("PUT", "/users/me/password"),
    /** Where one's account is linked: the providers by which one may log in. */
    GET_USERS_ME_SOCIAL("GET", "/users/me/social"),
    /** Ends the link of one's account to a person of a provider. */
    DELETE_USERS_ME_SOCIAL_PROVIDER("DELETE", "/users/me/social/{provider}"),
    /** Venues, newest first. */
    GET_VENUES("GET", "/venues", "city", "page", "size"),
    /** Makes a venue. */
    POST_VENUES("POST", "/venues"),
    /** Deletes a venue without halls and events. */
    DELETE_VENUES_ID("DELETE", "/venues/{id}"),
    /** A venue with its halls. */
    GET_VENUES_ID("GET", "/venues/{id}"),
    /** Changes a venue. */
    PUT_VENUES_ID("PUT", "/venues/{id}"),
    /** The halls of a venue, newest first. */
    GET_VENUES_ID_HALLS("GET", "/venues/{id}/halls", "page", "size"),
    /** Makes a hall with a template of its seats. */
    POST_VENUES_ID_HALLS("POST", "/venues/{id}/halls"),
    /** Deletes a hall without events. */
    DELETE_VENUES_ID_HALLS_HALL_ID("DELETE", "/venues/{id}/halls/{hallId}"),
    /** A hall with its template. */
    GET_VENUES_ID_HALLS_HALL_ID("GET", "/venues/{id}/halls/{hallId}"),
    /** Changes a hall. */
    PUT_VENUES_ID_HALLS_HALL_ID("PUT", "/venues/{id}/halls/{hallId}");

    private final String method;
    private final String path;
    private final List<String> query;

    Operation(String method, String path, String... query) {
        this.method = method;
        this.path = path;
        this.query = List.of(query);
    }

    /** The method. */
    public String method() {
        return method;
    }

    /** The address with its parts filled in and the query behind it. */
    public String address(Map<String, ?> parts, Map<String, ?> parameters) {
        return Addresses.fill(path, parts, query, parameters);
    }
}
