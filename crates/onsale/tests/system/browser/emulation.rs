//! What a visitor's device is like: language, size, colours, clock, network, script.

use super::Person;
use serde_json::{Value, json};

/// The device's clock, off by some milliseconds from the start of each page; `performance.now()` goes on as ever.
const OTHER_CLOCK: &str = "{
  const Real = Date;
  window.Date = class extends Real {
    constructor(...given) { given.length ? super(...given) : super(Real.now() + OFF); }
    static now() { return Real.now() + OFF; }
  };
}";

impl Person {
    /// The language of the browser.
    pub fn speaks(&self, lang: &str) {
        self.tell("Network.setExtraHTTPHeaders", json!({"headers": {"Accept-Language": lang}}));
    }

    /// The size of the window.
    pub fn size(&self, width: u32, height: u32) {
        let parameters = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.tell("Emulation.setDeviceMetricsOverride", parameters);
    }

    /// What the device says of its user's wishes, such as `("prefers-color-scheme", "dark")`.
    pub fn media(&self, features: &[(&str, &str)]) {
        let features: Vec<Value> = features.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        self.tell("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// No script runs in pages from now on; what tests ask still does.
    pub fn without_script(&self) {
        self.tell("Emulation.setScriptExecutionDisabled", json!({"value": true}));
    }

    /// Runs a script at the start of each page from now on.
    pub fn before_pages(&self, script: &str) {
        self.tell("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script }));
    }

    /// The device's clock is wrong by so much.
    pub fn clock_off_by(&self, milliseconds: i64) {
        self.before_pages(&OTHER_CLOCK.replace("OFF", &format!("({milliseconds})")));
    }

    /// Holds up requests of that kind: each waits for [`paused`](Self::paused) and what is told then.
    pub fn hold_up(&self, pattern: &str) {
        self.tell("Fetch.enable", json!({"patterns": [{"urlPattern": pattern}]}));
    }

    /// The `number`th request that was held up, from 0: waits for it.
    #[track_caller]
    pub fn paused(&self, number: usize) -> Value {
        self.browser.pipe.wait_for(&self.session, "Fetch.requestPaused", number)
    }

    /// Lets a request go on that was held up.
    pub fn let_go(&self, paused: &Value) {
        self.tell("Fetch.continueRequest", json!({"requestId": paused["requestId"]}));
    }

    /// Answers a request that was held up.
    pub fn answer(&self, paused: &Value, status: u16, headers: &[(&str, &str)]) {
        let headers: Vec<Value> = headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        let parameters = json!({"requestId": paused["requestId"], "responseCode": status, "responseHeaders": headers});
        self.tell("Fetch.fulfillRequest", parameters);
    }
}
