//! Decides the requests of one campaign: one run of the script for a batch, and an outcome for each request.

use super::message;
use super::record::{self, Entry};
use super::sale::{Mark, Sale, Version};
use super::scripts;
use super::{Ack, Inner};
use crate::port::{HotError, IssueRequest};
use crate::redis::client::Lane;
use crate::redis::reply::{Array, Reading};
use domain::coupon::Coupon;
use domain::coupon::campaign::Phase;
use domain::coupon::issue::{Decision, Facts, IssuedCoupon, KeyUse, decide};
use domain::message::Envelope;
use domain::{CouponId, IdempotencyKey, IssueOutcome, Timestamp};
use redis::Value;
use std::sync::Arc;
use uuid::Uuid;

/// Most requests in one run of the script; one entry of the outbox holds as many coupons.
pub(super) const SCRIPT_BATCH_MAX: usize = 256;

type Answer = Result<IssueOutcome, HotError>;

/// A request at its index in the batch, with the id of the coupon that it proposes.
pub(super) struct Proposal<'a> {
    pub index: usize,
    pub request: &'a IssueRequest,
    coupon_id: CouponId,
    /// The request's key. One that is part of an attempt and has none gets its own: the attempt's other requests propose
    /// the same coupon, and this one, sent again by the client after a lost answer, must know its own yes from theirs.
    key: Option<IdempotencyKey>,
}

impl<'a> Proposal<'a> {
    pub fn new(index: usize, request: &'a IssueRequest) -> Self {
        let own_key = || request.coupon_id.map(|_| IdempotencyKey(Uuid::new_v4()));
        let coupon_id = request.coupon_id.unwrap_or_else(|| CouponId(Uuid::new_v4()));
        Self { index, request, coupon_id, key: request.key.or_else(own_key) }
    }
}

/// The reply of the script to a batch that it decided.
struct DecidedBatch {
    version: Version,
    left: u32,
    /// The phase of the campaign as the script found it.
    phase: Phase,
    gated: bool,
    /// Index in the batch and record of each user whose record settles the answer.
    holders: Vec<(usize, Vec<Entry>)>,
    /// The serials of the winners, in order.
    serials: Vec<u32>,
    /// For each winner whether it is the first, second, ... coupon; empty where the limit is one coupon.
    nths: Vec<u32>,
}

enum IssueReply {
    Decided(DecidedBatch),
    Absent,
    Behind,
    Incomplete,
}

fn read(value: Value) -> Reading<IssueReply> {
    let mut fields = Array::of(value)?;
    Ok(match fields.text()?.as_str() {
        "ABSENT" => IssueReply::Absent,
        "BEHIND" => IssueReply::Behind,
        "INCOMPLETE" => IssueReply::Incomplete,
        _ => {
            let mark = Mark { epoch: fields.number()?, count: fields.number()? };
            let revision = fields.number()?;
            let left = fields.number()?;
            let phase = match fields.number::<u8>()? {
                0 => Phase::Open,
                1 => Phase::Scheduled,
                2 => Phase::Paused,
                _ => Phase::Closed,
            };
            let gated = fields.number::<u8>()? == 1;
            let mut records = fields.array()?;
            let (serials, nths) = (fields.array()?.numbers()?, fields.array()?.numbers()?);
            let mut holders = Vec::with_capacity(records.len() / 2);
            while records.len() > 0 {
                let index = records.number::<usize>()?;
                holders.push((index - 1, record::read(&records.text()?)?));
            }
            IssueReply::Decided(DecidedBatch {
                version: Version { mark, revision },
                left,
                phase,
                gated,
                holders,
                serials,
                nths,
            })
        }
    })
}

impl DecidedBatch {
    /// The decision on a request that no record settles, by the rule itself; `free`: serials that it may get.
    fn decision(&self, proposal: &Proposal<'_>, free: usize) -> Decision {
        decide(&Facts {
            phase: self.phase,
            remaining: u32::try_from(free).unwrap_or(u32::MAX),
            per_user_limit: 1,
            issued_to_user: 0,
            gated: self.gated,
            admitted: proposal.request.admitted,
            key_use: KeyUse::Fresh,
        })
    }

