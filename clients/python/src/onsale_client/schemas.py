"""Generated from the OpenAPI document by clients/generate.py."""

from __future__ import annotations

from typing import Any, Dict, List, Literal, NotRequired, TypedDict, Union

class AppealPage(TypedDict):
    """What was told."""

    isMore: bool
    keptDays: int
    leftOut: int
    list: List["Told"]


class BothView(TypedDict):
    """A text in both languages."""

    en: str
    ko: str


class CampaignPage(TypedDict):
    """A page of campaigns."""

    list: List["CampaignView"]
    page: int
    size: int
    totalElements: int


class CampaignPatch(TypedDict):
    """Changes of a campaign."""

    closes_at: NotRequired[Union[str, None]]
    discount: NotRequired[Union["DiscountView", None]]
    gated: NotRequired[bool]
    min_order_amount: NotRequired[int]
    name: NotRequired[str]
    opens_at: NotRequired[Union[str, None]]
    per_user_limit: NotRequired[int]
    stock: NotRequired[int]
    valid_days_after_issue: NotRequired[Union[int, None]]
    valid_from: NotRequired[Union[str, None]]
    valid_until: NotRequired[Union[str, None]]


class CampaignSales(TypedDict):
    """The sales of a campaign."""

    at: str
    eventId: str
    free: int
    held: int
    issued: int
    name: str
    redeemed: int
    revoked: int
    status: str
    total: int


class CampaignView(TypedDict):
    """A campaign as operators see it."""

    closes_at: NotRequired[Union[str, None]]
    created_at: str
    discount: NotRequired[Union["DiscountView", None]]
    event_id: str
    gated: bool
    min_order_amount: int
    name: str
    opens_at: NotRequired[Union[str, None]]
    per_user_limit: int
    remaining_stock: int
    status: str
    stock: int
    total_participants: int
    valid_days_after_issue: NotRequired[Union[int, None]]
    valid_from: NotRequired[Union[str, None]]
    valid_until: NotRequired[Union[str, None]]


class CancelBody(TypedDict):
    """Why an event is cancelled."""

    reason: NotRequired[str]


class CancelledView(TypedDict):
    """The answer to a cancellation."""

    id: str
    refundAmount: int
    status: str


class ChallengeDocument(TypedDict):
    """What a line asks for before it gives a place."""

    bits: int
    expiresAt: str
    kind: str
    nonce: str
    siteKey: NotRequired[Union[str, None]]


class ChangedProfileView(TypedDict):
    """A changed profile."""

    id: str
    name: str
    phone: NotRequired[Union[str, None]]


class CodeProof(TypedDict):
    """Shows a code."""

    code: str
    email: str


class CodeRequest(TypedDict):
    """Asks for a code."""

    email: str
    recaptchaToken: str


class CodeVerified(TypedDict):
    """The address is proved."""

    verificationToken: str


class ConfirmBody(TypedDict):
    """`POST /payments/confirm`."""

    amount: "GivenWon"
    paymentId: "GivenId"
    paymentKey: "GivenId"
    reservationId: "GivenId"
    transactionId: "GivenTransaction"


class ConfirmView(TypedDict):
    """What became of a payment."""

    failureReason: NotRequired[Union[str, None]]
    paidAt: NotRequired[Union[str, None]]
    paymentId: str
    status: str


class ConsentView(TypedDict):
    """What a person has said to a version of terms."""

    agreed: bool
    at: str
    code: str
    version: str


class ConsentsView(TypedDict):
    """All that a person has said."""

    consents: List["ConsentView"]


class CouponPage(TypedDict):
    """A page of a campaign's coupons."""

    list: List["HeldCoupon"]
    page: int
    size: int
    totalElements: int


class CouponView(TypedDict):
    """One coupon of a user."""

    coupon_id: str
    expires_at: NotRequired[Union[str, None]]
    issued_at: str
    serial: int
    status: str


