//! All campaigns of the embedded engine in memory, and how decisions get from there into the journal.

use super::journal::{Entry, Journal, JournalReader, ReplayItem};
use super::owner::Revocation;
use super::sale::{Grant, Sale};
use super::view::{EarlierYes, SaleView, Views};
use crate::embedded::file::JournalError;
use crate::frozen::{Asker, refuse};
use crate::port::{HotError, IssueRequest};
use domain::coupon::Coupon;
use domain::coupon::issue::{IssueOutcome, IssuedCoupon, KeyUse};
use domain::{Campaign, CampaignId, CouponId, Timestamp};
use hashbrown::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// The sales, each at its place, and the views of them.
pub(super) struct State {
    sales: Vec<Sale>,
    places: HashMap<CampaignId, u32>,
    views: Arc<Views>,
}

/// A coupon given in memory and not journalled yet.
struct Pending {
    place: u32,
    given: Grant,
    request: IssueRequest,
    at: Timestamp,
}

impl State {
    /// The state that the journal holds.
    pub fn replay(journal: &Journal, views: Arc<Views>, now: Timestamp) -> Result<Self, JournalError> {
        let mut state = Self { sales: Vec::new(), places: HashMap::new(), views };
        journal.replay(told_into(&mut state))?;
        let shown = state
            .sales
            .iter()
            .enumerate()
            .map(|(place, sale)| (sale.campaign.id.clone(), Arc::new(SaleView::new(place as u32, sale, now))));
        state.views.sales().replace(shown);
        Ok(state)
    }

    pub fn coupons(&self) -> u64 {
        self.sales.iter().map(|sale| sale.winners.len() as u64).sum()
    }

    pub fn winner_bytes(&self) -> u64 {
        self.sales.iter().map(|sale| sale.winners.bytes() as u64).sum()
    }

    pub fn sale(&self, id: &CampaignId) -> Option<&Sale> {
        self.places.get(id).map(|place| &self.sales[*place as usize])
    }

    fn enter(&mut self, sale: Sale) -> u32 {
        let place = self.sales.len() as u32;
        self.places.insert(sale.campaign.id.clone(), place);
        self.sales.push(sale);
        place
    }

    fn view(&self, place: u32) -> Option<Arc<SaleView>> {
        self.views.sales().get(&self.sales[place as usize].campaign.id)
    }

    fn publish(&self, place: u32, now: Timestamp) {
        match self.view(place) {
            Some(view) => view.publish(&self.sales[place as usize], now),
            None => {
                let sale = &self.sales[place as usize];
                self.views.sales().add(&sale.campaign.id, || SaleView::new(place, sale, now));
            }
        }
    }

    /// Makes or changes a campaign: journal first, then memory, then everyone.
    pub fn put_campaign(&mut self, journal: &Journal, campaign: Campaign, now: Timestamp) -> Result<(), HotError> {
        let known = self.places.get(&campaign.id).copied();
        if known.is_some_and(|place| self.sales[place as usize].campaign.revision >= campaign.revision) {
            return Ok(());
        }
        let journal_id = journal.transaction(|| journal.write_campaign(&campaign))?;
        let place = match known {
            Some(place) => {
                self.sales[place as usize].campaign = Arc::new(campaign);
                place
            }
            None => self.enter(Sale::new(journal_id, campaign)),
        };
        self.publish(place, now);
        Ok(())
    }

    /// Forgets a deleted campaign, in the journal first. Its place stays empty: keys of earlier calls may lead there.
    pub fn forget(&mut self, journal: &Journal, id: &CampaignId) -> Result<(), HotError> {
        let Some(&place) = self.places.get(id) else { return Ok(()) };
        let sale = &self.sales[place as usize];
        journal.transaction(|| journal.write_deleted(sale.journal_id))?;
        self.sales[place as usize] = Sale::new(sale.journal_id, Campaign::clone(&sale.campaign));
        self.places.remove(id);
        self.views.sales().remove(id);
        Ok(())
    }

