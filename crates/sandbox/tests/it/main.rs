//! The sandbox as its callers see it: over HTTP and SMTP, with its books on a disk.

mod crash;
mod faults;
mod identities;
mod mail;
mod oauth;
mod payments;
mod recaptcha;
mod refunds;
mod support;
mod webhooks;
mod windows;