class CurrentView(TypedDict):
    """The session of the request."""

    expiresAt: NotRequired[Union[str, None]]
    user: NotRequired[Union["UserView", None]]


# The discount of a coupon.
DiscountView = Dict[str, Any]


class Discounts(TypedDict):
    """Coupons that take something off a reservation, the largest discount first (PAY-017)."""

    list: List["DiscountView"]


class DrawDocument(TypedDict):
    """The public data of a line's draw."""

    closesAt: NotRequired[Union[str, None]]
    commitment: str
    count: NotRequired[Union[int, None]]
    notice: NotRequired[Union[str, None]]
    randomness: "RandomnessDocument"
    root: NotRequired[Union[str, None]]
    seed: NotRequired[Union[str, None]]
    trust: "Trust"


# Whether the user is in the line.
EnqueueStatus = Literal['ENQUEUED', 'ALREADY_ENQUEUED', 'SOLD_OUT']


class Enqueued(TypedDict):
    """The reply to a call that enters the line."""

    rank: NotRequired[Union[int, None]]
    receipt: NotRequired[Union[str, None]]
    returned: NotRequired[Union["Returned", None]]
    status: "EnqueueStatus"
    ticket: NotRequired[Union[int, None]]


class ErrorBody(TypedDict):
    """The body of every error response."""

    code: str
    message: str
    reason: NotRequired[Union[str, None]]
    timestamp: str
    traceId: str


class EventChanged(TypedDict):
    """An event that was changed."""

    artist: str
    description: NotRequired[Union[str, None]]
    id: str
    status: str
    title: str
    updatedAt: str


class EventDay(TypedDict):
    """The schedules of one day, in UTC."""

    date: str
    isSoldOut: bool
    times: List["TimeView"]


class EventDetail(TypedDict):
    """An event with its schedules."""

    artist: str
    description: NotRequired[Union[str, None]]
    halls: "EventHall"
    id: str
    priceByGrade: Dict[str, int]
    schedules: List["EventDay"]
    status: str
    title: str
    venue: "EventVenue"


class EventHall(TypedDict):
    """The hall of an event."""

    id: str
    name: str


class EventMade(TypedDict):
    """An event that was made."""

    artist: str
    createdAt: str
    id: str
    status: str
    title: str


class EventPatch(TypedDict):
    """Changes of an event."""

    artist: NotRequired[str]
    description: NotRequired[str]
    hallId: NotRequired[str]
    priceByGrade: NotRequired[Dict[str, int]]
    title: NotRequired[str]
    venueId: NotRequired[str]


class EventVenue(TypedDict):
    """The venue of an event."""

    address: str
    city: str
    id: str
    name: str


class ExtendedView(TypedDict):
    """The answer to an extension."""

    holdExpiresAt: str
    holdExpiresInMs: int
    reservationId: str


class GivenConsent(TypedDict):
    """What a person says to a version of terms."""

    agreed: bool
    code: str
    version: str


class GivenConsents(TypedDict):
    """What a person says: `{"consents":[...]}`, or the list alone."""

    consents: List["GivenConsent"]


# An id in a body.
GivenId = str


class GivenMark(TypedDict):
    """A mark that a door without the network hands in."""

    at: "GivenTime"
    qrData: str


class GivenMarks(TypedDict):
    """Marks that a door without the network hands in."""

    gate: str
    list: List["GivenMark"]
    scheduleId: NotRequired["GivenId"]


# How to pay: by card, and nothing else.
GivenMethod = Literal['CARD']


# A moment in a body.
GivenTime = str


# PortOne's name of a transaction, as a page gives it.
GivenTransaction = str


# An amount in whole won: many languages write 30000.0 for a whole number, and hear what is wrong with it.
GivenWon = int


class GradePrice(TypedDict):
    """The price of a grade."""

    grade: str
    price: int


class GradeView(TypedDict):
    """The seats of a grade."""

    grade: str
    price: int
    seats: List["SeatView"]


