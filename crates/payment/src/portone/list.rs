//! PortOne's list of our store, for the comparison with our rows (hole 9).

use super::PortOne;
use super::http::{Answer, NoAnswer};
use super::wire::Page;
use domain::payment::{Away, Found};
use domain::{Timestamp, ZonedTime};
use reqwest::header::AUTHORIZATION;
use serde_json::json;

/// Payments of one page.
const PAGE_SIZE: u64 = 100;

/// A payment of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// PortOne's `paymentId`: our key, if the payment is ours.
    pub key: String,
    /// What PortOne says of it.
    pub found: Found,
}

/// A page of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPage {
    /// The payments.
    pub payments: Vec<Listed>,
    /// Payments that PortOne has on the page and that cannot be read; an operator must look.
    pub unreadable: usize,
    /// Whether a page follows.
    pub has_next: bool,
}

impl PortOne {
    /// Payments of our store that changed in this time, by pages from 0.
    ///
    /// # Errors
    /// [`Away`].
    pub async fn list(&self, from: Timestamp, until: Timestamp, page: u64) -> Result<ListedPage, Away> {
        let body = json!({
            "page": {"number": page, "size": PAGE_SIZE},
            "filter": {"storeId": self.0.store_id, "timestampType": "STATUS_CHANGED_AT",
                "from": ZonedTime::from(from), "until": ZonedTime::from(until)},
        });
        let mut url = self.url(&["payments"])?;
        url.query_pairs_mut().append_pair("requestBody", &body.to_string());
        let request = self.0.client.get(url).header(AUTHORIZATION, self.0.authorization.clone());
        let store_id = self.0.store_id.clone();
        let read = move |answer: &Answer| {
            if answer.status.as_u16() != 200 {
                return Err(NoAnswer::Declined);
            }
            let Page { items, page: info } = answer.json()?;
            let count = items.len();
            let listed = items.into_iter().filter_map(|view| {
                let key = view.id.clone();
                view.found(&store_id).ok().map(|found| Listed { key, found })
            });
            let payments: Vec<Listed> = listed.collect();
            let has_next = (page + 1).saturating_mul(PAGE_SIZE) < info.total_count;
            Ok(ListedPage { unreadable: count - payments.len(), payments, has_next })
        };
        self.0.guard.call("list", request, read).await
    }
}
