//! Messages on their way from the streams to the relay.
//!
//! Every server relays. A lease lets one server at a time relay a campaign, so that its messages keep their order. The
//! lease of a server that died expires after [`RELAY_LEASE_MS`], and another server offers the same messages again.
//!
//! A server that decides relays at once. Where another holds the campaign's lease, the script of the decision tells that one
//! (`names::relay_channel`). Whoever hears nothing looks regularly.

use super::message;
use super::sale::Sale;
use super::{Inner, scripts};
use crate::port::{HotError, OutboxMessage};
use crate::redis::client::{Heard, Lane, Wait};
use crate::redis::names;
use crate::redis::reply::{Array, Reading};
use domain::coupon::Coupon;
use domain::message::{Envelope, StockExhausted, topic};
use domain::{CampaignId, CouponId, Timestamp, UserId};
use redis::Value;
use std::collections::VecDeque;
use std::sync::Arc;
use uuid::Uuid;

/// A relay that does not renew its lease for this long loses its campaigns to other relays.
const RELAY_LEASE_MS: u64 = 5_000;
/// Outboxes read at the same time.
const AT_ONCE: usize = 32;
/// Most entries taken from one campaign at a time.
const ENTRIES_MAX: usize = 64;

/// An entry that was offered. It is deleted once its last message was published.
struct Offered {
    last_position: u64,
    sale: Arc<Sale>,
    entry_id: String,
    messages: usize,
}

/// Messages that were offered and not acknowledged yet.
#[derive(Default)]
pub(super) struct Outbox {
    position: u64,
    offered: VecDeque<Offered>,
    /// The index of the campaign that comes first, which changes each time, so that a busy one does not delay the others.
    first: usize,
}

/// One entry of a stream: the coupons given by one run of the script.
struct Entry {
    id: String,
    messages: Vec<Envelope>,
}

fn issued_message(sale: &Sale, line: &str, at: Timestamp) -> Option<Envelope> {
    let mut fields = line.split(' ');
    let serial = fields.next()?.parse().ok()?;
    let nth_of_user = fields.next()?.parse().ok()?;
    let coupon_id = CouponId(Uuid::try_parse(fields.next()?).ok()?);
    let user = UserId::stored(fields.next()?).ok()?;
    let coupon = Coupon { coupon_id, serial, user, nth_of_user, issued_at: at, revoked: false };
    Some(message::issued(&sale.id, &coupon))
}

fn entry(sale: &Sale, value: Value) -> Reading<Entry> {
    let mut parts = Array::of(value)?;
    let (id, mut fields) = (parts.text()?, parts.array()?);
    let (mut at, mut lines, mut exhausted, mut stock) = (Timestamp(0), String::new(), None, 0);
    while fields.len() > 0 {
        match fields.text()?.as_str() {
            "at" => at = Timestamp(fields.number()?),
            "given" => lines = fields.text()?,
            "exhausted" => exhausted = Uuid::try_parse(&fields.text()?).ok(),
            "stock" => stock = fields.number()?,
            _ => drop(fields.text()?),
        }
    }
    let mut messages = Vec::with_capacity(lines.lines().count() + 1);
    for line in lines.lines() {
        match issued_message(sale, line, at) {
            Some(message) => messages.push(message),
            // Only the script writes here; a foreign entry must not hold up the others.
            None => tracing::error!(campaign = %sale.id, entry = id, line, "a line of the outbox cannot be read"),
        }
    }
    messages.extend(exhausted.map(|event_id| StockExhausted::message(event_id, &sale.id, stock, at)));
    Ok(Entry { id, messages })
}

impl Inner {
    /// Has deciders in other processes wake the relay of this one.
    pub(super) fn listen_to_deciders(inner: &Arc<Self>) {
        let weak = Arc::downgrade(inner);
        inner.connections.listen(names::relay_channel(&inner.me), move |heard| {
            if let Some(inner) = weak.upgrade() {
                inner.note_written(heard);
            }
        });
    }

    fn note_written(&self, heard: Heard<'_>) {
        match heard {
            Heard::Message(name) => {
                if let Some(sale) = name.parse().ok().and_then(|id: CampaignId| self.sales.get(&id)) {
                    sale.read_outbox_soon();
                }
            }
            Heard::Anything => {
                let sales = self.sales.all();
                sales
                    .iter()
                    .filter(|(_, sale)| sale.attention.is_active())
                    .for_each(|(_, sale)| sale.read_outbox_soon());
            }
        }
        self.outbox_written.notify_one();
    }