    /// Takes a coupon back. Whether there is such a coupon.
    pub fn revoke(&mut self, journal: &Journal, target: &Revocation, now: Timestamp) -> Result<bool, HotError> {
        let Revocation { id, user, coupon_id, return_to_stock } = target;
        let (user, coupon_id, return_to_stock) = (user.as_str(), *coupon_id, *return_to_stock);
        let Some(&place) = self.places.get(id) else { return Ok(false) };
        let sale = &self.sales[place as usize];
        let Some(row) = sale.winners.row_of(user, coupon_id) else { return Ok(false) };
        if sale.winners.get(row).is_some_and(|winner| winner.revoked) {
            return Ok(true);
        }
        let entry = Entry::Revoked { user, coupon_id, return_to_stock };
        journal.transaction(|| journal.write(sale.journal_id, now, &entry))?;
        if let Some(view) = self.view(place) {
            view.wake();
        }
        self.sales[place as usize].take_back(row, return_to_stock);
        self.publish(place, now);
        Ok(true)
    }

    /// Puts back coupons that were lost; returns those that do not fit.
    pub fn restore(
        &mut self,
        journal: &Journal,
        id: &CampaignId,
        coupons: Vec<Coupon>,
        now: Timestamp,
    ) -> Result<Vec<Coupon>, HotError> {
        let Some(&place) = self.places.get(id) else { return Ok(coupons) };
        if let Some(view) = self.view(place) {
            view.wake();
        }
        let sale = &mut self.sales[place as usize];
        let mut refused = Vec::new();
        let kept = journal.transaction(|| {
            for coupon in coupons {
                if sale.has_room_for(&coupon) {
                    write_restored(journal, sale, &coupon, now)?;
                    sale.restore(&coupon);
                } else {
                    refused.push(coupon);
                }
            }
            Ok(())
        });
        // Memory is ahead of the journal then, and only a restart brings them together again.
        kept.map_err(|not_kept| HotError::from(not_kept).into_unknown())?;
        self.publish(place, now);
        Ok(refused)
    }

    /// Decides requests in memory; [`Round::keep`] makes the decisions durable or takes them back.
    pub fn round(&mut self) -> Round<'_> {
        Round { state: self, pending: Vec::new(), touched: Vec::new() }
    }
}

fn write_restored(journal: &Journal, sale: &Sale, coupon: &Coupon, now: Timestamp) -> Result<(), JournalError> {
    let (user, coupon_id) = (coupon.user.as_str(), coupon.coupon_id);
    let issued = IssuedCoupon { coupon_id, serial: coupon.serial };
    let entry = Entry::Restored { coupon: issued, nth_of_user: coupon.nth_of_user, user };
    journal.write(sale.journal_id, coupon.issued_at, &entry)?;
    if coupon.revoked {
        journal.write(sale.journal_id, now, &Entry::Revoked { user, coupon_id, return_to_stock: false })?;
    }
    Ok(())
}

fn told_into(state: &mut State) -> impl FnMut(ReplayItem<'_>) + '_ {
    let mut place_of_journal_id: HashMap<i64, u32> = HashMap::new();
    move |told| match told {
        ReplayItem::Campaign { journal_id, campaign } => {
            let place = state.enter(Sale::new(journal_id, campaign));
            place_of_journal_id.insert(journal_id, place);
        }
        ReplayItem::Issued { journal_id, user, coupon, at, key } => {
            let Some(&place) = place_of_journal_id.get(&journal_id) else { return };
            let sale = &mut state.sales[place as usize];
            let row = sale.replay_given(user, coupon, at);
            if let Some(key) = key {
                state.views.remember(sale.campaign.id.tenant.as_str(), user, key, EarlierYes { place, row });
            }
        }
        ReplayItem::Revoked { journal_id, user, coupon_id, return_to_stock } => {
            let Some(&place) = place_of_journal_id.get(&journal_id) else { return };
            let sale = &mut state.sales[place as usize];
            if let Some(row) = sale.winners.row_of(user, coupon_id) {
                sale.take_back(row, return_to_stock);
            }
        }
    }
}

/// Decisions made in memory of which no caller has been told yet.
pub(super) struct Round<'a> {
    state: &'a mut State,
    pending: Vec<Pending>,
    /// Sales that a decision came from, each once, with the moment of the last one.
    touched: Vec<(u32, Timestamp)>,
}

