//! The parts that all use cases of payments share.

use crate::asking::Bells;
use crate::course::Course;
use crate::discount::Discounts;
use crate::messages::ReservationGroup;
use crate::notices::{NoticeKey, NoticeKeyFault};
use crate::portone::{PortOne, PortOneFault};
use crate::reservations::Reservations;
use crate::settings::Settings;
use crate::steps::PaymentSteps;
use crate::workers::ended::EndedSchedules;
use access::peer::Peer;
use bus::{Handler, Places};
use domain::payment::Policy;
use ledger::Ledger;
use std::sync::Arc;

/// The roles that payment asks.
#[derive(Clone, Debug)]
pub struct Peers {
    /// Whose hold it is.
    pub reservation: Peer,
    /// Whose discounts are taken off.
    pub coupon: Peer,
    /// Who knows when a schedule has ended.
    pub catalog: Peer,
}

/// Payments. Cheap to clone.
#[derive(Clone)]
pub struct PaymentService {
    pub(crate) ledger: Ledger,
    pub(crate) settings: Arc<Settings>,
    pub(crate) steps: PaymentSteps,
    pub(crate) portone: PortOne,
    pub(crate) notice_key: Arc<NoticeKey>,
    pub(crate) reservation: Peer,
    pub(crate) reservations: Reservations,
    pub(crate) discounts: Discounts,
    pub(crate) ended: EndedSchedules,
    pub(crate) bells: Arc<Bells>,
    pub(crate) course: Course,
}

/// Why the role cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// PortOne's settings.
    #[error(transparent)]
    PortOne(#[from] PortOneFault),
    /// The secret of its notices.
    #[error(transparent)]
    NoticeKey(#[from] NoticeKeyFault),
}

impl PaymentService {
    /// Payments over these tables. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(settings: Settings, ledger: Ledger, peers: Peers) -> Result<Self, OpenError> {
        let portone = PortOne::new(&settings.portone)?;
        let notice_key = Arc::new(NoticeKey::of(&settings.portone.webhook_secret)?);
        Ok(Self {
            steps: PaymentSteps::start(&ledger),
            portone,
            notice_key,
            reservations: Reservations::new(peers.reservation.clone()),
            reservation: peers.reservation,
            discounts: Discounts::new(peers.coupon),
            ended: EndedSchedules::new(peers.catalog),
            bells: Arc::default(),
            course: Course::default(),
            settings: Arc::new(settings),
            ledger,
        })
    }

    /// The same, watched at the places between the parts of a payment's way: for tests.
    #[must_use]
    pub fn watched(&self, course: Course) -> Self {
        Self { course, ..self.clone() }
    }

    /// The tables.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The consumer of messages about reservations.
    pub fn handlers(&self, places: Places) -> Vec<Arc<dyn Handler>> {
        vec![Arc::new(ReservationGroup::new(self.clone(), places))]
    }

    /// Whether PortOne has failed too often and is not asked for a while.
    pub fn is_portone_resting(&self) -> bool {
        self.portone.is_open()
    }

    pub(crate) fn policy(&self) -> Policy {
        Policy { accept_test_channel: self.settings.portone.accept_test_channel }
    }
}
