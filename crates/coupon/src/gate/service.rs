//! The gate's service: its parts, and the state of each gate that this process has seen.

use super::rest::Followed;
use super::settings::GateSettings;
use crate::CouponService;
use crate::issue::Decider;
use domain::line::LineId;
use domain::{CampaignId, IssueOutcome, UserId};
use hot::LocalQuestion;
use hot::line::LineUser;
use lines::{Challenges, LineClient, ReceiptKey, Straight};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// The gate. Cheap to clone.
#[derive(Clone)]
pub struct GateService {
    /// Enters people into lines and reads their status.
    pub lines: LineClient,
    /// The campaigns and their coupons.
    pub coupons: CouponService,
    /// Decides requests for coupons.
    pub(super) decider: Decider,
    /// How gates admit.
    pub settings: GateSettings,
    /// Gates that this process has seen.
    gates: Arc<papaya::HashMap<CampaignId, Arc<GateState>, hashbrown::DefaultHashBuilder>>,
    /// Every gate that existed when this process started follows the configuration.
    pub(super) are_up_to_date: Arc<AtomicBool>,
    receipts: Option<ReceiptKey>,
    /// The campaigns whose gates are followed; none before the first look.
    pub(super) known: Arc<Mutex<Option<HashSet<CampaignId>>>>,
    challenges: Option<Challenges>,
    /// The way in where nobody waits.
    pub(super) straight: Straight,
}

/// The state of one gate, read without waiting.
#[derive(Default)]
pub(super) struct GateState {
    pub(super) sold_out: AtomicBool,
    /// The line has an opening draw, held or to come.
    pub(super) has_draw: AtomicBool,
    /// Every coupon that the hot state gave is a row: from now on the rows may decide.
    pub(super) rows_decide: AtomicBool,
    /// This process has made the line or brought it up to date.
    pub(super) is_up_to_date: AtomicBool,
    /// The campaign as the gate was brought up to date with it.
    pub(super) followed: Mutex<Option<Followed>>,
}

pub(super) fn line_user(campaign: &CampaignId, user: &UserId) -> LineUser {
    LineUser { line: LineId::Gate(campaign.clone()), user: user.clone() }
}

impl GateService {
    /// A gate over these engines.
    pub fn new(lines: LineClient, coupons: CouponService, settings: GateSettings) -> Self {
        let decider = Decider::new(coupons.port.clone());
        let straight = Straight::new(lines.clone());
        Self {
            lines,
            coupons,
            decider,
            settings,
            gates: Arc::default(),
            are_up_to_date: Arc::default(),
            receipts: None,
            known: Arc::default(),
            challenges: None,
            straight,
        }
    }

    /// The same, with signed receipts for the numbers of an opening draw.
    #[must_use]
    pub fn with_receipts(self, receipts: Option<ReceiptKey>) -> Self {
        Self { receipts, ..self }
    }

    /// The same, with what lines ask for before they give a place.
    #[must_use]
    pub fn with_challenges(self, challenges: Challenges) -> Self {
        Self { challenges: Some(challenges), ..self }
    }

    /// The same with a line client and a decider of its own, so that a batch never crosses to another worker.
    #[must_use]
    pub fn with_own_client(&self) -> Self {
        let lines = LineClient::new(self.lines.port.clone());
        Self { lines, decider: Decider::new(self.coupons.port.clone()), ..self.clone() }
    }

    /// The key that signs the numbers of an opening draw.
    pub fn receipts(&self) -> Option<&ReceiptKey> {
        self.receipts.as_ref()
    }

    /// What lines ask for before they give a place.
    pub(super) fn challenges(&self) -> Option<&Challenges> {
        self.challenges.as_ref()
    }

    /// The state of a campaign's gate.
    pub(super) fn state(&self, id: &CampaignId) -> Arc<GateState> {
        self.gates.pin().get_or_insert_with(id.clone(), Arc::default).clone()
    }

    /// Forgets the gate of a deleted campaign.
    pub(super) fn forget_state(&self, id: &CampaignId) {
        self.gates.pin().remove(id);
    }

    /// Whether no coupon is left to queue for: at once where the engine of this server knows it, which the line hears of a
    /// moment later; else as the gate was brought up to date last.
    pub(super) fn is_sold_out(&self, id: &CampaignId) -> bool {
        self.is_over_now(id) || self.gates.pin().get(id).is_some_and(|gate| gate.sold_out.load(Ordering::Relaxed))
    }

    /// Whether somebody who has no coupon yet would get none with a pass.
    fn is_over_now(&self, id: &CampaignId) -> bool {
        let (tenant, event) = (id.tenant.as_str(), id.event.as_str());
        let nobody = LocalQuestion { tenant, event, user: "", key: None, admitted: true };
        let outcome = self.coupons.port.answer_locally(&nobody, clock::now());
        matches!(outcome, Some(IssueOutcome::SoldOut | IssueOutcome::Closed { .. }))
    }

    pub(super) fn has_draw(&self, id: &CampaignId) -> bool {
        self.gates.pin().get(id).is_some_and(|gate| gate.has_draw.load(Ordering::Relaxed))
    }
}
