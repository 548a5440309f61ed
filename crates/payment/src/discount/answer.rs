//! Reads what the role `coupon` answers.

use access::peer::PeerReply;
use domain::ErrorCode;
use onsale_http::ApiError;
use serde::Deserialize;

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It is made; with the discount in won that stands then.
    Done {
        /// 0 where nothing is held any more.
        discount: i64,
    },
    /// A refusal: the payment holds nothing of the coupon by this step.
    Refused(ApiError),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    discount_amount: Option<i64>,
}

/// The refusals of a coupon. Others say nothing about it.
const REFUSALS: [ErrorCode; 4] = [
    ErrorCode::CouponNotFound,
    ErrorCode::CouponAlreadyRedeemed,
    ErrorCode::CouponReserved,
    ErrorCode::CouponNotApplicable,
];

/// Reads an answer; `None` for one that says nothing about the coupon.
pub(super) fn read(reply: &PeerReply) -> Option<Step> {
    if reply.status.is_success() {
        let answer: Answer = reply.read().ok()?;
        return Some(Step::Done { discount: answer.discount_amount.unwrap_or(0) });
    }
    let code = reply.code();
    let code = REFUSALS.into_iter().find(|known| known.as_str() == code && known.status() == reply.status.as_u16())?;
    let body: serde_json::Value = reply.read().unwrap_or_default();
    let error = ApiError::new(code);
    Some(Step::Refused(match body["reason"].as_str() {
        Some(reason) => error.with("reason", reason),
        None => error,
    }))
}

/// An answer that says nothing, for the log.
pub(super) fn refusal(reply: &PeerReply) -> String {
    format!("{} {}", reply.status, reply.code())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;
    use serde_json::json;

    fn reply(status: u16, body: serde_json::Value) -> PeerReply {
        let status = StatusCode::from_u16(status).expect("a status");
        PeerReply { status, body: body.to_string().into(), hold_no: None, date: None }
    }

    #[test]
    fn a_refusal_is_one_only_with_its_own_status_and_code() {
        let done = read(&reply(200, json!({"status": "RESERVED", "discountAmount": 500})));
        assert_eq!(done, Some(Step::Done { discount: 500 }));
        assert_eq!(
            read(&reply(200, json!({"status": "ISSUED", "discountAmount": null}))),
            Some(Step::Done { discount: 0 })
        );
        let refused = read(&reply(422, json!({"code": "COUPON_NOT_APPLICABLE", "reason": "NOTHING_TO_PAY"})));
        let error = ApiError::new(ErrorCode::CouponNotApplicable).with("reason", "NOTHING_TO_PAY");
        assert_eq!(refused, Some(Step::Refused(error)));
        // A proxy's bare 404 is no word about the coupon.
        for (status, body) in [
            (404, json!(null)),
            (404, json!({"code": "NOT_FOUND"})),
            (400, json!({"code": "INVALID_INPUT"})),
            (200, json!("hello")),
            (409, json!({"code": "COUPON_NOT_FOUND"})),
        ] {
            assert_eq!(read(&reply(status, body)), None, "{status}");
        }
    }
}
