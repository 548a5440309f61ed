//! Differences: each names the rows that it is about, and the invariant that they break.

use crate::records::{PaymentStatus, RefundKind};
use domain::id::{CouponId, PaymentId, PaymentKey, RefundId, ReservationId};
use domain::{AccountId, ScheduleId, SeatId, Timestamp};
use serde::Serialize;
use std::fmt;
use uuid::Uuid;

/// Makes the differences from one table: number of the invariant, kind on the wire, rows, sentence.
macro_rules! violations {
    ($($number:literal $kind:literal $name:ident { $($field:ident: $type:ty),+ } $text:literal;)+) => {
        /// A difference between the books.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
        #[serde(tag = "kind")]
        #[allow(missing_docs, reason = "the sentence of each says what it is, its fields name the rows")]
        pub enum Violation {
            $(#[serde(rename = $kind)] $name { $($field: $type),+ },)+
        }

        impl Violation {
            /// The number of the broken invariant, 1 to 10.
            pub const fn invariant(&self) -> u8 {
                match self {
                    $(Self::$name { .. } => $number,)+
                }
            }

            /// A stable name, for JSON and metrics.
            pub const fn kind(&self) -> &'static str {
                match self {
                    $(Self::$name { .. } => $kind,)+
                }
            }

            /// Every kind with the number of its invariant.
            pub const KINDS: &'static [(u8, &'static str)] = &[$(($number, $kind)),+];
        }

        impl fmt::Display for Violation {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$name { $($field),+ } => write!(out, $text),)+
                }
            }
        }
    };
}

