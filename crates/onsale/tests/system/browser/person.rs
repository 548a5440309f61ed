//! A visitor: a profile of its own, and an open page of it.

use super::{Browser, LOOK_EVERY};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;
use testkit::onsale::PATIENCE;

/// What a page is asked to tell.
const TOLD: [&str; 5] = ["Page", "Runtime", "Log", "Network", "Audits"];

/// The profile, which goes with its last page.
struct Profile {
    browser: &'static Browser,
    id: String,
}

impl Drop for Profile {
    fn drop(&mut self) {
        self.browser.pipe.say("Target.disposeBrowserContext", &json!({"browserContextId": self.id}));
    }
}

/// A visitor with one open page.
pub struct Person {
    pub(super) browser: &'static Browser,
    profile: Arc<Profile>,
    target: String,
    pub(super) session: String,
}

impl Person {
    pub(super) fn new(browser: &'static Browser, id: String) -> Self {
        Self::in_profile(browser, Arc::new(Profile { browser, id }))
    }

    fn in_profile(browser: &'static Browser, profile: Arc<Profile>) -> Self {
        let mut person = Self { browser, profile, target: String::new(), session: String::new() };
        person.open_page();
        person
    }

    /// Opens an empty page.
    pub fn open_page(&mut self) {
        let parameters = json!({"url": "about:blank", "browserContextId": self.profile.id});
        let target = self.browser.tell(None, "Target.createTarget", &parameters).expect("a page");
        self.target = target["targetId"].as_str().expect("an id").to_owned();
        let parameters = json!({"targetId": self.target, "flatten": true});
        let session = self.browser.tell(None, "Target.attachToTarget", &parameters).expect("a session");
        self.session = session["sessionId"].as_str().expect("an id").to_owned();
        self.browser.pipe.listen(&self.session);
        for domain in TOLD {
            self.tell(&format!("{domain}.enable"), json!({}));
        }
    }

    /// Another tab of the same browser.
    pub fn another_tab(&self) -> Self {
        Self::in_profile(self.browser, Arc::clone(&self.profile))
    }

    /// Closes the page; the browser keeps its cookies.
    pub fn close_page(&self) {
        self.browser.tell(None, "Target.closeTarget", &json!({"targetId": self.target})).expect("closed");
    }

    /// Sends a command to the page.
    #[track_caller]
    pub fn tell(&self, method: &str, parameters: Value) -> Value {
        self.browser.tell(Some(&self.session), method, &parameters).expect("the page does it")
    }

    /// Opens an address, as if typed.
    #[track_caller]
    pub fn go(&self, address: &str) {
        self.tell("Page.navigate", json!({ "url": address }));
    }

    /// Opens an address, and waits until everything of it is there.
    #[track_caller]
    pub fn open(&self, address: &str) {
        self.mark();
        self.go(address);
        self.until_arrived();
    }

    /// Reloads the page.
    pub fn reload(&self) {
        self.tell("Page.reload", json!({}));
    }

    /// Reloads the page, and waits until everything of it is there.
    #[track_caller]
    pub fn reload_whole(&self) {
        self.mark();
        self.reload();
        self.until_arrived();
    }

    /// Goes that far in the history, and waits until another page is shown.
    #[track_caller]
    pub fn history(&self, by: i64) {
        let history = self.tell("Page.getNavigationHistory", json!({}));
        let index = history["currentIndex"].as_i64().expect("an index") + by;
        let entry = usize::try_from(index).ok().map_or(Value::Null, |index| history["entries"][index]["id"].clone());
        assert!(entry.is_i64(), "there is no page {by} in {history}");
        self.mark();
        self.tell("Page.navigateToHistoryEntry", json!({ "entryId": entry }));
        self.until_arrived();
    }

    /// Marks the page that is shown now.
    pub(super) fn mark(&self) {
        self.value("window.isOfBefore = true; addEventListener('pagehide', () => { window.isOfBefore = false; }, { once: true }); 0");
    }