class HallPatch(TypedDict):
    """Changes of a hall."""

    capacity: NotRequired[int]
    name: NotRequired[str]
    seatTemplate: NotRequired[Dict[str, Any]]


class HallView(TypedDict):
    """A hall."""

    capacity: int
    createdAt: str
    id: str
    name: str
    seatTemplate: NotRequired[Dict[str, Any]]
    updatedAt: NotRequired[str]
    venueId: str


# `{}`.
Heard = Dict[str, Any]


class HeldCoupon(TypedDict):
    """A coupon and its holder."""

    coupon_id: str
    issued_at: str
    serial: NotRequired[Union[int, None]]
    status: str
    user_id: str


class HoldView(TypedDict):
    """The answer to a hold."""

    holdExpiresAt: str
    holdExpiresInMs: int
    reservationId: str
    seats: List["SeatView"]
    status: str
    totalAmount: int


class IssueAnswer(TypedDict):
    """The reply to a request for a coupon."""

    code: str
    coupon_id: NotRequired[Union[str, None]]
    message: str
    remaining_stock: int
    serial: NotRequired[Union[int, None]]
    success: bool


class IssueBody(TypedDict):
    """A request for a coupon."""

    event_id: str
    user_id: str


class IssueReply(TypedDict):
    """The outcome of a request for a coupon."""

    result: "IssueResult"


# The outcome of a request for a coupon.
IssueResult = Literal['SUCCESS', 'NOT_IN_ACTIVE_QUEUE', 'ALREADY_ISSUED', 'OUT_OF_STOCK']


class JoinedAudit(TypedDict):
    """The entries of all roles."""

    list: List[Dict[str, Any]]
    page: int
    parts: List["Part"]
    size: int
    totalElements: int


class KeyView(TypedDict):
    """A key that checks tickets."""

    algorithm: str
    keyId: str
    publicKey: str


class KeysView(TypedDict):
    """The keys that check tickets, the one that signs new ones first."""

    keys: List["KeyView"]


class LeftQueue(TypedDict):
    """The answer to those who leave."""

    message: str


# An id as it was listed: a text, or the number in it.
LetterId = Union[str, int]


class LetterIds(TypedDict):
    """Which dead letters an operator acts on: those that were listed, never "all"."""

    ids: List["LetterId"]


class LetterPage(TypedDict):
    """A page of dead letters."""

    at: str
    isMore: bool
    list: List["LetterView"]
    page: int
    size: int
    totalElements: int


class LetterResult(TypedDict):
    """What became of one letter."""

    error: NotRequired[Union[str, None]]
    id: str
    outcome: str


class LetterResults(TypedDict):
    """What became of each letter."""

    results: List["LetterResult"]


class LetterView(TypedDict):
    """A message that could not be handled."""

    at: str
    error: str
    eventType: NotRequired[Union[str, None]]
    failures: int
    group: NotRequired[Union[str, None]]
    id: str
    key: str
    originalOffset: int
    originalPartition: int
    originalTopic: str
    reason: str
    replayRequested: bool
    topic: str
    traceId: NotRequired[Union[str, None]]


class LineDefinition(TypedDict):
    """A line as it is defined."""

    capacity: int
    challenge: str
    closesAt: NotRequired[Union[str, None]]
    exceptions: List["WrittenException"]
    line: str
    look: NotRequired[Union[str, None]]
    maxInside: int
    name: str
    onAboveInside: NotRequired[Union[int, None]]
    opensAt: NotRequired[Union[str, None]]
    paused: bool
    positionsPerNetwork: int
    ratePerSecond: int
    switch: str
    tokenTtlSeconds: NotRequired[Union[int, None]]