    /// The oldest messages of every campaign whose lease is free or held by this process.
    pub(super) async fn offer(&self, limit: usize) -> Result<Vec<OutboxMessage>, HotError> {
        let mut sales = self.sales.all();
        let count = sales.len();
        let mut book = self.outbox.lock().await;
        if count > 0 {
            book.first = (book.first + 1) % count;
            sales.rotate_left(book.first);
        }
        book.offered.clear();
        sales.retain(|(_, sale)| sale.may_have_messages());
        let mut messages = Vec::new();
        for some in sales.chunks(AT_ONCE) {
            let mut taking = Vec::with_capacity(some.len());
            for (_, sale) in some {
                taking.push(self.take(sale));
            }
            let taken = futures::future::join_all(taking).await;
            for ((_, sale), taken) in some.iter().zip(taken) {
                let entries = match taken {
                    Ok(entries) => entries,
                    // An unavailable shard must not delay the campaigns of the others.
                    Err(error) if count > 1 => {
                        tracing::debug!(campaign = %sale.id, %error, "the outbox cannot be read now");
                        continue;
                    }
                    Err(error) => return Err(error),
                };
                for entry in entries {
                    if !messages.is_empty() && messages.len() + entry.messages.len() > limit {
                        break;
                    }
                    book.offer(sale, entry, &mut messages);
                }
            }
            if messages.len() >= limit {
                break;
            }
        }
        Ok(messages)
    }

    async fn take(&self, sale: &Sale) -> Result<Vec<Entry>, HotError> {
        let news = sale.outbox_news();
        let (lease, entries) = (RELAY_LEASE_MS.to_string(), ENTRIES_MAX.to_string());
        let arguments = [self.me.as_bytes(), lease.as_bytes(), entries.as_bytes()];
        let keys = [sale.keys.outbox.as_str(), sale.keys.lease.as_str()];
        let reply = self.connections.run(&scripts::TAKE, &keys, &arguments, (Lane::Relay, self.wait())).await?;
        let mut values = Array::of(reply.value)?;
        if values.len() == 0 {
            sale.outbox_was_empty(news, self.connections.hears_news());
            return Ok(Vec::new());
        }
        // While they wait for the bus, another server has to know of them: it would take over.
        self.tell(sale).await;
        if !reply.is_durable {
            // A failover may still lose messages that no replica has, so they must not be published.
            return Err(HotError::unavailable("no replica has confirmed the messages"));
        }
        let mut entries = Vec::with_capacity(values.len());
        while values.len() > 0 {
            entries.push(entry(sale, values.value()?)?);
        }
        Ok(entries)
    }

    /// Deletes all offered entries up to a position.
    pub(super) async fn acknowledge(&self, position: u64) -> Result<(), HotError> {
        let mut book = self.outbox.lock().await;
        while let Some(first) = book.offered.front().filter(|first| first.last_position <= position) {
            let sale = first.sale.clone();
            let done: Vec<&Offered> = book
                .offered
                .iter()
                .take_while(|offered| offered.last_position <= position && offered.sale.id == sale.id)
                .collect();
            let texts: Vec<String> =
                done.iter().flat_map(|one| [one.entry_id.clone(), one.messages.to_string()]).collect();
            let arguments: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
            let keys = [sale.keys.outbox.as_str(), sale.keys.policy.as_str()];
            let count = done.len();
            self.connections.run(&scripts::HANDED, &keys, &arguments, (Lane::Other, Wait::Nobody)).await?;
            book.offered.drain(..count);
        }
        Ok(())
    }
}

impl Outbox {
    fn offer(&mut self, sale: &Arc<Sale>, entry: Entry, messages: &mut Vec<OutboxMessage>) {
        let count = entry.messages.len();
        for envelope in entry.messages {
            self.position += 1;
            messages.push(OutboxMessage { position: self.position, topic: topic::COUPON_EVENTS, envelope });
        }
        let offered = Offered { last_position: self.position, sale: sale.clone(), entry_id: entry.id, messages: count };
        self.offered.push_back(offered);
    }
}
