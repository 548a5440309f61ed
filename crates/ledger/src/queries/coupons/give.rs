//! Deciding in the tables (GATE-004): stock and duplicates are looked at, and the coupons kept, in one change.
//!
//! The rule is [`domain::decide`], as everywhere. What makes it safe here is the campaign's row, held until the change
//! ends: whoever else decides on the same campaign waits. The tables' own constraints stand behind it.

use super::super::campaigns::{from_row, held_row_of};
use super::keep::keep_issued;
use crate::change::Transaction;
use crate::entities::{campaign, coupon, user_coupon};
use crate::error::LedgerError;
use domain::coupon::issue::{Decision, Facts, KeyUse, decide};
use domain::message::CouponIssued;
use domain::{Campaign, CampaignId, Timestamp, UserId};
use sea_orm::sea_query::{Alias, Expr, Query};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::{BTreeMap, HashMap, VecDeque};
use uuid::Uuid;

/// Somebody's turn has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The request; again the same for the same turn.
    pub request_id: Uuid,
    /// Of which campaign.
    pub campaign: CampaignId,
    /// For whom.
    pub user: UserId,
    /// Whether the request was dealt with before: a coupon that the user holds then is what came of it.
    pub again: bool,
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// A coupon, kept once the change is committed.
    Now,
    /// The user holds as many as one may.
    Before,
    /// There is none left, or the campaign is over.
    Nothing,
    /// The campaign rests, or has not begun: nothing was decided.
    NotNow,
    /// There is no such campaign.
    NoCampaign,
}

/// What was decided of a batch.
#[derive(Debug)]
pub struct Gift {
    /// One answer each, in the same order.
    pub answers: Vec<Given>,
    /// The coupons given, each with its request.
    pub issued: Vec<(Uuid, CouponIssued)>,
    /// Campaigns whose last coupon was given just now, with their stock.
    pub exhausted: Vec<(CampaignId, u32)>,
}

/// Decides requests in order. The pool's connections read what is committed: what was asked before the campaign's row
/// was held does not count.
///
/// # Errors
/// [`LedgerError`]: nothing of it may be relied upon; drop `change`.
pub async fn give(change: &Transaction, wanted: &[Wanted], now: Timestamp) -> Result<Gift, LedgerError> {
    // In the order of their names: two who give at once hold campaigns in the same order, and neither waits for ever.
    let mut by_campaign: BTreeMap<&CampaignId, Vec<usize>> = BTreeMap::new();
    for (place, one) in wanted.iter().enumerate() {
        by_campaign.entry(&one.campaign).or_default().push(place);
    }
    let mut gift = Gift { answers: vec![Given::NoCampaign; wanted.len()], issued: Vec::new(), exhausted: Vec::new() };
    for (id, places) in by_campaign {
        let Some(row) = held_row_of(change.connection(), id).await? else { continue };
        let mut sale = Sale::read(change, row, wanted, &places).await?;
        let before = sale.free.len();
        for place in places {
            gift.answers[place] = sale.answer(&wanted[place], now, &mut gift.issued);
        }
        if before > 0 && sale.free.is_empty() {
            gift.exhausted.push((id.clone(), sale.campaign.stock));
        }
    }
    match keep_issued(change, &gift.issued).await?.first() {
        None => Ok(gift),
        Some(refused) => Err(LedgerError::Conflict(refused.reason.clone())),
    }
}

/// A campaign held by this change.
struct Sale {
    campaign: Campaign,
    /// Numbers that may be given: those given back first. Never the gaps: a coupon decided elsewhere may be on its way.
    free: Free,
    /// Coupons of each user of the batch.
    held: HashMap<String, u32>,
    /// What came of the requests of this very batch.
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
        places: &[usize],
    ) -> Result<Self, LedgerError> {
        let users: Vec<&str> = places.iter().map(|place| wanted[*place].user.as_str()).collect();
        let id = row.id;
        let campaign = from_row(row)?;
        let free = free(change, id, campaign.stock, places.len()).await?;
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
            _ if wanted.again && held > 0 => Given::Before,
            Decision::Issue => {
                issued.push((wanted.request_id, self.give(&wanted.user, held + 1, now)));
                Given::Now
            }
            Decision::AlreadyIssued => Given::Before,
            Decision::NotOpen | Decision::Paused => Given::NotNow,
            _ => Given::Nothing,
        };
        self.answered.insert(wanted.request_id, answer);
        answer
    }

    fn give(&mut self, user: &UserId, nth_of_user: u32, now: Timestamp) -> CouponIssued {
        self.held.insert(user.to_string(), nth_of_user);
        CouponIssued {
            tenant: self.campaign.id.tenant.to_string(),
            campaign_id: self.campaign.id.event.to_string(),
            coupon_id: Uuid::new_v4(),
            user_id: user.to_string(),
            serial: self.free.take(),
            nth_of_user,
            issued_at_ms: now.millis(),
        }
    }
}

/// The numbers that may be given, of those given back `most` at most.
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

/// Numbers that were given back and not given again, those given back of the oldest coupons first.
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
        // One more than can be given: whether it was the last one must show.
        .limit(most as u64 + 1)
        .into_tuple()
        .all(change.connection())
        .await?;
    Ok(numbers.into_iter().flatten().filter_map(|number| u32::try_from(number).ok()).collect())
}

/// How many coupons each of these users was given, taken back or not.
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
