//! The database of payments.

use crate::world::messages::{Body, Message, Messages, Rows};
use crate::world::{BEGIN_MS, World, story::name};
use domain::Timestamp;
use domain::id::{PaymentId, PaymentKey, RefundId, ReservationId};
use domain::payment::refund::Refund;
use domain::payment::{Changed, Outgoing, Owed, Payment, RefundKind};
use std::collections::{BTreeMap, BTreeSet};

/// The rows. Unique: a payment of a reservation, a refund of a kind of a payment.
#[derive(Clone, Default)]
pub(crate) struct PaymentRows {
    pub(crate) payments: BTreeMap<PaymentId, Payment>,
    pub(crate) refunds: BTreeMap<(PaymentId, RefundKind), Refund>,
    /// Rightly signed notices of payments that are not here (hole 9).
    pub(crate) strange: BTreeSet<PaymentKey>,
    messages: Messages,
}

impl Rows for PaymentRows {
    fn messages(&self) -> &Messages {
        &self.messages
    }

    fn messages_mut(&mut self) -> &mut Messages {
        &mut self.messages
    }
}

/// The message of what is told.
pub(super) fn message(world: &World, payment: PaymentId, outgoing: Outgoing) -> Message {
    let body = match outgoing {
        Outgoing::Success(told) => Body::PaymentSuccess(told),
        Outgoing::Failed(told) => Body::PaymentFailed(told),
        Outgoing::Refunded(told) => Body::PaymentRefunded(told),
    };
    Message { id: world.id(), aggregate: payment.get(), body }
}

impl PaymentRows {
    /// The highest number of a hold that is stored here (hole 7).
    pub(crate) fn greatest_hold_no(&self) -> i64 {
        self.payments.values().map(|payment| payment.hold_no).max().unwrap_or(0)
    }

    pub(crate) fn of_reservation(&self, reservation: ReservationId) -> Option<&Payment> {
        self.payments.values().find(|payment| payment.reservation == reservation)
    }

    pub(crate) fn of_key(&self, key: PaymentKey) -> Option<&Payment> {
        self.payments.values().find(|payment| payment.key == key)
    }

    /// Stores a payment.
    pub(super) fn put(&mut self, world: &World, payment: Payment) {
        let is_news = self.payments.get(&payment.id).is_none_or(|before| before.status != payment.status);
        if is_news {
            world.tell(|| {
                format!(
                    "payment {} of reservation {} is {} {} (amount {}, hold {}, taken {}, given back {}, paid {:?})",
                    name(payment.id.get()),
                    name(payment.reservation.get()),
                    payment.status.as_str(),
                    payment.failure.map_or("", |reason| reason.as_str()),
                    payment.amount,
                    payment.hold_no,
                    payment.captured_amount,
                    payment.refunded_amount,
                    payment.paid_at.map(|at| (at.millis() - BEGIN_MS) as f64 / 1_000.0),
                )
            });
        }
        self.payments.insert(payment.id, payment);
    }

    /// Stores a step with all that is owed by it, in its transaction.
    pub(super) fn keep(&mut self, world: &World, changed: Changed, now: Timestamp) {
        let Changed { payment, message: outgoing, refund } = changed;
        let id = payment.id;
        self.put(world, payment);
        if let Some(outgoing) = outgoing {
            self.messages.append(message(world, id, outgoing));
        }
        if let Some(Owed { kind, reason }) = refund {
            world.tell(|| format!("a refund {kind} of payment {} is owed: {reason}", name(id.get())));
            let owed = match self.refunds.get(&(id, kind)) {
                Some(refund) => refund.owed_again(now),
                None => Refund::owed(RefundId(world.id()), id, kind, &reason, now),
            };
            self.refunds.insert((id, kind), owed);
        }
    }
}