violations! {
    1 "seat_twice" SeatTwice { seat: SeatId, first: ReservationId, second: ReservationId }
        "seat {seat} is taken by reservation {first} and by {second}";
    1 "seat_without_reservation" SeatWithoutReservation { seat: SeatId, reservation: ReservationId }
        "seat {seat} is of reservation {reservation}, which does not exist";
    1 "seat_of_ended" SeatOfEnded { seat: SeatId, reservation: ReservationId }
        "seat {seat} is taken by reservation {reservation}, which has ended";
    1 "seat_not_taken" SeatNotTaken { seat: SeatId, reservation: ReservationId }
        "seat {seat} is not taken by reservation {reservation}, which lives";
    1 "reservation_without_seats" ReservationWithoutSeats { reservation: ReservationId }
        "reservation {reservation} lives and has no seat";

    2 "ticket_unpaid" TicketUnpaid { reservation: ReservationId }
        "reservation {reservation} is CONFIRMED, and no payment of it is SUCCESS";
    2 "ticket_paid_twice" TicketPaidTwice { reservation: ReservationId, first: PaymentId, second: PaymentId }
        "reservation {reservation} is paid by {first} and by {second}";
    2 "ticket_of_other_payment" TicketOfOtherPayment { reservation: ReservationId, payment: PaymentId }
        "reservation {reservation} is paid by {payment}, and names another payment";
    2 "ticket_price" TicketPrice { reservation: ReservationId, total: i64, seats: i64, payment: PaymentId, paid: i64 }
        "reservation {reservation} costs {total}, its seats {seats}; payment {payment} and its discount are {paid}";
    2 "ticket_hold" TicketHold { reservation: ReservationId, hold_no: i64, payment: PaymentId }
        "reservation {reservation} has hold {hold_no}, its payment {payment} another";
    2 "ticket_paid_late" TicketPaidLate { reservation: ReservationId, payment: PaymentId, until: Timestamp }
        "payment {payment} was paid when the hold of reservation {reservation} had ended at {until}";
    2 "ticket_without_number" TicketWithoutNumber { reservation: ReservationId }
        "reservation {reservation} is CONFIRMED and has no ticket number";
    2 "ticket_number_twice" TicketNumberTwice { number: String, first: ReservationId, second: ReservationId }
        "ticket {number} is of reservation {first} and of {second}";
    2 "payment_without_ticket" PaymentWithoutTicket { payment: PaymentId, reservation: ReservationId }
        "payment {payment} is SUCCESS, and its reservation {reservation} is not CONFIRMED";

    3 "captured_differs" CapturedDiffers { payment: PaymentId, key: PaymentKey, kept: i64, provider: i64 }
        "payment {payment} has captured {kept}, the provider under {key} {provider}";
    3 "refunded_differs" RefundedDiffers { payment: PaymentId, key: PaymentKey, kept: i64, provider: i64 }
        "payment {payment} has refunded {kept}, the provider under {key} {provider}";
    3 "price_differs" PriceDiffers { payment: PaymentId, amount: i64, left: i64 }
        "payment {payment} is SUCCESS for {amount}, and {left} of it are left";
    3 "money_kept" MoneyKept { payment: PaymentId, status: PaymentStatus, left: i64 }
        "payment {payment} is {status}, and {left} of its money are kept";
    3 "provider_unknown" ProviderUnknown { key: PaymentKey, captured: i64, refunded: i64 }
        "the provider has {key} (captured {captured}, refunded {refunded}), of which there is no payment";

    4 "sums_differ" SumsDiffer { provider: i64, payments: i64, tickets: i64 }
        "the provider keeps {provider}, payments that stand are {payments}, tickets {tickets}";

    5 "payment_pending" PaymentPending { payment: PaymentId }
        "payment {payment} is PENDING";
    5 "hold_overdue" HoldOverdue { reservation: ReservationId, until: Timestamp }
        "reservation {reservation} is PENDING, and its hold has ended at {until}";
    5 "hold_undecided" HoldUndecided { reservation: ReservationId }
        "reservation {reservation} is secured, and no payment of it is under way";
    5 "refund_open" RefundOpen { refund: RefundId, payment: PaymentId }
        "refund {refund} of payment {payment} is not done";
    5 "payment_twice" PaymentTwice { reservation: ReservationId, first: PaymentId, second: PaymentId }
        "reservation {reservation} has the payments {first} and {second}";
    5 "refund_twice" RefundTwice { payment: PaymentId, refund_kind: RefundKind, first: RefundId, second: RefundId }
        "payment {payment} has two refunds of kind {refund_kind}: {first} and {second}";

    6 "over_limit" OverLimit { user: AccountId, schedule: ScheduleId, seats: usize, most: u8 }
        "person {user} has {seats} seats of schedule {schedule}, and {most} is the most";
    6 "slot_twice" SlotTwice { user: AccountId, schedule: ScheduleId, slot: u8 }
        "person {user} has two seats of schedule {schedule} in slot {slot}";
    6 "seat_of_other" SeatOfOther { seat: SeatId, reservation: ReservationId }
        "seat {seat} and its reservation {reservation} name another person or schedule";

    7 "sold_to_nobody" SoldToNobody { seat: SeatId }
        "the catalog has seat {seat} as SOLD, and no ticket has it";
    7 "sold_to_other" SoldToOther { seat: SeatId, reservation: ReservationId }
        "seat {seat} is on the ticket of {reservation}, and the catalog has it as sold to another";
    7 "not_sold" NotSold { seat: SeatId, reservation: ReservationId }
        "seat {seat} is on the ticket of {reservation}, and the catalog has it as free";
    7 "sold_by_other_hold" SoldByOtherHold { seat: SeatId, reservation: ReservationId, hold_no: i64 }
        "seat {seat} is on the ticket of {reservation} with hold {hold_no}, and the catalog has another hold";
    7 "counter_behind" CounterBehind { counter: i64, highest: i64 }
        "the counter of holds stands at {counter}, and hold {highest} exists";
    7 "hold_no_twice" HoldNoTwice { hold_no: i64, first: ReservationId, second: ReservationId }
        "hold {hold_no} is of reservation {first} and of {second}";
    7 "hold_no_falls" HoldNoFalls { seat: SeatId, reservation: ReservationId, earlier: ReservationId }
        "seat {seat} is taken by {reservation}, and {earlier}, which has ended, had it with a greater hold";

    8 "hot_without_row" HotWithoutRow { seat: SeatId, reservation: ReservationId }
        "hot state holds seat {seat} for {reservation}, and no row does";
    8 "row_without_hot" RowWithoutHot { seat: SeatId, reservation: ReservationId }
        "reservation {reservation} has seat {seat}, and hot state lets others take it";
    8 "key_without_life" KeyWithoutLife { key: String }
        "the key {key} has no end";

    9 "unpublished" Unpublished { message: Uuid, event_type: String, aggregate: String }
        "message {message} ({event_type} of {aggregate}) is not published";
    9 "dead_letter" DeadLetter { message: String, topic: String, reason: String }
        "message {message} lies in {topic}: {reason}";
    9 "untold" Untold { aggregate: Uuid, event_type: &'static str }
        "no {event_type} was ever told of {aggregate}";
    9 "unheard" Unheard { message: Uuid, event_type: String, group: &'static str }
        "{group} has not had message {message} ({event_type})";

    10 "told_paid" ToldPaid { user: String, payment: PaymentId, reservation: ReservationId }
        "{user} was told that {payment} has succeeded, and has neither ticket {reservation} nor the money";
    10 "told_over_money" ToldOverMoney { user: String, reservation: ReservationId, payment: PaymentId, left: i64 }
        "{user} was told that {reservation} is over, and {left} of payment {payment} are kept";
    10 "told_over_ticket" ToldOverTicket { user: String, reservation: ReservationId }
        "{user} was told that {reservation} is over, and it is a ticket";
    10 "told_held" ToldHeld { user: String, reservation: ReservationId }
        "{user} was told that {reservation} is held, and it does not exist";
    10 "hold_cut" HoldCut { user: String, reservation: ReservationId, until: Timestamp }
        "{user} was told that {reservation} is held until {until}, and it ends earlier";
    10 "hold_ended_early" HoldEndedEarly { reservation: ReservationId, until: Timestamp }
        "reservation {reservation} has ended for its time before {until}, the end of its hold";
    10 "ended_unasked" EndedUnasked { user: String, reservation: ReservationId }
        "{user} has not asked to cancel {reservation}, and it was cancelled at the person's own wish";
    10 "ticket_taken" TicketTaken { user: String, reservation: ReservationId }
        "{user} had a ticket by {reservation}, and it was given back without anybody's wish";
    10 "used_refunded" UsedRefunded { reservation: ReservationId, payment: PaymentId, refunded: i64 }
        "the ticket of {reservation} was used, and {refunded} of payment {payment} were given back";
    10 "unlisted" Unlisted { user: String, route: String, status: u16, code: String }
        "{user} got {status} {code} from {route}, which is in no list of it";
    10 "coupon_reserved" CouponReserved { coupon: CouponId, payment: PaymentId }
        "coupon {coupon} is still set aside for payment {payment}";
    10 "coupon_used_up" CouponUsedUp { coupon: CouponId, payment: PaymentId }
        "coupon {coupon} is redeemed by payment {payment}, which does not stand with it";
    10 "coupon_twice" CouponTwice { coupon: CouponId, payment: PaymentId }
        "payment {payment} stands with the discount of coupon {coupon}, which it has not redeemed";
}

impl std::error::Error for Violation {}