impl Round<'_> {
    /// Decides one request.
    pub fn issue(&mut self, request: IssueRequest, now: Timestamp) -> IssueOutcome {
        let Some(&place) = self.state.places.get(&request.campaign) else { return IssueOutcome::NoCampaign };
        match self.touched.iter_mut().find(|(touched, _)| *touched == place) {
            Some((_, at)) => *at = now,
            None => self.touched.push((place, now)),
        }
        let sale = &self.state.sales[place as usize];
        let asker = self.state.asker(place, &request);
        if let Some(refused) = refuse(&sale.campaign, &sale.winners, sale.remaining(), &asker, now) {
            return refused;
        }
        self.give(place, request, now)
    }

    fn give(&mut self, place: u32, request: IssueRequest, now: Timestamp) -> IssueOutcome {
        // Readers must let go first, or the winners would be copied to be changed.
        if let Some(view) =
            self.state.view(place).filter(|_| Arc::strong_count(&self.state.sales[place as usize].winners) > 1)
        {
            view.wake();
        }
        let sale = &mut self.state.sales[place as usize];
        let given =
            sale.give(request.user.as_str(), request.coupon_id.unwrap_or_else(|| CouponId(Uuid::new_v4())), now);
        let outcome = IssueOutcome::Issued { coupon: given.coupon, remaining: sale.remaining() };
        if let Some(key) = request.key {
            let yes = EarlierYes { place, row: given.row };
            self.state.views.remember(request.campaign.tenant.as_str(), request.user.as_str(), key, yes);
        }
        self.pending.push(Pending { place, given, request, at: now });
        outcome
    }

    /// Makes the decisions durable and shows them; where the journal cannot, takes them back. Whether there was
    /// anything to write.
    pub fn keep(mut self, journal: &Journal) -> Result<bool, HotError> {
        if self.pending.is_empty() {
            self.show();
            return Ok(false);
        }
        let kept = journal.transaction(|| self.write(journal));
        if kept.is_err() {
            self.undo();
        }
        self.show();
        kept?;
        Ok(true)
    }

    fn write(&self, journal: &Journal) -> Result<(), JournalError> {
        for Pending { place, given, request, at } in &self.pending {
            let entry = Entry::Issued {
                message_id: Uuid::new_v4(),
                coupon: given.coupon,
                nth_of_user: given.nth_of_user,
                user: request.user.as_str(),
                key: request.key,
            };
            journal.write(self.state.sales[*place as usize].journal_id, *at, &entry)?;
        }
        for (place, at) in &self.touched {
            let sale = &self.state.sales[*place as usize];
            if sale.remaining() == 0 && self.pending.iter().any(|pending| pending.place == *place) {
                journal.write(sale.journal_id, *at, &Entry::Exhausted { message_id: Uuid::new_v4() })?;
            }
        }
        Ok(())
    }

    fn show(&self) {
        for (place, at) in &self.touched {
            self.state.publish(*place, *at);
        }
    }

    fn undo(&mut self) {
        while let Some(Pending { place, given, request, .. }) = self.pending.pop() {
            self.state.sales[place as usize].undo(&given);
            if let Some(key) = request.key {
                self.state.views.forget(request.campaign.tenant.as_str(), request.user.as_str(), key);
            }
        }
    }
}

impl State {
    fn asker<'a>(&self, place: u32, request: &'a IssueRequest) -> Asker<'a> {
        let (tenant, user) = (request.campaign.tenant.as_str(), request.user.as_str());
        let earlier = request.key.and_then(|key| self.views.earlier(tenant, user, key));
        let mut asker = Asker { user, admitted: request.admitted, key_use: KeyUse::Fresh, earlier: None };
        match earlier {
            Some(yes) if yes.place == place => {
                asker.key_use = KeyUse::SameRequest;
                asker.earlier = self.sales[place as usize].winners.get(yes.row).map(|winner| winner.coupon);
            }
            Some(_) => asker.key_use = KeyUse::OtherRequest,
            None => {
                let winners = &self.sales[place as usize].winners;
                if request.coupon_id.is_some_and(|coupon_id| winners.has(user, coupon_id)) {
                    asker.key_use = KeyUse::SpentAttempt;
                }
            }
        }
        asker
    }
}

impl State {
    /// Every campaign and coupon of a journal, without owning it.
    pub fn read(reader: &JournalReader) -> Result<Vec<(Campaign, Vec<Coupon>)>, JournalError> {
        let mut state = Self { sales: Vec::new(), places: HashMap::new(), views: Arc::new(Views::new()) };
        reader.replay(told_into(&mut state))?;
        let all = |sale: &Sale| {
            let rows = (0..sale.winners.len() as u32).filter_map(|row| sale.winners.get(row));
            (Campaign::clone(&sale.campaign), rows.filter_map(super::coupon_of).collect())
        };
        Ok(state.sales.iter().map(all).collect())
    }
}
