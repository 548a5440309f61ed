//! Decisions in the tables (GATE-004): one change checks stock and duplicates and stores the coupons.
//!
//! The rule is [`domain::decide`], as everywhere. It is safe here because the campaign's row is locked until the change
//! ends: another decision on the same campaign waits. The tables' own constraints stand behind it.

use super::keep::keep_issued;
use crate::rows::campaigns::{from_row, locked_row_of};
use crate::rows::entities::{campaign, coupon, user_coupon};
use domain::coupon::issue::{Decision, Facts, KeyUse, decide};
use domain::message::CouponIssued;
use domain::{Campaign, CampaignId, CouponId, Timestamp, UserId};
use ledger::{LedgerError, Transaction};
use sea_orm::sea_query::{Alias, Expr, Query};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::{BTreeMap, HashMap, VecDeque};
use uuid::Uuid;

/// A request for a coupon by a user whose turn has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The request; a repeated request for the same turn has the same id.
    pub request_id: Uuid,
    /// The campaign.
    pub campaign: CampaignId,
    /// The user.
    pub user: UserId,
    /// Whether the request was processed before: a coupon that the user holds is its result then.
    pub again: bool,
}

/// The decision on a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// A coupon, stored once the change is committed.
    Now,
    /// The user holds as many coupons as the limit allows.
    Before,
    /// No coupon is left, or the campaign is over.
    Nothing,
    /// The campaign is paused, or has not begun: nothing was decided.
    NotNow,
    /// The campaign does not exist.
    NoCampaign,
}

/// The decisions on a batch.
#[derive(Debug)]
pub struct Gift {
    /// One answer for each request, in the same order.
    pub answers: Vec<Given>,
    /// The coupons given, each with the id of its request.
    pub issued: Vec<(Uuid, CouponIssued)>,
    /// Campaigns whose last coupon was given in this batch, with their stock.
    pub exhausted: Vec<(CampaignId, u32)>,
}

/// Decides requests in order. The pool's connections read committed rows, so every read after the lock on the campaign's
/// row sees the decisions before it.
///
/// # Errors
/// [`LedgerError`]: no part of the result is valid; drop `change`.
pub async fn give(change: &Transaction, wanted: &[Wanted], now: Timestamp) -> Result<Gift, LedgerError> {
    // In the order of names, so that two changes lock campaigns in the same order and do not deadlock.
    let mut by_campaign: BTreeMap<&CampaignId, Vec<usize>> = BTreeMap::new();
    for (index, one) in wanted.iter().enumerate() {
        by_campaign.entry(&one.campaign).or_default().push(index);
    }
    let mut gift = Gift { answers: vec![Given::NoCampaign; wanted.len()], issued: Vec::new(), exhausted: Vec::new() };
    for (id, indices) in by_campaign {
        let Some(row) = locked_row_of(change.connection(), id).await? else { continue };
        let mut sale = Sale::read(change, row, wanted, &indices).await?;
        let before = sale.free.len();
        for index in indices {
            gift.answers[index] = sale.answer(&wanted[index], now, &mut gift.issued);
        }
        if before > 0 && sale.free.is_empty() {
            gift.exhausted.push((id.clone(), sale.campaign.stock));
        }
    }
    match keep_issued(change, &gift.issued).await?.first() {
        None => Ok(gift),
        Some(refused) => Err(LedgerError::conflict(refused.reason.clone())),
    }
}

/// A campaign that is locked by this change.
struct Sale {
    campaign: Campaign,
    /// Numbers that may be given, returned ones first. Never the gaps: a coupon decided elsewhere may be on its way.
    free: Free,
    /// The number of coupons of each user of the batch.
    held: HashMap<String, u32>,
    /// The answers to the requests of this batch.
    answered: HashMap<Uuid, Given>,
}

struct Free {
    returned: VecDeque<u32>,
    next: u32,
    stock: u32,
}

impl Free {
    fn len(&self) -> u32 {
        (self.stock + 1).saturating_sub(self.next) + u32::try_from(self.returned.len()).unwrap_or(u32::MAX)
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn take(&mut self) -> u32 {
        self.returned.pop_front().unwrap_or_else(|| {
            self.next += 1;
            self.next - 1
        })
    }
}

impl Sale {
    async fn read(
        change: &Transaction,
        row: campaign::Model,
        wanted: &[Wanted],
        indices: &[usize],
    ) -> Result<Self, LedgerError> {
        let users: Vec<&str> = indices.iter().map(|index| wanted[*index].user.as_str()).collect();
        let id = row.id;
        let campaign = from_row(row)?;
        let free = free(change, id, campaign.stock, indices.len()).await?;
        let held = held_by(change, id, &users).await?;
        Ok(Self { campaign, free, held, answered: HashMap::new() })
    }