class LineFields(TypedDict):
    """The fields of a new line, and those that change of an existing one; what is missing is as configured, or stays."""

    capacity: NotRequired[Union[int, None]]
    challenge: NotRequired[Union[str, None]]
    closesAt: NotRequired[Union[str, None]]
    exceptions: NotRequired[Union[List["WrittenException"], None]]
    look: NotRequired[Union[str, None]]
    maxInside: NotRequired[Union[int, None]]
    name: NotRequired[Union[str, None]]
    onAboveInside: NotRequired[Union[int, None]]
    opensAt: NotRequired[Union[str, None]]
    positionsPerNetwork: NotRequired[Union[int, None]]
    ratePerSecond: NotRequired[Union[int, None]]
    switch: NotRequired[Union[str, None]]
    tokenTtlSeconds: NotRequired[Union[int, None]]


class LinePage(TypedDict):
    """Lines in the order of their names."""

    list: List["LineDefinition"]
    page: int
    size: int
    totalElements: int


class LineStats(TypedDict):
    """Statistics of one line."""

    activeCount: int
    admittedCount: int
    measuredPerSecond: float
    paused: bool
    ratePerSecond: int
    scheduleId: str
    tps: float
    waitingCount: int


class LinkView(TypedDict):
    """Where the browser goes next."""

    location: str


class LinkedProvider(TypedDict):
    """A link of one's account to a person of a provider."""

    linkedAt: str
    provider: str


class LinkedView(TypedDict):
    """Where one's account is linked."""

    list: List["LinkedProvider"]


class ListedSeat(TypedDict):
    """A seat in a list."""

    grade: str
    seatNumber: str


class LogInBody(TypedDict):
    """Logs somebody in."""

    email: str
    password: str
    recaptchaToken: str


class LoginBody(TypedDict):
    """The body of a log-in, as of `POST /auth/login`."""

    email: str
    password: str
    recaptchaToken: str


class LoginPage(TypedDict):
    """A page of attempts, newest first."""

    list: List["LoginView"]
    page: int
    size: int
    totalElements: int


class LoginView(TypedDict):
    """An attempt to log in."""

    at: str
    ipAddress: str
    method: str
    success: bool
    suspicious: bool
    userAgent: str


class LookBody(TypedDict):
    """A look."""

    colors: NotRequired[Union[Dict[str, Any], None]]
    logo: NotRequired[Union[str, None]]
    name: str
    words: NotRequired[Union["Words", None]]


class LookView(TypedDict):
    """A look as everybody sees it."""

    colors: NotRequired[Union[Dict[str, Any], None]]
    css: str
    logo: NotRequired[Union[str, None]]
    name: str
    of: str
    updatedAt: str
    words: NotRequired[Union["Words", None]]


class MarkView(TypedDict):
    """What became of one mark."""

    gate: NotRequired[Union[str, None]]
    status: str
    ticketNumber: NotRequired[Union[str, None]]
    usedAt: NotRequired[Union[str, None]]


class MarksView(TypedDict):
    """What became of the marks, in their order."""

    list: List["MarkView"]


class MessageView(TypedDict):
    """A message for people."""

    message: str


class NamedHall(TypedDict):
    """A hall of a list."""

    capacity: int
    createdAt: str
    id: str
    name: str


class NewCampaign(TypedDict):
    """A new campaign."""

    closes_at: NotRequired[Union[str, None]]
    discount: NotRequired[Union["DiscountView", None]]
    event_id: str
    gated: NotRequired[bool]
    min_order_amount: NotRequired[int]
    name: str
    opens_at: NotRequired[Union[str, None]]
    per_user_limit: NotRequired[int]
    stock: int
    valid_days_after_issue: NotRequired[Union[int, None]]
    valid_from: NotRequired[Union[str, None]]
    valid_until: NotRequired[Union[str, None]]


class NewDraw(TypedDict):
    """The content of an announcement."""

    randomness: "NewRandomness"


class NewEvent(TypedDict):
    """A new event."""

    artist: str
    description: NotRequired[str]
    hallId: str
    priceByGrade: Dict[str, int]
    schedules: List["NewSchedule"]
    title: str
    venueId: str


