//! The fields of a line.

use super::super::fields::{Kind, Spec};

/// Most people of a number of people.
const PEOPLE_MAX: u64 = 10_000_000;
/// Most people let in a second.
pub(super) const RATE_MAX: u64 = 1_000_000;

const SWITCH: Kind = Kind::Choice(&[
    ("on", "console-field-switch-on"),
    ("auto", "console-field-switch-auto"),
    ("off", "console-field-switch-off"),
]);
const CHALLENGE: Kind = Kind::Choice(&[
    ("none", "console-field-challenge-none"),
    ("pow", "console-field-challenge-pow"),
    ("recaptcha", "console-field-challenge-recaptcha"),
    ("account", "console-field-challenge-account"),
]);
const CHALLENGE_OF_NEW: Kind = Kind::Choice(&[
    ("", "console-field-as-configured"),
    ("none", "console-field-challenge-none"),
    ("pow", "console-field-challenge-pow"),
    ("recaptcha", "console-field-challenge-recaptcha"),
    ("account", "console-field-challenge-account"),
]);

const CAPACITY: Spec = Spec::new("capacity", Kind::Number(1, PEOPLE_MAX));
const INSIDE: Spec = Spec::new("maxInside", Kind::Number(0, PEOPLE_MAX));
const PASS: Spec = Spec::new("tokenTtlSeconds", Kind::Number(1, 86_400));
const ABOVE: Spec = Spec::new("onAboveInside", Kind::Number(0, PEOPLE_MAX)).may_go();
const NETWORK: Spec = Spec::new("positionsPerNetwork", Kind::Number(0, PEOPLE_MAX)).may_go();
const EXCEPTIONS: Spec = Spec::new("exceptions", Kind::Exceptions);
const LOOK: Spec = Spec::new("look", Kind::Text(128)).may_go();

/// When it opens and ends.
pub(super) const SCHEDULE: [Spec; 2] =
    [Spec::new("opensAt", Kind::Moment).may_go(), Spec::new("closesAt", Kind::Moment).may_go()];

/// A new line's.
pub(super) const NEW: [Spec; 12] = [
    Spec::new("name", Kind::Text(64)).needed(),
    Spec::new("ratePerSecond", Kind::Number(0, RATE_MAX)),
    SCHEDULE[0],
    SCHEDULE[1],
    CAPACITY,
    INSIDE,
    PASS,
    Spec::new("switch", SWITCH),
    ABOVE,
    Spec::new("challenge", CHALLENGE_OF_NEW),
    NETWORK,
    EXCEPTIONS,
];

/// What can be changed of a site's line, beside its rate and its times.
pub(super) const SITE: [Spec; 9] = [
    CAPACITY,
    INSIDE,
    PASS,
    Spec::new("switch", SWITCH),
    ABOVE,
    Spec::new("challenge", CHALLENGE),
    NETWORK,
    EXCEPTIONS,
    LOOK,
];

/// What can be changed of the line of a schedule or a campaign.
pub(super) const OTHER: [Spec; 2] = [CAPACITY, Spec::new("challenge", CHALLENGE)];
