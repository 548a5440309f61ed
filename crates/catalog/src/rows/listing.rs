//! Lists of events: what fits, in which order.

use super::entities::event::{Column, Entity};
use super::entities::venue;
use super::events::{from_row, live};
use super::rows_before;
use crate::model::Event;
use crate::search::{ESCAPE, pattern};
use domain::Timestamp;
use domain::catalog::EventState;
use domain::catalog::schedule::OPENING_SECONDS;
use ledger::moment::{read, stored};
use ledger::{Ledger, LedgerError};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::{Expr, LikeExpr, Query};
use sea_orm::{ColumnTrait, Condition, ExprTrait, Order, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select};

/// What a list is filtered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the contract's own words")]
pub enum StatusFilter {
    Preparing,
    Open,
    Ended,
    Cancelled,
    Upcoming,
}

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the contract's own words")]
pub enum SortKey {
    Title,
    Artist,
    StartDate,
    CreatedAt,
    SaleStartAt,
}

/// Which events.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// Whether events that are being prepared belong to it.
    pub with_preparing: bool,
    /// The status.
    pub status: Option<StatusFilter>,
    /// The city, exactly.
    pub city: Option<String>,
    /// Text in title or artist.
    pub keyword: Option<String>,
    /// The order.
    pub sort: SortKey,
    /// Whether the greatest comes first.
    pub is_descending: bool,
    /// From 0.
    pub page: u64,
    /// 1 to 100.
    pub size: u64,
}

/// Entries of a page where nobody says how many.
pub const PAGE_SIZE: u64 = 20;

impl Default for Wanted {
    /// The first page of all events, the first performance first.
    fn default() -> Self {
        Self {
            with_preparing: false,
            status: None,
            city: None,
            keyword: None,
            sort: SortKey::StartDate,
            is_descending: false,
            page: 0,
            size: PAGE_SIZE,
        }
    }
}

/// A page of events, and the number of all that fit.
///
/// # Errors
/// [`LedgerError`].
pub async fn list(ledger: &Ledger, wanted: &Wanted, now: Timestamp) -> Result<(Vec<Event>, u64), LedgerError> {
    let fitting = live().filter(condition(wanted, now));
    let total = fitting.clone().count(ledger.connection()).await?;
    let order = if wanted.is_descending { Order::Desc } else { Order::Asc };
    let rows = sorted(fitting, wanted.sort, order)
        .offset(rows_before(wanted.page, wanted.size))
        .limit(wanted.size)
        .all(ledger.connection())
        .await?;
    Ok((rows.into_iter().map(from_row).collect::<Result<_, _>>()?, total))
}

fn sorted(events: Select<Entity>, key: SortKey, order: Order) -> Select<Entity> {
    let column = match key {
        SortKey::Title => Column::Title,
        SortKey::Artist => Column::Artist,
        SortKey::StartDate => Column::StartsAt,
        SortKey::CreatedAt => Column::CreatedAt,
        SortKey::SaleStartAt => Column::SaleStartsAt,
    };
    // Pages would overlap where many events have the same value.
    events.order_by(column, order.clone()).order_by(Column::Id, order)
}

fn condition(wanted: &Wanted, now: Timestamp) -> Condition {
    let now = stored(now);
    let is = |state: EventState| Condition::all().add(Column::Status.eq(state.as_str()));
    let mut condition = Condition::all();
    condition = match wanted.status {
        None if wanted.with_preparing => condition,
        None => condition.add(Column::Status.ne(EventState::Preparing.as_str())),
        Some(StatusFilter::Preparing) => condition.add(is(EventState::Preparing)),
        Some(StatusFilter::Cancelled) => condition.add(is(EventState::Cancelled)),
        Some(StatusFilter::Open) => condition.add(is(EventState::Open).add(Column::EndsAt.gt(now))),
        Some(StatusFilter::Ended) => condition.add(is(EventState::Open).add(Column::EndsAt.lte(now))),
        Some(StatusFilter::Upcoming) => condition.add(is(EventState::Open).add(Column::SaleStartsAt.gt(now))),
    };
    if let Some(city) = &wanted.city {
        let in_city = Query::select()
            .column(venue::Column::Id)
            .from(venue::Entity)
            .and_where(Expr::col(venue::Column::City).eq(city.as_str()))
            .take();
        condition = condition.add(Column::VenueId.in_subquery(in_city));
    }
    if let Some(keyword) = &wanted.keyword {
        condition = condition.add(Expr::col(Column::Search).like(LikeExpr::new(pattern(keyword)).escape(ESCAPE)));
    }
    condition
}

/// How long a list stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// When the status of an event changes next by itself.
    pub next_change: Option<Timestamp>,
    /// Whether a sale has opened a short time ago.
    pub is_just_open: bool,
}

/// How long all lists stay as they are.
///
/// # Errors
/// [`LedgerError`].
pub async fn outlook(ledger: &Ledger, now: Timestamp) -> Result<Outlook, LedgerError> {
    let next = async |column: Column| -> Result<Option<Timestamp>, LedgerError> {
        let next = live().select_only().column_as(Expr::col(column).min(), "next").filter(column.gt(stored(now)));
        let next: Option<Option<DateTimeUtc>> = next.into_tuple().one(ledger.connection()).await?;
        Ok(next.flatten().map(read))
    };
    let next_change = next(Column::SaleStartsAt).await?.into_iter().chain(next(Column::EndsAt).await?).min();
    let opened = live()
        .filter(Column::SaleStartsAt.lte(stored(now)))
        .filter(Column::SaleStartsAt.gt(stored(now.plus_seconds(-OPENING_SECONDS))));
    let is_just_open = opened.count(ledger.connection()).await? > 0;
    Ok(Outlook { next_change, is_just_open })
}