class NewHall(TypedDict):
    """A new hall."""

    capacity: int
    name: str
    seatTemplate: Dict[str, Any]


class NewHold(TypedDict):
    """A wish for seats of a schedule: either `seatIds`, or `count` for the best that there are."""

    count: NotRequired[int]
    flags: NotRequired[List[str]]
    grade: NotRequired[str]
    scheduleId: "GivenId"
    seatIds: NotRequired[List["GivenId"]]
    waitMs: NotRequired[int]


class NewLink(TypedDict):
    """A link to be signed."""

    seconds: int
    to: NotRequired[str]


class NewNotice(TypedDict):
    """The words of a line: in `notice`, or as they are."""

    en: NotRequired[Union[str, None]]
    ko: NotRequired[Union[str, None]]
    notice: NotRequired[Union["NoticeTexts", None]]


class NewPayment(TypedDict):
    """`POST /payments`."""

    amount: "GivenWon"
    couponId: NotRequired["GivenId"]
    paymentMethod: "GivenMethod"
    reservationId: "GivenId"


class NewPlace(TypedDict):
    """Where a place is wanted."""

    scheduleId: str


class NewRandomness(TypedDict):
    """Where the public randomness comes from."""

    chain: NotRequired[Union[str, None]]
    kind: "RandomnessKind"
    round: NotRequired[Union[int, None]]
    source: NotRequired[Union[str, None]]


class NewRate(TypedDict):
    """A new rate."""

    ratePerSecond: int
    was: NotRequired[Union[int, None]]


class NewSchedule(TypedDict):
    """A new schedule."""

    eventEndAt: str
    eventStartAt: str
    playSequence: int
    saleEndAt: str
    saleStartAt: str


class NewSeats(TypedDict):
    """Other seats for a hold."""

    newSeatIds: List["GivenId"]


class NewTerms(TypedDict):
    """A new version of terms."""

    body: "BothView"
    code: str
    effectiveAt: str
    required: bool
    title: "BothView"
    version: str


class NewValue(TypedDict):
    """The value of manual randomness."""

    value: str


class NewVenue(TypedDict):
    """A new venue."""

    address: str
    city: str
    name: str


class NoticeBody(TypedDict):
    """PortOne's notice."""

    data: "NoticeData"
    timestamp: str
    type: str


class NoticeData(TypedDict):
    paymentId: str
    storeId: NotRequired[Union[str, None]]
    transactionId: NotRequired[Union[str, None]]


class NoticeDocument(TypedDict):
    """The operator's words."""

    en: NotRequired[Union[str, None]]
    ko: NotRequired[Union[str, None]]


class NoticeTexts(TypedDict):
    """The texts of a notice, 1 to 200 characters each."""

    en: NotRequired[Union[str, None]]
    ko: NotRequired[Union[str, None]]


class OfEvent(TypedDict):
    """The campaign and the user."""

    eventId: str
    userId: NotRequired[Union[str, None]]


class OpenView(TypedDict):
    """What a page needs to open the payment window once more, while the payment is PENDING."""

    channelKey: NotRequired[Union[str, None]]
    holdExpiresAt: str
    paymentKey: NotRequired[Union[str, None]]
    storeId: NotRequired[Union[str, None]]
    told: NotRequired[Union[str, None]]


class OrderBody(TypedDict):
    """An order."""

    order_id: str


class OwnCoupon(TypedDict):
    """One of a person's coupons over all campaigns."""

    coupon_id: str
    discount: NotRequired[Union["DiscountView", None]]
    event_id: str
    expires_at: NotRequired[Union[str, None]]
    issued_at: str
    min_order_amount: int
    name: str
    serial: NotRequired[Union[int, None]]
    status: str


class OwnCoupons(TypedDict):
    """A person's coupons, the newest first."""

    list: List["OwnCoupon"]


class Page_EventListed(TypedDict):
    """A page of a list."""

    list: List[Dict[str, Any]]
    page: int
    size: int
    totalElements: int


