// Generated from the OpenAPI document by clients/generate.py.

import type { AppealPage, CampaignPage, CampaignPatch, CampaignSales, CampaignView, CancelBody, CancelledView, ChallengeDocument, ChangedProfileView, CodeProof, CodeRequest, CodeVerified, ConfirmBody, ConfirmView, ConsentsView, CouponPage, CurrentView, Discounts, Enqueued, EventChanged, EventDetail, EventMade, EventPatch, ExtendedView, GivenConsents, GivenMarks, HallPatch, HallView, Heard, HoldView, IssueAnswer, IssueBody, IssueReply, JoinedAudit, KeysView, LeftQueue, LetterIds, LetterPage, LetterResults, LineDefinition, LineFields, LinePage, LinkView, LinkedView, LogInBody, LoginBody, LoginPage, LookBody, LookView, MarksView, MessageView, NewCampaign, NewDraw, NewEvent, NewHall, NewHold, NewLink, NewNotice, NewPayment, NewPlace, NewRate, NewSeats, NewTerms, NewValue, NewVenue, NoticeBody, OfEvent, OrderBody, OwnCoupons, Page_EventListed, Page_HallView, Page_PaymentItem, Page_ReservationListed, Page_ScheduleView, Page_VenueView, PasswordBody, PauseWords, PaymentView, PlanView, PreviewView, ProfilePatch, ProfileView, PublicKey, PublicList, Ranked, ReactivateBody, RedeemBody, RedeemView, RefreshBody, RenewedView, RepairIds, ReservationDetail, ResetBody, RevokeBody, RevokeView, ScheduleView, SeatsView, Serving, SessionView, ShortFormView, ShownTicket, SignUpBody, SignedLink, SignedUpView, StartedView, Stats, StatusView, StockBody, SwapView, TermsList, TermsView, TicketPlace, TicketView, Time, TokensView, UserCoupons, VenuePatch, VenueView, WholeLetterView } from "./schemas.js";

