//! Maps the errors and refusals of lower crates to API errors. All mappings are here, so that the same cause gives the
//! same error on every route.

use super::ApiError;
use domain::ErrorCode;
use domain::coupon::campaign_change::ChangeRefused;
use domain::coupon::redemption::Refusal;
use hot::HotError;
use ledger::LedgerError;

impl From<HotError> for ApiError {
    fn from(error: HotError) -> Self {
        tracing::warn!(%error, "hot state did not answer");
        ErrorCode::ServiceUnavailable.into()
    }
}

impl From<LedgerError> for ApiError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Unavailable(_) => {
                tracing::warn!(%error, "the ledger did not answer");
                ErrorCode::ServiceUnavailable.into()
            }
            // The layer of calls looks again, and tells the answer of the other run.
            LedgerError::CallRepeated => ErrorCode::IdempotencyKeyInUse.into(),
            other => Self::internal(other),
        }
    }
}

impl From<ChangeRefused> for ApiError {
    fn from(refused: ChangeRefused) -> Self {
        match refused {
            ChangeRefused::Invalid(error) => Self::invalid(error.to_string()),
            ChangeRefused::NotModifiable(why) => Self::new(ErrorCode::CampaignNotModifiable).detail(why),
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::AlreadyRedeemed => ErrorCode::CouponAlreadyRedeemed.into(),
            Refusal::Reserved => Self::new(ErrorCode::CouponReserved)
                .detail("another order holds it, until that order cancels or confirms it or its reservation lapses"),
            Refusal::NotReserved => Self::new(ErrorCode::CouponReserved).detail(
                "this order has not reserved it; reserve it first with POST /api/v1/coupons/{coupon_id}/redeem",
            ),
            Refusal::NotApplicable(why) => Self::new(ErrorCode::CouponNotApplicable).with("reason", why.as_str()),
        }
    }
}