class Page_HallView(TypedDict):
    """A page of a list."""

    list: List[Dict[str, Any]]
    page: int
    size: int
    totalElements: int


class Page_PaymentItem(TypedDict):
    """A page of a list."""

    list: List[Dict[str, Any]]
    page: int
    size: int
    totalElements: int


class Page_ReservationListed(TypedDict):
    """A page of a list."""

    list: List[Dict[str, Any]]
    page: int
    size: int
    totalElements: int


class Page_ScheduleView(TypedDict):
    """A page of a list."""

    list: List[Dict[str, Any]]
    page: int
    size: int
    totalElements: int


class Page_VenueView(TypedDict):
    """A page of a list."""

    list: List[Dict[str, Any]]
    page: int
    size: int
    totalElements: int


class Part(TypedDict):
    """A role that was asked."""

    error: NotRequired[Union[str, None]]
    role: str


class PasswordBody(TypedDict):
    """Changes a password."""

    currentPassword: str
    newPassword: str


class PauseWords(TypedDict):
    """The words of a pause."""

    notice: NotRequired[Union["NoticeTexts", None]]


class PaymentItem(TypedDict):
    """A payment in the list."""

    amount: int
    method: str
    paidAt: NotRequired[Union[str, None]]
    paymentId: str
    reservationId: str
    status: str


# One payment.
PaymentView = Dict[str, Any]


class PlanView(TypedDict):
    """The plan of a schedule's seats: the id of a seat is `idPrefix` and its index in eight hexadecimal digits."""

    grades: List["GradePrice"]
    idPrefix: str
    layout: NotRequired[Dict[str, Any]]
    scheduleId: str
    sections: List["SectionView"]


class PreviewView(TypedDict):
    """What a look would look like."""

    css: str
    pairs: List[Dict[str, Any]]


class ProfilePatch(TypedDict):
    """What changes in a profile; what is missing stays."""

    name: NotRequired[str]
    phone: NotRequired[str]


class ProfileView(TypedDict):
    """A person as they see themselves."""

    createdAt: str
    email: str
    id: str
    name: str
    phone: NotRequired[Union[str, None]]
    role: str


class PublicKey(TypedDict):
    """The public key that checks receipts."""

    algorithm: str
    publicKey: str


class PublicList(TypedDict):
    """The campaigns that people can get coupons of, now or soon."""

    list: List["StatusView"]


class RandomnessDocument(TypedDict):
    """The public randomness of a draw."""

    chain: NotRequired[Union[str, None]]
    kind: "RandomnessKind"
    publicKey: NotRequired[Union[str, None]]
    round: NotRequired[Union[int, None]]
    source: NotRequired[Union[str, None]]
    value: NotRequired[Union[str, None]]


# Where the public randomness of a draw comes from.
RandomnessKind = Literal['none', 'drand', 'manual']


# How far a user has come.
RankStatus = Literal['WAITING', 'PROCESSING', 'ACTIVE', 'ISSUED', 'SOLD_OUT', 'UNKNOWN']


class Ranked(TypedDict):
    """The reply to a call that polls."""

    rank: NotRequired[Union[int, None]]
    returned: NotRequired[Union["Returned", None]]
    status: "RankStatus"
    ticket: NotRequired[Union[int, None]]


class ReactivateBody(TypedDict):
    """Wakes a sleeping account up."""

    email: str
    identityVerificationId: str
    password: str
    recaptchaToken: str


class RedeemBody(TypedDict):
    """An order that reserves a coupon."""

    amount: int
    order_id: str


class RedeemView(TypedDict):
    """The status of a coupon for an order."""

    coupon_id: str
    discount_amount: NotRequired[Union[int, None]]
    order_id: str
    status: str


class RefreshBody(TypedDict):
    """Exchanges a refresh token."""

    refreshToken: str