/** What each operation takes and gives. */
export interface Operations {
  /** Who was told what: by the trace id on a person's screen, or by the user. */
  "GET /api/v1/admin/appeal": { request: { query?: { traceId?: string; userId?: string; from?: string; to?: string } }; reply: AppealPage };
  /** Every change by an operator over all roles, newest first: who, what, before, after. */
  "GET /api/v1/admin/audit": { request: { query?: { actor?: string; action?: string; target?: string; from?: string; to?: string; page?: number; size?: number } }; reply: JoinedAudit };
  /** Metrics of the hot state. */
  "GET /api/v1/admin/cache/stats": { request: {}; reply: Record<string, unknown> };
  /** The tenant's campaigns, newest first. */
  "GET /api/v1/admin/campaigns": { request: { query?: { page?: number; size?: number; tenant?: string } }; reply: CampaignPage };
  /** Creates a campaign. */
  "POST /api/v1/admin/campaigns": { request: { query?: { tenant?: string }; body: NewCampaign }; reply: CampaignView };
  /** Deletes a campaign that is closed and whose coupons are all redeemed, revoked or expired. */
  "DELETE /api/v1/admin/campaigns/{event_id}": { request: { path: { event_id: string }; query?: { tenant?: string } }; reply: null };
  /** One campaign. */
  "GET /api/v1/admin/campaigns/{event_id}": { request: { path: { event_id: string }; query?: { tenant?: string } }; reply: CampaignView };
  /** Changes a campaign. */
  "PATCH /api/v1/admin/campaigns/{event_id}": { request: { path: { event_id: string }; query?: { tenant?: string }; body: CampaignPatch }; reply: CampaignView };
  /** Ends a campaign for good. */
  "POST /api/v1/admin/campaigns/{event_id}/close": { request: { path: { event_id: string }; query?: { tenant?: string } }; reply: CampaignView };
  /** A campaign's coupons and their holders, in the order of users. */
  "GET /api/v1/admin/campaigns/{event_id}/coupons": { request: { path: { event_id: string }; query?: { page?: number; size?: number; tenant?: string } }; reply: CouponPage };
  /** Opens a campaign now. */
  "POST /api/v1/admin/campaigns/{event_id}/open": { request: { path: { event_id: string }; query?: { tenant?: string } }; reply: CampaignView };
  /** Pauses a campaign. */
  "POST /api/v1/admin/campaigns/{event_id}/pause": { request: { path: { event_id: string }; query?: { tenant?: string } }; reply: CampaignView };
  /** Resumes a paused campaign. */
  "POST /api/v1/admin/campaigns/{event_id}/resume": { request: { path: { event_id: string }; query?: { tenant?: string } }; reply: CampaignView };
  /** The sales of a campaign. */
  "GET /api/v1/admin/campaigns/{event_id}/sales": { request: { path: { event_id: string }; query?: { tenant?: string } }; reply: CampaignSales };
  /** Adds to a campaign's stock. */
  "POST /api/v1/admin/campaigns/{event_id}/stock": { request: { path: { event_id: string }; query?: { tenant?: string }; body: StockBody }; reply: CampaignView };
  /** Messages that could not be handled, newest first. */
  "GET /api/v1/admin/dead-letters": { request: { query?: { topic?: string; reason?: string; page?: number; size?: number } }; reply: LetterPage };
  /** Removes exactly these for good. */
  "POST /api/v1/admin/dead-letters/drop": { request: { body: LetterIds }; reply: LetterResults };
  /** Has exactly these handled again, by the groups that could not. */
  "POST /api/v1/admin/dead-letters/replay": { request: { body: LetterIds }; reply: LetterResults };
  /** One of them with its message, personal data masked. */
  "GET /api/v1/admin/dead-letters/{id}": { request: { path: { id: string } }; reply: WholeLetterView };
  /** The short form: creates an open campaign with this stock, or reports that the campaign exists. */
  "POST /api/v1/admin/events/{event_id}/stock": { request: { path: { event_id: string }; query: { initial_stock: number } }; reply: ShortFormView };
  /** The look of a tenant or of a line, for everybody. */
  "GET /api/v1/admin/looks/{name}": { request: { path: { name: string }; query?: { effective?: boolean } }; reply: LookView };
  /** Sets the look of a tenant or of a line: name, logo (PNG, or SVG, which is cleaned), colours that can be read, words. */
  "PUT /api/v1/admin/looks/{name}": { request: { path: { name: string }; body: LookBody }; reply: LookView };
  /** The style that a look would have, for a preview. */
  "POST /api/v1/admin/looks/{name}/preview": { request: { path: { name: string }; body: LookBody }; reply: PreviewView };
  /** Compares, and changes nothing: coupons of hot state and tables, seats of the catalog and reservation, payments here and at PortOne. */
  "GET /api/v1/admin/reconcile": { request: { query?: { part?: string; event_id?: string; tenant?: string } }; reply: Record<string, unknown> };
  /** Puts right what is named: each difference as it is now, nothing else. */
  "POST /api/v1/admin/reconcile": { request: { query?: { part?: string; event_id?: string; tenant?: string }; body?: RepairIds | null }; reply: Record<string, unknown> };
  /** What is sold of an event: each schedule, and its grades. */
  "GET /api/v1/admin/sales": { request: { query: { eventId: string } }; reply: Record<string, unknown> };
  /** The campaigns of a tenant that give coupons now, or will within 30 days; at most 200, the one that opens first in front. */
  "GET /api/v1/coupons/campaigns": { request: { query?: { tenant?: string } }; reply: PublicList };
  /** Requests a coupon. */
  "POST /api/v1/coupons/issue": { request: { body: IssueBody }; reply: IssueAnswer };
  /** One's own coupons of all campaigns of the tenant `default`, the newest first; at most 200. */
  "GET /api/v1/coupons/mine": { request: {}; reply: OwnCoupons };
  /** A campaign's status. */
  "GET /api/v1/coupons/status/{event_id}": { request: { path: { event_id: string }; query?: { tenant?: string } }; reply: StatusView };
  /** A user's coupons of a campaign. */
  "GET /api/v1/coupons/user/{user_id}/event/{event_id}": { request: { path: { user_id: string; event_id: string } }; reply: UserCoupons };
  /** Reserves a coupon for an order. */
  "POST /api/v1/coupons/{coupon_id}/redeem": { request: { path: { coupon_id: string }; query?: { tenant?: string }; body: RedeemBody }; reply: RedeemView };
  /** Releases an order's reservation. */
  "POST /api/v1/coupons/{coupon_id}/redeem/cancel": { request: { path: { coupon_id: string }; query?: { tenant?: string }; body: OrderBody }; reply: RedeemView };
  /** Redeems a coupon for the order that reserved it. */
  "POST /api/v1/coupons/{coupon_id}/redeem/confirm": { request: { path: { coupon_id: string }; query?: { tenant?: string }; body: OrderBody }; reply: RedeemView };
  /** Gives a redeemed coupon back to its holder, because the order that redeemed it was cancelled. */
  "POST /api/v1/coupons/{coupon_id}/redeem/undo": { request: { path: { coupon_id: string }; query?: { tenant?: string }; body: OrderBody }; reply: RedeemView };
  /** Revokes a coupon. */
  "POST /api/v1/coupons/{coupon_id}/revoke": { request: { path: { coupon_id: string }; query?: { tenant?: string }; body: RevokeBody }; reply: RevokeView };
  /** Sends a code of six digits to an address: good for ten minutes and five tries. */
  "POST /auth/email/code": { request: { body: CodeRequest }; reply: null };
  /** Makes a proof for the sign-up of a code. */
  "POST /auth/email/verify": { request: { body: CodeProof }; reply: CodeVerified };
  /** Logs somebody in. */
  "POST /auth/login": { request: { body: LogInBody }; reply: TokensView };
  /** Ends this session: its access token is good no more, and neither is its refresh token. */
  "POST /auth/logout": { request: {}; reply: null };
  /** Begins to link one's account to a person of a provider: the browser goes to `location`. */
  "POST /auth/oauth2/{provider}/link": { request: { path: { provider: string }; query?: { returnUrl?: string } }; reply: LinkView };
  /** Sets a forgotten password anew, after an identity verification. */
  "POST /auth/password/reset": { request: { body: ResetBody }; reply: null };
  /** Wakes a sleeping account up, by an identity verification of the same person. */
  "POST /auth/reactivate": { request: { body: ReactivateBody }; reply: null };
  /** Exchanges a refresh token for a new pair. */
  "POST /auth/refresh": { request: { body: RefreshBody }; reply: TokensView };
  /** Makes an account of a verified person. */
  "POST /auth/signup": { request: { body: SignUpBody }; reply: SignedUpView };
  /** The terms in force, the latest first, in the language of `Accept-Language`. */
  "GET /auth/terms": { request: { query?: { page?: number; size?: number } }; reply: TermsList };
  /** Makes a version of terms. */
  "POST /auth/terms": { request: { body: NewTerms }; reply: TermsView };
  /** The short form. */
  "POST /enqueue": { request: { body: OfEvent }; reply: Enqueued };
  /** Events. */
  "GET /events": { request: { query?: { status?: string; city?: string; keyword?: string; sort?: string; page?: number; size?: number } }; reply: Page_EventListed };
  /** Makes an event with its schedules; the seats of each are made from the hall's template. */
  "POST /events": { request: { body: NewEvent }; reply: EventMade };
  /** A schedule. */
  "GET /events/schedules/{id}": { request: { path: { id: string } }; reply: ScheduleView };
  /** The plan of a schedule's seats: kept a minute before the first sale of the event, for good from then on. */
  "GET /events/schedules/{id}/plan": { request: { path: { id: string }; headers?: { "If-None-Match"?: string } }; reply: PlanView };
  /** The seats of a schedule by grade. */
  "GET /events/schedules/{id}/seats": { request: { path: { id: string } }; reply: SeatsView };
  /** Deletes an event of which no seat is sold or held. */
  "DELETE /events/{id}": { request: { path: { id: string } }; reply: MessageView };
  /** An event with its schedules by day. */
  "GET /events/{id}": { request: { path: { id: string } }; reply: EventDetail };
  /** Changes an event. */
  "PATCH /events/{id}": { request: { path: { id: string }; body: EventPatch }; reply: EventChanged };
  /** The same as PATCH. */
  "PUT /events/{id}": { request: { path: { id: string }; body: EventPatch }; reply: EventChanged };
  /** Cancels a published event: its holders are refunded and told. */
  "POST /events/{id}/cancel": { request: { path: { id: string }; body?: CancelBody | null }; reply: EventDetail };
  /** Publishes an event. */
  "POST /events/{id}/open": { request: { path: { id: string } }; reply: EventDetail };
  /** The schedules of an event, the first performance first. */
  "GET /events/{id}/schedules": { request: { path: { id: string }; query?: { page?: number; size?: number } }; reply: Page_ScheduleView };
  /** Enters the line, or returns the rank that the user has already. */
  "POST /gate/events/{event_id}/enqueue": { request: { path: { event_id: string }; query?: { userId?: string } }; reply: Enqueued };
  /** How far a user has come. */
  "GET /gate/events/{event_id}/rank": { request: { path: { event_id: string }; query?: { userId?: string } }; reply: Ranked };
  /** Gives the coupon to a user with an active pass. */
  "POST /issue/events/{event_id}": { request: { path: { event_id: string }; query?: { userId?: string } }; reply: IssueReply };
  /** The caller's payments, newest first. */
  "GET /payments": { request: { query?: { page?: number; size?: number } }; reply: Page_PaymentItem };
  /** Begins to pay a reservation. */
  "POST /payments": { request: { headers: { "X-Queue-Token": string }; body: NewPayment }; reply: StartedView };
  /** Decides a payment that its page calls paid. */
  "POST /payments/confirm": { request: { headers: { "X-Queue-Token": string }; body: ConfirmBody }; reply: ConfirmView };
  /** A notice of PortOne. */
  "POST /payments/webhook": { request: { headers: { "webhook-id": string; "webhook-timestamp": string; "webhook-signature": string }; body: NoticeBody }; reply: Heard };
  /** One of the caller's payments. */
  "GET /payments/{id}": { request: { path: { id: string } }; reply: PaymentView };
  /** All lines, also those of campaigns and schedules. */
  "GET /queue/admin/lines": { request: { query?: { page?: number; size?: number } }; reply: LinePage };
  /** Makes a line before a site. */
  "POST /queue/admin/lines": { request: { body: LineFields }; reply: LineDefinition };
  /** Ends a line before a site: positions end, and passes live on until they run out. */
  "DELETE /queue/admin/lines/{name}": { request: { path: { name: string } }; reply: null };
  /** One line. */
  "GET /queue/admin/lines/{name}": { request: { path: { name: string } }; reply: LineDefinition };
  /** Changes the fields that are given; of the line of a campaign or schedule only `ratePerSecond`, `capacity` and `challenge`. */
  "PATCH /queue/admin/lines/{name}": { request: { path: { name: string }; body: LineFields }; reply: LineDefinition };
  /** Signs a link by which a browser passes the line until the link runs out; the line needs the exception `signedLink`. */
  "POST /queue/admin/lines/{name}/links": { request: { path: { name: string }; body: NewLink }; reply: SignedLink };
  /** Statistics of all lines. */
  "GET /queue/admin/stats": { request: {}; reply: Stats };
  /** Announces a draw that closes at the line's present opening time; one that was announced with the same content stands. */
  "PUT /queue/admin/{line}/draw": { request: { path: { line: string }; body?: NewDraw | null }; reply: null };
  /** Gives the value of a draw with manual randomness, once, after its entries are closed. */
  "POST /queue/admin/{line}/draw/value": { request: { path: { line: string }; body: NewValue }; reply: null };
  /** Shows words to everybody in the line, by `serving`; `{}` takes them away. */
  "PUT /queue/admin/{line}/notice": { request: { path: { line: string }; body: NewNotice }; reply: null };
  /** Pauses admission until it is resumed. */
  "POST /queue/admin/{line}/pause": { request: { path: { line: string }; body?: PauseWords | null }; reply: null };
  /** Changes the number of people admitted a second, from the next second on. */
  "PUT /queue/admin/{line}/rate": { request: { path: { line: string }; body: NewRate }; reply: null };
  /** Resumes admission, and takes the words of `serving` away. */
  "POST /queue/admin/{line}/resume": { request: { path: { line: string } }; reply: null };
  /** What a line asks for before it gives a position: to be answered within five minutes, once, from the same network. */
  "GET /queue/challenge/{line}": { request: { path: { line: string } }; reply: ChallengeDocument };
  /** The published entries of a draw that has closed: the hash of each holder in hexadecimal digits, one a line, in order of entry; zeros for an entry that nobody held at the closing. */
  "GET /queue/draw/{line}/entries": { request: { path: { line: string } }; reply: string };
  /** Takes a place in a schedule's line; again: the same place. */
  "POST /queue/enter": { request: { body: NewPlace }; reply: TicketPlace };
  /** Gives up the place and the pass in a schedule's line. */
  "DELETE /queue/leave": { request: { query: { scheduleId: string } }; reply: LeftQueue };
  /** The public key that checks receipts. */
  "GET /queue/receipt-key": { request: {}; reply: PublicKey };
  /** The present state of a line: public, and the same for all callers. */
  "GET /queue/serving/{line}": { request: { path: { line: string }; query?: { ranges?: number } }; reply: Serving };
  /** The own place in a schedule's line, or the pass, which stands in `X-Queue-Token`, too. */
  "GET /queue/status": { request: { query: { scheduleId: string } }; reply: TicketPlace };
  /** The short form. */
  "GET /rank": { request: { query: { eventId: string; userId?: string } }; reply: Ranked };
  /** The caller's reservations, newest first. */
  "GET /reservations": { request: { query?: { page?: number; size?: number } }; reply: Page_ReservationListed };
  /** Holds seats, all or none: named ones, or the best that there are. */
  "POST /reservations/hold": { request: { headers: { "X-Queue-Token": string }; body: NewHold }; reply: HoldView };
  /** Lets a hold go. */
  "DELETE /reservations/hold/{id}": { request: { path: { id: string } }; reply: null };
  /** Gives a hold other seats in one step: the new ones are held before the old ones are let go. */
  "PUT /reservations/hold/{id}": { request: { path: { id: string }; headers: { "X-Queue-Token": string }; body: NewSeats }; reply: SwapView };
  /** Lets a hold live longer, once. */
  "POST /reservations/hold/{id}/extend": { request: { path: { id: string }; headers: { "X-Queue-Token": string } }; reply: ExtendedView };
  /** Which seats are held or sold now. */
  "GET /reservations/seats/{scheduleId}": { request: { path: { scheduleId: string }; headers: { "X-Queue-Token": string } }; reply: SeatsView };
  /** Cancels a reservation; what was paid is given back. */
  "DELETE /reservations/{id}": { request: { path: { id: string } }; reply: CancelledView };
  /** One of the caller's reservations; of a ticket with its number and what its QR code says. */
  "GET /reservations/{id}": { request: { path: { id: string } }; reply: ReservationDetail };
  /** Coupons of the caller that take something off the reservation, the largest discount first. */
  "GET /reservations/{id}/discounts": { request: { path: { id: string } }; reply: Discounts };
  /** Ends the session here; other devices stay logged in. */
  "DELETE /session": { request: {}; reply: null };
  /** Who is logged in, and until when without a renewal. */
  "GET /session": { request: {}; reply: CurrentView };
  /** Begins a session: logs in, and keeps the tokens in cookies. */
  "POST /session": { request: { body: LoginBody }; reply: SessionView };
  /** Renews the session by its cookie. */
  "POST /session/refresh": { request: {}; reply: RenewedView };
  /** The signed list of a schedule's tickets, for a door without the network: `base64url(JSON).base64url(signature)`. */
  "GET /tickets/doors/{scheduleId}": { request: { path: { scheduleId: string } }; reply: string };
  /** The keys that check tickets, the one that signs new ones first. */
  "GET /tickets/keys": { request: {}; reply: KeysView };
  /** Checks a ticket at a door. */
  "POST /tickets/verify": { request: { body: ShownTicket }; reply: TicketView };
  /** Takes the marks of a door that had no network. */
  "POST /tickets/verify/batch": { request: { body: GivenMarks }; reply: MarksView };
  /** The page of a ticket, behind the link of its QR code: what it is worth. */
  "GET /tickets/verify/{code}": { request: { path: { code: string } }; reply: TicketView };
  /** What the clock of this server says. */
  "GET /time": { request: {}; reply: Time };
  /** Deletes one's own account. */
  "DELETE /users/me": { request: {}; reply: null };
  /** One's own profile. */
  "GET /users/me": { request: {}; reply: ProfileView };
  /** Changes one's own profile; what is missing stays. */
  "PATCH /users/me": { request: { body: ProfilePatch }; reply: ChangedProfileView };
  /** As `PATCH`. */
  "PUT /users/me": { request: { body: ProfilePatch }; reply: ChangedProfileView };
  /** What one has said to terms. */
  "GET /users/me/consents": { request: {}; reply: ConsentsView };
  /** Says something to terms; what is not named stays. */
  "PUT /users/me/consents": { request: { body: GivenConsents }; reply: ConsentsView };
  /** Who logged in to one's own account, or tried to, newest first. */
  "GET /users/me/logins": { request: { query?: { page?: number; size?: number } }; reply: LoginPage };
  /** Changes one's own password. */
  "PUT /users/me/password": { request: { body: PasswordBody }; reply: null };
  /** Where one's account is linked: the providers by which one may log in. */
  "GET /users/me/social": { request: {}; reply: LinkedView };
  /** Ends the link of one's account to a person of a provider. */
  "DELETE /users/me/social/{provider}": { request: { path: { provider: string } }; reply: null };
  /** Venues, newest first. */
  "GET /venues": { request: { query?: { city?: string; page?: number; size?: number } }; reply: Page_VenueView };
  /** Makes a venue. */
  "POST /venues": { request: { body: NewVenue }; reply: VenueView };
  /** Deletes a venue without halls and events. */
  "DELETE /venues/{id}": { request: { path: { id: string } }; reply: MessageView };
  /** A venue with its halls. */
  "GET /venues/{id}": { request: { path: { id: string } }; reply: VenueView };
  /** Changes a venue. */
  "PUT /venues/{id}": { request: { path: { id: string }; body: VenuePatch }; reply: VenueView };
  /** The halls of a venue, newest first. */
  "GET /venues/{id}/halls": { request: { path: { id: string }; query?: { page?: number; size?: number } }; reply: Page_HallView };
  /** Makes a hall with a template of its seats. */
  "POST /venues/{id}/halls": { request: { path: { id: string }; body: NewHall }; reply: HallView };
  /** Deletes a hall without events. */
  "DELETE /venues/{id}/halls/{hallId}": { request: { path: { id: string; hallId: string } }; reply: MessageView };
  /** A hall with its template. */
  "GET /venues/{id}/halls/{hallId}": { request: { path: { id: string; hallId: string } }; reply: HallView };
  /** Changes a hall. */
  "PUT /venues/{id}/halls/{hallId}": { request: { path: { id: string; hallId: string }; body: HallPatch }; reply: HallView };
}