    /// One outcome a request, in order: what a record settles, then coupons while serials last, then refusals.
    fn outcomes(&self, batch: &[Proposal<'_>]) -> Vec<IssueOutcome> {
        let (mut holders, mut serials) = (self.holders.iter().peekable(), self.serials.iter());
        let mut remaining = self.left;
        let mut outcome = |(index, proposal): (usize, &Proposal<'_>)| {
            if let Some((_, entries)) = holders.next_if(|(holder, _)| *holder == index) {
                return settled(proposal, entries, remaining);
            }
            match (self.decision(proposal, serials.len()), serials.as_slice().first()) {
                (Decision::Issue, Some(&serial)) => {
                    serials.next();
                    remaining = remaining.saturating_sub(1);
                    let coupon = IssuedCoupon { coupon_id: proposal.coupon_id, serial };
                    IssueOutcome::Issued { coupon, remaining }
                }
                (refusal, _) => refused(refusal, remaining),
            }
        };
        batch.iter().enumerate().map(&mut outcome).collect()
    }

    /// The messages that the bus must have before these outcomes are returned: with acknowledgement `bus` no caller is told
    /// of a coupon before, neither its winner nor a holder that asks again.
    fn messages(
        &self,
        sale: &Sale,
        batch: &[Proposal<'_>],
        outcomes: &[IssueOutcome],
        now: Timestamp,
    ) -> Vec<Envelope> {
        let mut messages: Vec<Envelope> = Vec::new();
        for (index, entries) in &self.holders {
            let user = &batch[*index].request.user;
            messages.extend(entries.iter().map(|entry| message::issued(&sale.id, &entry.of(user))));
        }
        let mut holders = self.holders.iter().map(|(index, _)| *index).peekable();
        let mut nths = self.nths.iter();
        for (index, (proposal, outcome)) in batch.iter().zip(outcomes).enumerate() {
            if holders.next_if_eq(&index).is_none()
                && let IssueOutcome::Issued { coupon, .. } = outcome
            {
                let IssuedCoupon { coupon_id, serial } = *coupon;
                let nth_of_user = nths.next().copied().unwrap_or(1);
                let user = proposal.request.user.clone();
                let coupon = Coupon { coupon_id, serial, user, nth_of_user, issued_at: now, revoked: false };
                messages.push(message::issued(&sale.id, &coupon));
            }
        }
        messages
    }

    fn is_frozen(&self) -> bool {
        self.phase != Phase::Open || self.left as usize == self.serials.len()
    }
}

/// The answer to a request that no record settles and that gets no serial.
fn refused(refusal: Decision, remaining: u32) -> IssueOutcome {
    match refusal {
        Decision::NotOpen => IssueOutcome::NotOpen { remaining },
        Decision::Closed => IssueOutcome::Closed { remaining },
        Decision::Paused => IssueOutcome::Paused { remaining },
        Decision::NotAdmitted => IssueOutcome::NotAdmitted { remaining },
        Decision::SoldOut => IssueOutcome::SoldOut,
        // `Issue` is no refusal, and the others need a record of the user, which settles the answer.
        Decision::Issue | Decision::RepeatYes | Decision::KeyReused | Decision::AlreadyIssued => IssueOutcome::SoldOut,
    }
}

/// The answer where the user's record settles it: an earlier attempt of this very request, the same key, or the limit.
fn settled(proposal: &Proposal<'_>, entries: &[Entry], remaining: u32) -> IssueOutcome {
    let same_key = |entry: &Entry| proposal.key.is_some() && entry.key == proposal.key;
    // The other requests of an attempt have the id, too: only the first of them gets the yes.
    let is_alone = proposal.request.coupon_id.is_none();
    let same_id = |entry: &Entry| is_alone && entry.coupon.coupon_id == proposal.coupon_id;
    if let Some(entry) = entries.iter().find(|entry| same_id(entry) || same_key(entry)) {
        return IssueOutcome::Issued { coupon: entry.coupon, remaining };
    }
    match record::first(entries) {
        Some(coupon) => IssueOutcome::AlreadyIssued { coupon, remaining },
        None => IssueOutcome::SoldOut,
    }
}

impl Inner {
    /// Decides requests of one campaign in order.
    pub(super) async fn decide(&self, batch: &[Proposal<'_>], now: Timestamp) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(batch.len());
        for part in batch.chunks(SCRIPT_BATCH_MAX) {
            match self.decide_part(part, now).await {
                Ok(outcomes) => answers.extend(outcomes.into_iter().map(Ok)),
                Err(error) => answers.extend(part.iter().map(|_| Err(error.clone()))),
            }
        }
        answers
    }

    async fn decide_part(&self, batch: &[Proposal<'_>], now: Timestamp) -> Result<Vec<IssueOutcome>, HotError> {
        let Some(first) = batch.first() else { return Ok(Vec::new()) };
        let id = &first.request.campaign;
        // An unknown name must not take memory here, or made-up names could use all of it.
        let known = self.sales.get(id);
        let stranger = known.is_none();
        let sale = known.unwrap_or_else(|| Arc::new(Sale::new(id.clone())));
        sale.enter()?;
        let result = self.run_decision(&sale, stranger, batch, now).await;
        match &result {
            Ok(_) => sale.record_success(),
            Err(error) => sale.record_failure(error),
        }
        result
    }

    async fn run_decision(
        &self,
        sale: &Arc<Sale>,
        stranger: bool,
        batch: &[Proposal<'_>],
        now: Timestamp,
    ) -> Result<Vec<IssueOutcome>, HotError> {
        // Of a name that there may not be, nobody is told before it has been found.
        if !stranger {
            self.tell(sale).await;
        }
        let before = sale.durable();
        let reply = self.run_issue(sale, before, batch, now).await?;
        let decided = match read(reply.value).map_err(HotError::from)? {
            IssueReply::Decided(decided) => decided,
            IssueReply::Absent if stranger => return Ok(batch.iter().map(|_| IssueOutcome::NoCampaign).collect()),
            IssueReply::Absent | IssueReply::Behind => {
                sale.fence();
                self.lost.notify_one();
                return Err(HotError::unavailable("Redis may have lost decisions; the books are compared first"));
            }
            IssueReply::Incomplete => {
                return Err(HotError::unavailable("the campaign is being put together again"));
            }
        };
        sale.unfence();
        let sale = if stranger { self.sales.add(&sale.id, || Sale::new(sale.id.clone())) } else { sale.clone() };
        if stranger {
            self.tell(&sale).await;
        }
        let mark = decided.version.mark;
        let news = mark > before;
        if news && !reply.is_durable {
            metrics::counter!("onsale_hot_wait_failed_total").increment(1);
            return Err(HotError::unknown("no replica has confirmed the decisions"));
        }
        let outcomes = decided.outcomes(batch);
        if self.ack == Ack::Bus {
            self.publish_to_bus(decided.messages(&sale, batch, &outcomes, now)).await?;
            // A restore meanwhile may have read the bus before these messages were there.
            self.is_still(&sale, mark).await?;
        }
        sale.mark_durable(mark);
        if !decided.serials.is_empty() {
            sale.wake();
            sale.read_outbox_soon();
            self.outbox_written.notify_one();
        }
        sale.record_request();
        if decided.is_frozen() && sale.frozen.load().is_none() {
            self.frozen_news.notify_one();
        }
        Ok(outcomes)
    }

    async fn run_issue(
        &self,
        sale: &Sale,
        kept: Mark,
        batch: &[Proposal<'_>],
        now: Timestamp,
    ) -> Result<crate::redis::client::Reply, HotError> {
        let mut numbers = itoa_all([now.millis(), kept.epoch, kept.count, batch.len() as i64]).into_iter();
        let mut number = || numbers.next().unwrap_or_default();
        let (now_ms, epoch, count, n) = (number(), number(), number(), number());
        let exhausted = Uuid::new_v4().simple().to_string();
        let admitted: Vec<u8> =
            batch.iter().map(|proposal| if proposal.request.admitted { b'1' } else { b'0' }).collect();
        let mut ids = String::with_capacity(32 * batch.len());
        batch.iter().for_each(|proposal| push_simple(proposal.coupon_id, &mut ids));
        let keys: Vec<String> = if batch.iter().any(|proposal| proposal.key.is_some()) {
            batch.iter().map(|proposal| proposal.key.map_or_else(String::new, key_text)).collect()
        } else {
            Vec::new()
        };
        // Only the bus remembers what both nodes of a shard have lost; where it does not, there is nothing to look at.
        let looked_at: &[u8] = if self.ack == Ack::Bus { b"1" } else { b"0" };
        let mut arguments: Vec<&[u8]> = Vec::with_capacity(9 + 2 * batch.len());
        arguments.extend([now_ms.as_bytes(), epoch.as_bytes(), count.as_bytes(), exhausted.as_bytes()]);
        arguments.extend([looked_at, n.as_bytes(), &admitted, ids.as_bytes(), self.me.as_bytes()]);
        arguments.extend(batch.iter().map(|proposal| proposal.request.user.as_str().as_bytes()));
        arguments.extend(keys.iter().map(String::as_bytes));
        self.connections.run(&scripts::ISSUE, &sale.keys.issue(), &arguments, (Lane::Decision, self.wait())).await
    }
}

fn push_simple(id: CouponId, out: &mut String) {
    let mut text = [0; uuid::fmt::Simple::LENGTH];
    out.push_str(id.get().simple().encode_lower(&mut text));
}

fn key_text(key: IdempotencyKey) -> String {
    key.0.simple().to_string()
}

fn itoa_all<const N: usize>(numbers: [i64; N]) -> [String; N] {
    numbers.map(|number| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{CampaignId, EventName, TenantName, UserId};

    fn request(coupon_id: Option<CouponId>) -> IssueRequest {
        let campaign = CampaignId::new(TenantName::default_tenant(), EventName::new("sale").expect("a name"));
        IssueRequest { campaign, user: UserId::new("ann").expect("a name"), key: None, admitted: true, coupon_id }
    }

    fn given(proposal: &Proposal<'_>) -> [Entry; 1] {
        let coupon = IssuedCoupon { coupon_id: proposal.coupon_id, serial: 1 };
        [Entry { coupon, nth_of_user: 1, issued_at: Timestamp(0), place: 1, key: proposal.key, revoked: false }]
    }

    #[test]
    fn a_request_that_is_sent_again_hears_its_yes_and_no_other_of_the_attempt_does() {
        let alone = request(None);
        let first = Proposal::new(0, &alone);
        assert!(matches!(settled(&first, &given(&first), 0), IssueOutcome::Issued { .. }));
        let part_of_attempt = request(Some(CouponId(Uuid::new_v4())));
        let [first, other] = [0, 1].map(|index| Proposal::new(index, &part_of_attempt));
        assert!(matches!(settled(&first, &given(&first), 0), IssueOutcome::Issued { .. }));
        assert!(matches!(settled(&other, &given(&first), 0), IssueOutcome::AlreadyIssued { .. }));
    }
}