class RenewedView(TypedDict):
    """A session that was renewed."""

    expiresIn: int


class RepairIds(TypedDict):
    """Which differences are put right."""

    ids: List[str]


class ReservationDetail(TypedDict):
    """A reservation."""

    artist: NotRequired[Union[str, None]]
    cancelReason: NotRequired[Union[str, None]]
    createdAt: str
    eventId: str
    eventTitle: NotRequired[Union[str, None]]
    extended: bool
    hallName: NotRequired[Union[str, None]]
    holdExpiresAt: NotRequired[Union[str, None]]
    holdExpiresInMs: NotRequired[Union[int, None]]
    paymentId: NotRequired[Union[str, None]]
    qrData: NotRequired[Union[str, None]]
    reservationId: str
    scheduleDate: NotRequired[Union[str, None]]
    scheduleId: str
    seats: List["SeatView"]
    status: str
    ticketNumber: NotRequired[Union[str, None]]
    totalAmount: int
    usedAt: NotRequired[Union[str, None]]
    usedGate: NotRequired[Union[str, None]]
    venueName: NotRequired[Union[str, None]]


class ResetBody(TypedDict):
    """Sets a forgotten password anew."""

    email: str
    identityVerificationId: str
    newPassword: str
    recaptchaToken: str


# Why a person who was away has another position than before.
Returned = Literal['LATE']


class RevokeBody(TypedDict):
    """How a coupon is revoked."""

    return_to_stock: NotRequired[bool]


class RevokeView(TypedDict):
    """A revoked coupon."""

    coupon_id: str
    returned_to_stock: bool
    status: str


class RowView(TypedDict):
    """A row of a plan."""

    count: int
    first: int
    flags: NotRequired[Dict[str, List[str]]]
    grade: str
    name: str
    numbers: NotRequired[Union[List[int], None]]


# A schedule by itself.
ScheduleView = Dict[str, Any]


class SeatView(TypedDict):
    """A seat."""

    id: str
    seatNumber: str
    status: str


class SeatsView(TypedDict):
    """The seats of a schedule; blocked ones are not among them."""

    grades: List["GradeView"]
    scheduleId: str


class SectionView(TypedDict):
    """A section of a plan."""

    grade: NotRequired[str]
    name: str
    rows: List["RowView"]
    shape: NotRequired[List[List[float]]]


class Serving(TypedDict):
    """The present state of a line."""

    at: str
    draw: NotRequired[Union["DrawDocument", None]]
    last: int
    left: List[List[Any]]
    line: str
    notice: NotRequired[Union["NoticeDocument", None]]
    now: int
    opensAt: NotRequired[Union[str, None]]
    ratePerSecond: float
    serving: int
    state: str
    ticketsPerSecond: float
    waiting: int


class SessionView(TypedDict):
    """A session that has begun."""

    expiresIn: int
    user: "UserView"


class ShortFormView(TypedDict):
    """The reply of the short form."""

    event_id: str
    initial_stock: int
    message: str


class ShownTicket(TypedDict):
    """A ticket is shown."""

    gate: NotRequired[str]
    peek: NotRequired[bool]
    qrData: str
    scheduleId: NotRequired["GivenId"]


class SignUpBody(TypedDict):
    """Signs somebody up."""

    consents: NotRequired[List["GivenConsent"]]
    email: str
    emailVerificationToken: NotRequired[str]
    identityVerificationId: str
    name: str
    password: str
    phone: str
    recaptchaToken: str


class SignedLink(TypedDict):
    """A signed link."""

    expiresAt: str
    link: str
    token: str


class SignedUpView(TypedDict):
    """A new account."""

    email: str
    id: str
    name: str


class StartedView(TypedDict):
    """What a page needs to open the payment window."""

    amount: int
    channelKey: str
    paymentId: str
    paymentKey: str
    storeId: str


class Stats(TypedDict):
    """Statistics of all lines."""

    batchApprovalRate: int
    batchIntervalSeconds: float
    scheduleStats: List["LineStats"]
    throughputPerMinute: int
    totalWaiting: int


