//! A batch of requests: claimed keys, one script a campaign, and what its answer means for each request.

use super::message;
use super::record::{self, Entry};
use super::sale::{Mark, Sale, Version};
use super::scripts;
use super::{Ack, Inner};
use crate::port::{HotError, IssueRequest};
use crate::redis::client::Lane;
use crate::redis::reply::{Array, Reading};
use domain::coupon::Coupon;
use domain::coupon::issue::IssuedCoupon;
use domain::message::Envelope;
use domain::{IdempotencyKey, IssueOutcome, Timestamp};
use redis::Value;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use uuid::Uuid;

/// Most requests in one run of the script; so many people also go into one entry of the outbox.
pub(super) const SCRIPT_BATCH_MAX: usize = 256;

type Answer = Result<IssueOutcome, HotError>;

/// A request in its place in the batch, with the coupon that it will get if it gets one.
pub(super) struct Asked<'a> {
    pub place: usize,
    pub request: &'a IssueRequest,
    coupon_id: Uuid,
    /// The request's key. One that is part of an attempt and has none gets its own: the attempt's other requests propose
    /// the same coupon, and this one, sent again by the client after a lost answer, must know its own yes from theirs.
    key: Option<IdempotencyKey>,
}

impl<'a> Asked<'a> {
    pub fn new(place: usize, request: &'a IssueRequest) -> Self {
        let own_key = || request.coupon_id.map(|_| IdempotencyKey(Uuid::new_v4()));
        let coupon_id = request.coupon_id.unwrap_or_else(Uuid::new_v4);
        Self { place, request, coupon_id, key: request.key.or_else(own_key) }
    }
}

/// Why nothing is given to those who hold nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    Scheduled,
    Paused,
    Closed,
}

/// What the script said.
struct Decided {
    version: Version,
    left: u32,
    phase: Phase,
    gated: bool,
    /// Place in the batch and record of those whose answer is what they hold.
    told: Vec<(usize, Vec<Entry>)>,
    /// The numbers of those who won, in order.
    serials: Vec<u32>,
    /// The how-manieth coupon of each winner; empty where nobody may have two.
    nths: Vec<u32>,
}

enum Reply {
    Decided(Decided),
    Absent,
    Behind,
    Incomplete,
}

fn read(value: Value) -> Reading<Reply> {
    let mut fields = Array::of(value)?;
    Ok(match fields.text()?.as_str() {
        "ABSENT" => Reply::Absent,
        "BEHIND" => Reply::Behind,
        "INCOMPLETE" => Reply::Incomplete,
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
            let mut holders = fields.array()?;
            let (serials, nths) = (fields.array()?.numbers()?, fields.array()?.numbers()?);
            let mut told = Vec::with_capacity(holders.len() / 2);
            while holders.len() > 0 {
                let place = holders.number::<usize>()?;
                told.push((place - 1, record::read(&holders.text()?)?));
            }
            Reply::Decided(Decided { version: Version { mark, revision }, left, phase, gated, told, serials, nths })
        }
    })
}

impl Decided {
    fn refusal(&self, asked: &Asked<'_>, remaining: u32) -> IssueOutcome {
        match self.phase {
            Phase::Scheduled => IssueOutcome::NotOpen { remaining },
            Phase::Closed => IssueOutcome::Closed { remaining },
            Phase::Paused => IssueOutcome::Paused { remaining },
            Phase::Open if self.gated && !asked.request.admitted => IssueOutcome::NotAdmitted { remaining },
            Phase::Open => IssueOutcome::SoldOut,
        }
    }

