//! What people read when a service is away: each service has its own words, and payment's warn against paying twice
//! (GW-006, GW-017).

use crate::Service;
use axum::response::{IntoResponse, Response};
use domain::ErrorCode;
use http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use onsale_http::error::RETRY_AFTER_SECONDS_DEFAULT;
use onsale_http::text::message;
use onsale_http::{Language, TraceId};
use serde::Serialize;

/// The error body (`contract.md`, Conventions), with words of its own.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    code: &'static str,
    message: &'static str,
    timestamp: String,
    trace_id: &'a str,
}

/// 503 in the service's words.
pub(crate) fn unavailable(
    service: Service,
    language: Language,
    trace_id: TraceId,
    retry_after_seconds: Option<u32>,
) -> Response {
    let id = match service {
        Service::User => "gateway-user-away",
        Service::Catalog => "gateway-catalog-away",
        Service::Queue | Service::Gate => "gateway-queue-away",
        Service::Reservation => "gateway-reservation-away",
        Service::Payment => "gateway-payment-away",
        Service::Coupon => "gateway-coupon-away",
        Service::Gateway | Service::Sandbox => ErrorCode::ServiceUnavailable.as_str(),
    };
    let mut response = told(ErrorCode::ServiceUnavailable, message(id, language), language, trace_id);
    let seconds = retry_after_seconds.unwrap_or(RETRY_AFTER_SECONDS_DEFAULT);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// 504. Of a payment nobody knows whether it went through.
pub(crate) fn too_late(service: Service, language: Language, trace_id: TraceId) -> Response {
    let id = match service {
        Service::Payment => "gateway-payment-late",
        _ => ErrorCode::GatewayTimeout.as_str(),
    };
    told(ErrorCode::GatewayTimeout, message(id, language), language, trace_id)
}

fn told(code: ErrorCode, message: &'static str, language: Language, trace_id: TraceId) -> Response {
    let timestamp = clock::now().to_string();
    let body = Body { code: code.as_str(), message, timestamp, trace_id: trace_id.as_str() };
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    // Texts and numbers can always be written.
    let body = serde_json::to_vec(&body).unwrap_or_default();
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CONTENT_LANGUAGE, HeaderValue::from_static(language.as_str())),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[tokio::test]
    async fn every_service_has_words_of_its_own_in_every_language() {
        let trace_id = TraceId::from_header(Some(b"trace-1"));
        let mut messages = HashSet::new();
        for language in Language::ALL {
            for service in [
                Service::User,
                Service::Catalog,
                Service::Queue,
                Service::Reservation,
                Service::Payment,
                Service::Coupon,
                Service::Sandbox,
            ] {
                let response = unavailable(service, language, trace_id, Some(60));
                assert_eq!(
                    (response.status().as_u16(), &response.headers()[RETRY_AFTER]),
                    (503, &HeaderValue::from(60))
                );
                let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.expect("a body");
                let body: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
                assert_eq!((&body["code"], &body["traceId"]), (&"SERVICE_UNAVAILABLE".into(), &"trace-1".into()));
                let text = body["message"].as_str().expect("a text").to_owned();
                assert!(!text.starts_with("gateway-") && text.contains(' '), "{text}");
                assert!(messages.insert(text), "{service} has the words of another");
            }
            for id in ["gateway-payment-away", "gateway-payment-late"] {
                let warning = if language == Language::Ko { "다시 결제하지" } else { "Do not pay again" };
                assert!(message(id, language).contains(warning), "{id}");
            }
        }
    }
}