class StatusView(TypedDict):
    """A campaign's public status."""

    closes_at: NotRequired[Union[str, None]]
    discount: NotRequired[Union["DiscountView", None]]
    event_id: str
    gated: bool
    min_order_amount: int
    name: str
    now: int
    opens_at: NotRequired[Union[str, None]]
    per_user_limit: int
    remaining_stock: int
    status: str
    total_participants: int


class StockBody(TypedDict):
    """More stock."""

    add: int


class SwapView(TypedDict):
    """The answer to a change of seats."""

    holdExpiresAt: str
    holdExpiresInMs: int
    newTotalAmount: int
    reservationId: str
    seats: List["SeatView"]
    status: str


class TermsList(TypedDict):
    """A page of the terms in force."""

    list: List["TermsView"]
    page: int
    size: int
    totalElements: int


class TermsView(TypedDict):
    """A version of terms, in the language of `Accept-Language`."""

    body: str
    code: str
    effectiveAt: str
    required: bool
    title: str
    version: str


class TicketPlace(TypedDict):
    """A person's place."""

    behind: NotRequired[Union[int, None]]
    estimatedWaitTime: NotRequired[Union[int, None]]
    expiresAt: NotRequired[Union[str, None]]
    expiresInMs: NotRequired[Union[int, None]]
    outlook: NotRequired[Union[str, None]]
    rank: int
    returned: NotRequired[Union["Returned", None]]
    scheduleId: str
    status: "TicketStatus"
    ticket: int
    token: NotRequired[Union[str, None]]


# The status of a person in a schedule's line.
TicketStatus = Literal['WAITING', 'DRAWING', 'ACTIVE']


class TicketView(TypedDict):
    """What was found of a ticket."""

    eventTitle: NotRequired[Union[str, None]]
    gate: NotRequired[Union[str, None]]
    scheduleDate: NotRequired[Union[str, None]]
    seats: NotRequired[List[str]]
    status: str
    ticketNumber: NotRequired[Union[str, None]]
    usedAt: NotRequired[Union[str, None]]


class Time(TypedDict):
    """The time of this server, in milliseconds since 1970."""

    now: int


class TimeView(TypedDict):
    """A schedule in the detail of its event."""

    id: str
    inPayment: NotRequired[Union[int, None]]
    isSoldOut: bool
    left: int
    saleEndAt: str
    saleStartAt: str
    sequence: int
    status: str
    time: str


class TokensView(TypedDict):
    """A pair of tokens."""

    accessToken: str
    expiresIn: int
    refreshToken: str
    tokenType: str


class Told(TypedDict):
    """An answer that was given."""

    at: str
    code: NotRequired[Union[str, None]]
    role: str
    route: str
    status: int
    target: NotRequired[Union[str, None]]
    times: int
    traceId: str
    userId: NotRequired[Union[str, None]]


# Who must be trusted.
Trust = Literal['public', 'operator']


class UserCoupons(TypedDict):
    """A user's coupons of one campaign."""

    coupon_id: NotRequired[Union[str, None]]
    coupons: List["CouponView"]
    event_id: str
    user_id: str


class UserView(TypedDict):
    """A person."""

    id: str
    name: str
    role: str


class VenuePatch(TypedDict):
    """Changes of a venue."""

    address: NotRequired[str]
    city: NotRequired[str]
    name: NotRequired[str]


class VenueView(TypedDict):
    """A venue."""

    address: str
    city: str
    createdAt: str
    halls: NotRequired[List["NamedHall"]]
    id: str
    name: str
    updatedAt: NotRequired[str]


# A dead letter with its message.
WholeLetterView = Dict[str, Any]


class Words(TypedDict):
    """Words in both languages."""

    en: str
    ko: str


# An exception as it is written: one of the fields.
WrittenException = Dict[str, Any]
