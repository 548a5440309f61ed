//! Mouse and keyboard, as the browser gets them from a person.

use super::Person;
use serde_json::{Value, json};

/// Keys that are no letters: name, code of the old kind, and the text that they make.
const KEYS: [(&str, u32, &str); 14] = [
    ("Tab", 9, ""),
    ("Enter", 13, "\r"),
    ("Escape", 27, ""),
    (" ", 32, " "),
    ("PageUp", 33, ""),
    ("PageDown", 34, ""),
    ("End", 35, ""),
    ("Home", 36, ""),
    ("ArrowLeft", 37, ""),
    ("ArrowUp", 38, ""),
    ("ArrowRight", 39, ""),
    ("ArrowDown", 40, ""),
    ("n", 78, "n"),
    ("l", 76, "l"),
];
/// Longer than the way through any page.
const TABS_MAX: usize = 200;
/// The middle of an element that a mouse reaches there; otherwise nothing.
const MIDDLE: &str = "(() => {
  const element = document.querySelector(SELECTOR);
  if (!element) return null;
  element.scrollIntoView({ block: 'center', behavior: 'instant' });
  const box = element.getBoundingClientRect();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const there = document.elementFromPoint(x, y);
  return box.width > 0 && there && (element.contains(there) || there.control === element) ? [x, y] : null;
})()";

impl Person {
    /// The place of an element, once it is there and nothing covers it.
    #[track_caller]
    fn place(&self, selector: &str) -> (f64, f64) {
        let middle = MIDDLE.replace("SELECTOR", &format!("{selector:?}"));
        self.until(&format!("{middle} !== null"));
        let place = self.value(&middle).expect("a place");
        (place[0].as_f64().expect("a number"), place[1].as_f64().expect("a number"))
    }

    fn mouse(&self, kind: &str, (x, y): (f64, f64), count: u32) {
        let parameters = json!({"type": kind, "x": x, "y": y, "button": "left", "clickCount": count});
        self.tell("Input.dispatchMouseEvent", parameters);
    }

    /// Presses an element with the mouse.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        let place = self.place(selector);
        self.mouse("mousePressed", place, 1);
        self.mouse("mouseReleased", place, 1);
    }

    /// Presses an element twice, as fast as a mouse can.
    #[track_caller]
    pub fn click_twice(&self, selector: &str) {
        let place = self.place(selector);
        for count in [1, 2] {
            self.mouse("mousePressed", place, count);
            self.mouse("mouseReleased", place, count);
        }
    }

    /// Presses an element that leads to another page, and waits for that.
    #[track_caller]
    pub fn follow(&self, selector: &str) {
        self.mark();
        self.click(selector);
        self.until_arrived();
    }

    /// As [`follow`](Self::follow), with the double click of somebody who is used to it.
    #[track_caller]
    pub fn follow_twice(&self, selector: &str) {
        self.mark();
        self.click_twice(selector);
        self.until_arrived();
    }

    /// Writes into a field that is empty, or whose text is to be another.
    #[track_caller]
    pub fn fill(&self, selector: &str, text: &str) {
        self.until_seen(selector);
        self.value(&format!(
            "(() => {{ const f = document.querySelector({selector:?}); f.focus(); f.select?.(); }})()"
        ));
        self.type_text(text);
    }

    /// Types where the focus is.
    pub fn type_text(&self, text: &str) {
        self.tell("Input.insertText", json!({ "text": text }));
    }

    /// Presses a key.
    #[track_caller]
    pub fn key(&self, key: &str) {
        let (_, code, text) = KEYS.iter().find(|(name, ..)| *name == key).expect("a key of the table");
        let mut down = json!({"type": if text.is_empty() { "rawKeyDown" } else { "keyDown" }, "key": key,
            "windowsVirtualKeyCode": code});
        if !text.is_empty() {
            down["text"] = json!(text);
        }
        self.tell("Input.dispatchKeyEvent", down);
        self.tell("Input.dispatchKeyEvent", json!({"type": "keyUp", "key": key, "windowsVirtualKeyCode": code}));
    }

    /// Presses a key that leads to another page, and waits for that.
    #[track_caller]
    pub fn key_follow(&self, key: &str) {
        self.mark();
        self.key(key);
        self.until_arrived();
    }

    /// What has the focus: tag, id and name.
    pub fn focus(&self) -> String {
        self.words(
            "(() => { const a = document.activeElement; return a.tagName + '#' + a.id + ' ' + (a.getAttribute('aria-label') || \
             a.textContent || '').trim().slice(0, 60); })()",
        )
    }

    /// Presses Tab until the focus is there, and demands that it can be seen.
    #[track_caller]
    pub fn tab_to(&self, selector: &str) {
        self.until_seen(selector);
        let mut way = Vec::new();
        for _ in 0..TABS_MAX {
            if self.value(&format!("document.activeElement.matches({selector:?})")) == Some(true.into()) {
                let seen = self.value(
                    "(() => { const a = document.activeElement, s = getComputedStyle(a); return a.matches(':focus-visible') && \
                     (s.outlineStyle !== 'none' || s.boxShadow !== 'none' || a.tagName.toLowerCase() === 'a' && !!a.querySelector('polygon')); })()",
                );
                assert_eq!(seen, Some(Value::Bool(true)), "the focus on {} is not seen", self.focus());
                return;
            }
            self.key("Tab");
            way.push(self.focus());
        }
        panic!("no way by Tab to {selector} in {}: {way:#?}", self.words("location.pathname"));
    }
}
