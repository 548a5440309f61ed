//! A show for search engines: schema.org's Event, one for each performance, as JSON-LD.

use super::model::{Detail, Time};
use super::times::State;
use domain::Timestamp;
use serde_json::{Value, json};
use web::texts::Texts;

/// Most performances that are told: a page must stay small.
const TIMES_MAX: usize = 10;

/// The JSON for a data block of a page: it ends no element.
pub(super) fn json_ld(show: &Detail, times: &[Time], urls: (&str, &str), t: Texts, now: Timestamp) -> String {
    let (url, image) = urls;
    let mut coming: Vec<&Time> = times.iter().filter(|time| now < time.event_end_at).collect();
    coming.sort_by_key(|time| (time.event_start_at, time.id));
    let told = if coming.is_empty() { times.iter().collect() } else { coming };
    let events: Vec<Value> =
        told.into_iter().take(TIMES_MAX).map(|time| event(show, time, (url, image), t, now)).collect();
    let graph = json!({"@context": "https://schema.org", "@graph": events});
    graph.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

fn event(show: &Detail, time: &Time, (url, image): (&str, &str), t: Texts, now: Timestamp) -> Value {
    let is_cancelled = time.status == "CANCELLED" || show.status == "CANCELLED";
    let status = if is_cancelled { "EventCancelled" } else { "EventScheduled" };
    json!({
        "@type": "Event",
        "name": show.title,
        "startDate": t.iso(time.event_start_at),
        "endDate": t.iso(time.event_end_at),
        "eventStatus": format!("https://schema.org/{status}"),
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
        "url": url,
        "image": [image],
        "performer": {"@type": "PerformingGroup", "name": show.artist},
        "location": {
            "@type": "Place",
            "name": show.venue.name,
            "address": {
                "@type": "PostalAddress",
                "streetAddress": show.venue.address,
                "addressLocality": show.venue.city,
                "addressCountry": "KR",
            },
        },
        "offers": offers(show, time, url, t, now),
    })
}

fn offers(show: &Detail, time: &Time, url: &str, t: Texts, now: Timestamp) -> Value {
    let availability = match State::of(time, now) {
        State::Soon => "PreOrder",
        State::Open => "InStock",
        _ => "SoldOut",
    };
    let mut offers = json!({
        "@type": "AggregateOffer",
        "priceCurrency": "KRW",
        "availability": format!("https://schema.org/{availability}"),
        "validFrom": t.iso(time.sale_start_at),
        "url": url,
    });
    if let (Some(low), Some(high)) = (show.price_by_grade.values().min(), show.price_by_grade.values().max()) {
        offers["lowPrice"] = json!(low);
        offers["highPrice"] = json!(high);
    }
    offers
}
