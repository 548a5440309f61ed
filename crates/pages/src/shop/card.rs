//! A show in a list.

use super::model::Listed;
use domain::Timestamp;
use poster::Poster;
use web::texts::Texts;

/// A show as a card: poster, title, when, where, whether it can be bought.
#[derive(Clone, Debug)]
pub(super) struct Card {
    pub href: String,
    /// An SVG element, made of numbers alone.
    pub poster: String,
    pub title: String,
    pub artist: String,
    pub when: String,
    pub place: String,
    pub price: Option<String>,
    /// `open`, `soon`, `over`, `cancelled`: for the style, and for tests.
    pub state: &'static str,
    pub state_text: String,
}

impl Card {
    /// The card of a show now.
    pub fn new(show: &Listed, t: Texts, now: Timestamp) -> Self {
        let (state, state_text) = state(show, t, now);
        let place = [show.city.as_str(), show.venue_name.as_str()].into_iter().filter(|name| !name.is_empty());
        Self {
            href: format!("/shows/{}", show.id),
            poster: Poster::new(show.id.as_u128(), &show.title, &show.artist).inline(),
            title: show.title.clone(),
            artist: show.artist.clone(),
            when: days(t, show.start_date, show.end_date),
            place: place.collect::<Vec<_>>().join(" · "),
            price: show.min_price.map(|won| t.fill("shop-price-from", "price", t.won(won))),
            state,
            state_text,
        }
    }
}

fn state(show: &Listed, t: Texts, now: Timestamp) -> (&'static str, String) {
    match show.status.as_str() {
        "CANCELLED" => ("cancelled", t.get("shop-state-cancelled").to_owned()),
        "ENDED" => ("over", t.get("shop-state-over").to_owned()),
        _ if now < show.sale_start_at => ("soon", t.fill("shop-state-soon", "moment", t.moment(show.sale_start_at))),
        _ => ("open", t.get("shop-state-open").to_owned()),
    }
}

/// The first day and, where it is another one, the last.
pub(super) fn days(t: Texts, start: Timestamp, end: Timestamp) -> String {
    // A performance that ends after midnight is of the day on which it began.
    let (first, last) = (t.date(start), t.date(end.plus_seconds(-6 * 3_600)));
    if first == last || end.millis() - start.millis() < 86_400_000 { first } else { format!("{first} – {last}") }
}