    /// One outcome a request, in order: those who were told, then who won while numbers last, then the refusals.
    fn outcomes(&self, batch: &[Asked<'_>]) -> Vec<IssueOutcome> {
        let (mut told, mut serials) = (self.told.iter().peekable(), self.serials.iter());
        let mut remaining = self.left;
        let mut outcome = |(place, asked): (usize, &Asked<'_>)| {
            if let Some((_, entries)) = told.next_if(|(told, _)| *told == place) {
                return holders(asked, entries, remaining);
            }
            let may_win = self.phase == Phase::Open && (!self.gated || asked.request.admitted);
            match if may_win { serials.next() } else { None } {
                Some(&serial) => {
                    remaining = remaining.saturating_sub(1);
                    let coupon = IssuedCoupon { coupon_id: asked.coupon_id, serial };
                    IssueOutcome::Issued { coupon, remaining }
                }
                None => self.refusal(asked, remaining),
            }
        };
        batch.iter().enumerate().map(&mut outcome).collect()
    }

    /// What the bus must have before these outcomes may be heard: with acknowledgement `bus` nobody hears of a coupon
    /// before, neither its winner nor, asking again, its holder, whoever's decision it was.
    fn messages(&self, sale: &Sale, batch: &[Asked<'_>], outcomes: &[IssueOutcome], now: Timestamp) -> Vec<Envelope> {
        let mut messages: Vec<Envelope> = Vec::new();
        for (place, entries) in &self.told {
            let user = &batch[*place].request.user;
            messages.extend(entries.iter().map(|entry| message::issued(&sale.id, &entry.of(user))));
        }
        let mut told = self.told.iter().map(|(place, _)| *place).peekable();
        let mut nths = self.nths.iter();
        for (place, (asked, outcome)) in batch.iter().zip(outcomes).enumerate() {
            if told.next_if_eq(&place).is_none()
                && let IssueOutcome::Issued { coupon, .. } = outcome
            {
                let IssuedCoupon { coupon_id, serial } = *coupon;
                let nth_of_user = nths.next().copied().unwrap_or(1);
                let user = asked.request.user.clone();
                let coupon = Coupon { coupon_id, serial, user, nth_of_user, issued_at: now, revoked: false };
                messages.push(message::issued(&sale.id, &coupon));
            }
        }
        messages
    }

    fn is_at_rest(&self) -> bool {
        self.phase != Phase::Open || self.left as usize == self.serials.len()
    }
}

/// The answer to someone whose record settles it: an earlier attempt of this very request, the same key, or the limit.
fn holders(asked: &Asked<'_>, entries: &[Entry], remaining: u32) -> IssueOutcome {
    let same_key = |entry: &Entry| asked.key.is_some() && entry.key == asked.key;
    // An attempt's other requests have the id, too: only the first of them hears the yes.
    let is_alone = asked.request.coupon_id.is_none();
    let same_id = |entry: &Entry| is_alone && entry.coupon.coupon_id == asked.coupon_id;
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
    pub(super) async fn decide(&self, batch: &[Asked<'_>], now: Timestamp) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(batch.len());
        for part in batch.chunks(SCRIPT_BATCH_MAX) {
            match self.decide_part(part, now).await {
                Ok(outcomes) => answers.extend(outcomes.into_iter().map(Ok)),
                Err(error) => answers.extend(part.iter().map(|_| Err(error.clone()))),
            }
        }
        answers
    }

    async fn decide_part(&self, batch: &[Asked<'_>], now: Timestamp) -> Result<Vec<IssueOutcome>, HotError> {
        let Some(first) = batch.first() else { return Ok(Vec::new()) };
        let id = &first.request.campaign;
        // A name that nobody has heard of must not take room here, or names could be made up until there is none.
        let known = self.sales.get(id);
        let stranger = known.is_none();
        let sale = known.unwrap_or_else(|| Arc::new(Sale::new(id.clone())));
        sale.enter()?;
        let result = self.run_decision(&sale, stranger, batch, now).await;
        match &result {
            Ok(_) => sale.answered(),
            Err(error) => sale.failed(error),
        }
        result
    }

    async fn run_decision(
        &self,
        sale: &Arc<Sale>,
        stranger: bool,
        batch: &[Asked<'_>],
        now: Timestamp,
    ) -> Result<Vec<IssueOutcome>, HotError> {
        let before = sale.kept();
        let reply = self.run_issue(sale, before, batch, now).await?;
        let decided = match read(reply.value).map_err(HotError::from)? {
            Reply::Decided(decided) => decided,
            Reply::Absent if stranger => return Ok(batch.iter().map(|_| IssueOutcome::NoCampaign).collect()),
            Reply::Absent | Reply::Behind => {
                sale.fence();
                self.lost.notify_one();
                return Err(HotError::unavailable("Redis may have lost decisions; the books are compared first"));
            }
            Reply::Incomplete => {
                return Err(HotError::unavailable("the campaign is being put together again"));
            }
        };
        sale.unfence();
        let sale = if stranger { self.sales.add(&sale.id, || Sale::new(sale.id.clone())) } else { sale.clone() };
        let mark = decided.version.mark;
        let news = mark > before;
        if news && !reply.is_durable {
            metrics::counter!("onsale_hot_wait_failed_total").increment(1);
            return Err(HotError::unknown("no replica has confirmed the decisions"));
        }
        let outcomes = decided.outcomes(batch);
        if self.ack == Ack::Bus {
            self.tell_bus(decided.messages(&sale, batch, &outcomes, now)).await?;
            // Whoever put the campaign together meanwhile may have read the bus before these messages were there.
            self.is_still(&sale, mark).await?;
        }
        sale.keep(mark);
        if !decided.serials.is_empty() {
            sale.wake();
            sale.outbox_quiet_until_ms.store(0, Ordering::Relaxed);
        }
        sale.asked();
        if decided.is_at_rest() && sale.rest.load().is_none() {
            self.resting.notify_one();
        }
        Ok(outcomes)
    }

    async fn run_issue(
        &self,
        sale: &Sale,
        kept: Mark,
        batch: &[Asked<'_>],
        now: Timestamp,
    ) -> Result<crate::redis::client::Reply, HotError> {
        let mut numbers = itoa_all([now.millis(), kept.epoch, kept.count, batch.len() as i64]).into_iter();
        let mut number = || numbers.next().unwrap_or_default();
        let (now_ms, epoch, count, n) = (number(), number(), number(), number());
        let exhausted = Uuid::new_v4().simple().to_string();
        let admitted: Vec<u8> = batch.iter().map(|asked| if asked.request.admitted { b'1' } else { b'0' }).collect();
        let mut ids = String::with_capacity(32 * batch.len());
        batch.iter().for_each(|asked| push_simple(asked.coupon_id, &mut ids));
        let keys: Vec<String> = if batch.iter().any(|asked| asked.key.is_some()) {
            batch.iter().map(|asked| asked.key.map_or_else(String::new, key_text)).collect()
        } else {
            Vec::new()
        };
        // Only the bus remembers what both nodes of a shard have lost; where it does not, there is nothing to look at.
        let looked_at: &[u8] = if self.ack == Ack::Bus { b"1" } else { b"0" };
        let mut arguments: Vec<&[u8]> = Vec::with_capacity(8 + 2 * batch.len());
        arguments.extend([now_ms.as_bytes(), epoch.as_bytes(), count.as_bytes(), exhausted.as_bytes()]);
        arguments.extend([looked_at, n.as_bytes(), &admitted, ids.as_bytes()]);
        arguments.extend(batch.iter().map(|asked| asked.request.user.as_str().as_bytes()));
        arguments.extend(keys.iter().map(String::as_bytes));
        self.connections.run(&scripts::ISSUE, &sale.keys.decision(), &arguments, (Lane::Decision, self.wait())).await
    }
}

fn push_simple(id: Uuid, out: &mut String) {
    let mut text = [0; uuid::fmt::Simple::LENGTH];
    out.push_str(id.simple().encode_lower(&mut text));
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

    fn request(coupon_id: Option<Uuid>) -> IssueRequest {
        let campaign = CampaignId::new(TenantName::default_tenant(), EventName::new("sale").expect("a name"));
        IssueRequest { campaign, user: UserId::new("ann").expect("a name"), key: None, admitted: true, coupon_id }
    }

    fn given(asked: &Asked<'_>) -> [Entry; 1] {
        let coupon = IssuedCoupon { coupon_id: asked.coupon_id, serial: 1 };
        [Entry { coupon, nth_of_user: 1, issued_at: Timestamp(0), place: 1, key: asked.key, revoked: false }]
    }

    #[test]
    fn a_request_that_is_sent_again_hears_its_yes_and_no_other_of_the_attempt_does() {
        let alone = request(None);
        let first = Asked::new(0, &alone);
        assert!(matches!(holders(&first, &given(&first), 0), IssueOutcome::Issued { .. }));
        let part_of_attempt = request(Some(Uuid::new_v4()));
        let [first, other] = [0, 1].map(|place| Asked::new(place, &part_of_attempt));
        assert!(matches!(holders(&first, &given(&first), 0), IssueOutcome::Issued { .. }));
        assert!(matches!(holders(&other, &given(&first), 0), IssueOutcome::AlreadyIssued { .. }));
    }
}