    fn answer(&mut self, wanted: &Wanted, now: Timestamp, issued: &mut Vec<(Uuid, CouponIssued)>) -> Given {
        if let Some(answer) = self.answered.get(&wanted.request_id) {
            return *answer;
        }
        let held = self.held.get(wanted.user.as_str()).copied().unwrap_or_default();
        let facts = Facts::of(&self.campaign, now, self.free.len(), held, true, KeyUse::Fresh);
        let answer = match decide(&facts) {
            Decision::Issue if wanted.again && held > 0 => Given::Before,
            Decision::Issue => {
                issued.push((wanted.request_id, self.give(&wanted.user, held + 1, now)));
                Given::Now
            }
            refusal => refused(refusal, wanted.again && held > 0),
        };
        self.answered.insert(wanted.request_id, answer);
        answer
    }

    fn give(&mut self, user: &UserId, nth_of_user: u32, now: Timestamp) -> CouponIssued {
        self.held.insert(user.to_string(), nth_of_user);
        CouponIssued {
            tenant: self.campaign.id.tenant.to_string(),
            campaign_id: self.campaign.id.event.to_string(),
            coupon_id: CouponId(Uuid::new_v4()),
            user_id: user.to_string(),
            serial: self.free.take(),
            nth_of_user,
            issued_at_ms: now.millis(),
        }
    }
}

/// The answer to a request that gets no coupon. `has_result`: a coupon that the user holds is the request's result.
fn refused(refusal: Decision, has_result: bool) -> Given {
    if has_result {
        return Given::Before;
    }
    match refusal {
        Decision::AlreadyIssued => Given::Before,
        Decision::NotOpen | Decision::Paused => Given::NotNow,
        Decision::Closed | Decision::SoldOut => Given::Nothing,
        // Decided elsewhere, or not at all: these requests have no key and no pass to show, and `Issue` is no refusal.
        Decision::Issue | Decision::RepeatYes | Decision::KeyReused | Decision::NotAdmitted => Given::Nothing,
    }
}

/// The numbers that may be given, with at most `most` + 1 returned ones.
async fn free(change: &Transaction, campaign_id: i64, stock: u32, most: usize) -> Result<Free, LedgerError> {
    let highest: Option<(Option<i32>, Option<i32>)> = coupon::Entity::find()
        .select_only()
        .column_as(coupon::Column::Serial.max(), "serial")
        .column_as(coupon::Column::FormerSerial.max(), "former_serial")
        .filter(coupon::Column::CampaignId.eq(campaign_id))
        .into_tuple()
        .one(change.connection())
        .await?;
    let (serial, former) = highest.unwrap_or_default();
    let used = u32::try_from(Ord::max(serial, former).unwrap_or(0)).map_err(|_| LedgerError::damaged("a number"))?;
    Ok(Free { returned: returned(change, campaign_id, most).await?, next: used.saturating_add(1), stock })
}

/// Numbers that were returned to stock and not given again, lowest first.
async fn returned(change: &Transaction, campaign_id: i64, most: usize) -> Result<VecDeque<u32>, LedgerError> {
    let again = Alias::new("again");
    let given_again = Query::select()
        .expr(Expr::val(1))
        .from_as(coupon::Entity, again.clone())
        .and_where(Expr::col((again.clone(), coupon::Column::CampaignId)).eq(campaign_id))
        .and_where(Expr::col((again, coupon::Column::Serial)).equals((coupon::Entity, coupon::Column::FormerSerial)))
        .take();
    let numbers: Vec<Option<i32>> = coupon::Entity::find()
        .select_only()
        .column(coupon::Column::FormerSerial)
        .distinct()
        .filter(coupon::Column::CampaignId.eq(campaign_id))
        .filter(coupon::Column::Serial.is_null())
        .filter(coupon::Column::FormerSerial.is_not_null())
        .filter(Expr::exists(given_again).not())
        .order_by_asc(coupon::Column::FormerSerial)
        // One more than can be given, to tell whether the last one is given.
        .limit(most as u64 + 1)
        .into_tuple()
        .all(change.connection())
        .await?;
    Ok(numbers.into_iter().flatten().filter_map(|number| u32::try_from(number).ok()).collect())
}

/// The number of coupons that each of these users was given, revoked ones too.
async fn held_by(change: &Transaction, campaign_id: i64, users: &[&str]) -> Result<HashMap<String, u32>, LedgerError> {
    let mut held = HashMap::new();
    for part in users.chunks(super::BATCH_MAX) {
        let rows: Vec<(String, i64)> = user_coupon::Entity::find()
            .select_only()
            .column(user_coupon::Column::UserId)
            .column_as(user_coupon::Column::CouponId.count(), "count")
            .filter(user_coupon::Column::CampaignId.eq(campaign_id))
            .filter(user_coupon::Column::UserId.is_in(part.iter().copied()))
            .group_by(user_coupon::Column::UserId)
            .into_tuple()
            .all(change.connection())
            .await?;
        held.extend(rows.into_iter().map(|(user, count)| (user, u32::try_from(count).unwrap_or(u32::MAX))));
    }
    Ok(held)
}
