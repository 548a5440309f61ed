//! What pages know of the configuration.

use super::sandbox::SandboxPlace;
use super::tickets;
use crate::config::Config;
use access::SessionCookies;
use pages::{DraftKey, Settings};

/// What the key of unfinished sign-ups is derived for.
const DRAFT_PURPOSE: &str = "sign-up drafts v1";

/// The settings of pages; the sandbox stands in where the configuration names nothing.
///
/// # Errors
/// When the zone of days is not known.
pub(super) fn of(
    config: &Config,
    public_url: &str,
    sandbox: Option<&SandboxPlace>,
    cookies: &SessionCookies,
) -> anyhow::Result<Settings> {
    let user = &config.user;
    let providers =
        [("kakao", &user.oauth.kakao), ("naver", &user.oauth.naver), ("google", &user.oauth.google)].into_iter();
    let social_providers =
        providers.filter(|(_, provider)| !provider.client_id.is_empty()).map(|(name, _)| name.to_owned()).collect();
    let settings = Settings {
        public_url: public_url.to_owned(),
        payment_sdk_url: config.payment.portone.sdk_url.clone(),
        identity_sdk_url: user.portone.sdk_url.clone(),
        identity_store_id: user.portone.store_id.clone(),
        identity_channel_key: user.portone.channel_key.clone(),
        email_must_be_proved: user.email_verification_required,
        draft_key: DraftKey(cookies.key_for(DRAFT_PURPOSE)),
        recaptcha_script_url: user.recaptcha.script_url.clone(),
        recaptcha_site_key: user.recaptcha.site_key.clone(),
        social_providers,
        hold_extend_seconds: config.reservation.hold_extend_seconds,
        seats_max: u32::from(config.reservation.max_seats),
        day_zone: tickets::day_zone(config)?,
        has_looks: true,
        ..Settings::default()
    };
    Ok(match sandbox {
        Some(sandbox) => sandbox.stand_in_for_windows(settings),
        None => settings,
    })
}
