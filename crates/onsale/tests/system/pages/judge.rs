//! Looks at a page as people meet it who see little, point badly, or wish for less: axe in both colour schemes, 320 px, wide
//! spacing, forced colours, no motion. Findings are words; none is good.

use crate::browser::Person;
use serde_json::Value;
use std::sync::OnceLock;
use testkit::{available, tools};

const RUN: &str = "axe.run(document, { preload: false, resultTypes: ['violations'], RULES }).then((found) => found.violations.map((one) =>
  `${one.id}: ${one.nodes.map((node) => `${node.target} ${node.any[0]?.message ?? node.all[0]?.message ?? ''}`).slice(0, 3).join(' | ')}`))";
const ALL: &str = "runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']";
const COLOURS: &str = "runOnly: ['color-contrast', 'link-in-text-block']";
/// What stands out of the page to the right, other than in a box that scrolls by itself.
const TOO_WIDE: &str = "(() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const wide = [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > width + 1);
  return [`${document.documentElement.scrollWidth} px wide: ` + wide.slice(-3).map((one) => `${one.tagName}#${one.id}.${one.className}`).join(' ')];
})()";
/// The spacing that WCAG 1.4.12 lets people choose.
const SPACED: &str = "(() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; } p { margin-bottom: 2em !important; }');
  document.adoptedStyleSheets = [sheet];
})()";
const ONE_HEADING: &str = "(() => {
  const count = [...document.querySelectorAll('h1')].filter((one) => one.checkVisibility()).length;
  const found = count === 1 ? [] : [`${count} first headings`];
  if (!document.title.trim()) found.push('no title');
  if (!document.querySelector('main')?.dataset.state && !document.getElementById('challenge')) found.push('no data-state');
  return found;
})()";
/// Waits for what a script has set in motion for a moment before people asked for no motion.
const SETTLED: &str = "Promise.allSettled(document.getAnimations().filter((one) => !one.animationName && !one.transitionProperty && one.effect.getComputedTiming().endTime <= 1000).map((one) => one.finished)).then(() => 0)";
/// What still moves, and what cannot be told from its ground, where people asked for neither.
const STILL_MOVES: &str = "document.getAnimations().filter((one) => one.playState === 'running').map((one) => `moves: ${one.animationName ?? one.transitionProperty ?? 'script'}`)";
const FORCED: &str =
    "[...document.querySelectorAll('a.button, button')].filter((one) => one.checkVisibility()).filter((one) => {
  const style = getComputedStyle(one);
  return style.color === style.backgroundColor;
}).slice(0, 3).map((one) => `cannot be read in forced colours: ${one.textContent.trim()}`)";

/// The script of axe; none where it cannot be had.
pub fn axe() -> Option<&'static str> {
    static AXE: OnceLock<Option<String>> = OnceLock::new();
    let script = AXE.get_or_init(|| {
        let file = available(tools::axe())?;
        Some(std::fs::read_to_string(file).expect("axe can be read"))
    });
    script.as_deref()
}

fn list(person: &Person, expression: &str) -> Vec<String> {
    match person.value(expression) {
        Some(Value::Array(found)) => found.iter().map(|one| one.as_str().unwrap_or_default().to_owned()).collect(),
        other => vec![format!("cannot be looked at: {other:?}")],
    }
}

/// Everything that is wrong with the page that is shown. `axe` may be missing; the rest is looked at.
pub fn findings(person: &Person, axe: Option<&str>) -> Vec<String> {
    let mut found = list(person, ONE_HEADING);
    if let Some(axe) = axe {
        person.value(&format!("window.axe ?? (() => {{ {axe} }})(); 0"));
        person.media(&[("prefers-color-scheme", "light")]);
        found.extend(list(person, &RUN.replace("RULES", ALL)).into_iter().map(|one| format!("light: {one}")));
        // Another scheme changes colours alone.
        person.media(&[("prefers-color-scheme", "dark")]);
        found.extend(list(person, &RUN.replace("RULES", COLOURS)).into_iter().map(|one| format!("dark: {one}")));
    }
    person.media(&[("prefers-reduced-motion", "reduce"), ("forced-colors", "active")]);
    person.value(SETTLED);
    found.extend(list(person, FORCED));
    found.extend(list(person, STILL_MOVES));
    person.media(&[]);
    person.size(320, 640);
    found.extend(list(person, TOO_WIDE).into_iter().map(|one| format!("at 320 px: {one}")));
    person.value(SPACED);
    found.extend(list(person, TOO_WIDE).into_iter().map(|one| format!("spaced: {one}")));
    person.value("document.adoptedStyleSheets = []");
    person.size(1280, 800);
    found
}
