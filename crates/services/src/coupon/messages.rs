//! What the coupon service hears: that a coupon was taken back. The caller's own request has told the hot state
//! already, unless the process died in between; the message makes sure.

use bus::{HandleError, Handler, Message};