    /// Waits until another page is there than the marked one, with all that it loads. The browser may keep a page and show it
    /// again: so it loses its mark when it goes.
    #[track_caller]
    pub(super) fn until_arrived(&self) {
        self.until("!window.isOfBefore && document.readyState === 'complete' && location.href !== 'about:blank'");
    }

    /// The value of an expression; `None` during navigation. Promises are waited for.
    pub fn value(&self, expression: &str) -> Option<Value> {
        let parameters = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.browser.tell(Some(&self.session), "Runtime.evaluate", &parameters).ok()?;
        answer["exceptionDetails"].is_null().then(|| answer["result"]["value"].clone())
    }

    /// The text of an expression; empty when it is none.
    pub fn words(&self, expression: &str) -> String {
        self.value(expression).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// The text of an element.
    #[track_caller]
    pub fn text(&self, selector: &str) -> String {
        self.until_seen(selector);
        self.words(&format!("document.querySelector({selector:?}).textContent.trim()"))
    }

    /// Waits until an expression is true.
    #[track_caller]
    pub fn until(&self, expression: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.value(expression) != Some(true.into()) {
            if Instant::now() >= deadline {
                let seen = self.words("location.href + '\\n' + document.documentElement.outerHTML");
                panic!("waited in vain for {expression} on\n{seen}\n{:#?}", self.faults());
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Waits for something that is no expression of the page.
    #[track_caller]
    pub fn until_true(&self, what: &str, is_true: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_true(self) {
            assert!(Instant::now() < deadline, "waited in vain until {what}: {:#?}", self.requests());
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Waits for an element.
    #[track_caller]
    pub fn until_seen(&self, selector: &str) {
        self.until(&format!("!!document.querySelector({selector:?})"));
    }

    /// Waits for an element with that text in it.
    #[track_caller]
    pub fn until_text(&self, selector: &str, text: &str) {
        self.until(&format!("!!document.querySelector({selector:?})?.textContent.includes({text:?})"));
    }

    /// Waits until a page is in one of these states, and returns it.
    #[track_caller]
    pub fn until_state(&self, states: &[&str]) -> String {
        let list = json!(states);
        self.until(&format!("{list}.includes(document.querySelector('main')?.dataset.state)"));
        self.words("document.querySelector('main').dataset.state")
    }

    /// The number in an attribute of the page's body.
    #[track_caller]
    pub fn data(&self, name: &str) -> String {
        self.until("!!document.querySelector('main#wait')");
        let value = self.value(&format!("document.querySelector('main#wait').dataset[{name:?}]"));
        value.and_then(|value| value.as_str().map(str::to_owned)).expect("the attribute")
    }

    /// All cookies, including HttpOnly ones.
    pub fn cookies(&self) -> Vec<Value> {
        let answer = self.browser.tell(None, "Storage.getCookies", &json!({"browserContextId": self.profile.id}));
        answer.expect("cookies")["cookies"].as_array().cloned().unwrap_or_default()
    }

    /// Takes a cookie away, as if its time were over.
    pub fn delete_cookie(&self, name: &str) {
        let address = self.words("location.href");
        self.tell("Network.deleteCookies", json!({"name": name, "url": address}));
    }

    /// Sets cookies of another visitor.
    pub fn put_cookies(&self, cookies: &[Value]) {
        let parameters = json!({"cookies": cookies, "browserContextId": self.profile.id});
        self.browser.tell(None, "Storage.setCookies", &parameters).expect("set");
    }

    /// A picture of the page.
    pub fn picture(&self, file: &std::path::Path) {
        let answer = self.tell("Page.captureScreenshot", json!({"format": "png"}));
        let text = answer["data"].as_str().expect("a picture");
        std::fs::write(file.with_extension("base64"), text).expect("written");
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        self.browser.pipe.forget(&self.session);
    }
}
