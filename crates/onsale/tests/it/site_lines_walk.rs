//! Every field of a line's definition, changed while people meet the line: what they see changes (QUEUE-014).

use super::site_lines::{address, check, enter, entered, is_active, made, place};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use testkit::http::Reply;
use testkit::onsale::visitor::Visitor;
use testkit::onsale::{World, wait_until};

/// A line of the name of the field that a case is about.
struct Case<'a> {
    world: &'a World,
    name: String,
}

impl Case<'_> {
    fn new<'a>(world: &'a World, name: &str, fields: &Value) -> Case<'a> {
        let name = format!("walk-{name}");
        let mut definition = json!({"name": name, "ratePerSecond": 0});
        for (field, value) in fields.as_object().expect("fields") {
            definition[field] = value.clone();
        }
        made(&world.admin(), &definition);
        Case { world, name }
    }

    fn patch(&self, fields: &Value) -> Value {
        self.world.admin().patch(&address(&self.name), fields).ok()
    }

    fn entered(&self) -> Visitor {
        entered(self.world, &self.name)
    }

    fn active(&self, visitor: &Visitor) {
        wait_until("the visitor is admitted", || is_active(visitor, &self.name));
    }

    fn rank(&self, visitor: &Visitor) -> Value {
        place(visitor, &self.name).ok()["rank"].clone()
    }

    /// The check of a stranger's request.
    fn stranger(&self, original: &str) -> Reply {
        check(&Visitor::new(self.world), &self.name, original)
    }

    fn until_passes(&self, original: &str, passes: bool) {
        let wanted = if passes { 200 } else { 401 };
        wait_until("the check follows", || self.stranger(original).status == wanted);
        let reply = self.stranger(original);
        assert_eq!((reply.status, reply.header("set-cookie")), (wanted, None), "{original}");
    }

    fn state(&self) -> Value {
        self.world.anyone().get(&format!("/queue/serving/{}", self.name)).ok()["state"].clone()
    }
}

fn rate(world: &World) {
    let case = Case::new(world, "ratePerSecond", &json!({}));
    let visitor = case.entered();
    assert_eq!(case.rank(&visitor), 1);
    case.patch(&json!({"ratePerSecond": 100}));
    case.active(&visitor);
}

fn capacity(world: &World) {
    let case = Case::new(world, "capacity", &json!({"capacity": 1}));
    drop(case.entered());
    let late = Visitor::new(world);
    assert_eq!(enter(&late, &case.name).status, 503, "full");
    wait_until("everybody hears it", || case.state() == "PAUSED" || case.state() == "FULL");
    case.patch(&json!({"capacity": 2}));
    assert_eq!(enter(&late, &case.name).status, 200);
}

fn max_inside(world: &World) {
    let case = Case::new(world, "maxInside", &json!({"ratePerSecond": 1_000, "maxInside": 1}));
    let first = case.entered();
    case.active(&first);
    let second = case.entered();
    assert_eq!(case.rank(&second), 1, "no room");
    case.patch(&json!({"maxInside": 2}));
    case.active(&second);
}

fn token_ttl(world: &World) {
    let case = Case::new(world, "tokenTtlSeconds", &json!({"ratePerSecond": 1_000, "tokenTtlSeconds": 3_600}));
    let long = case.entered();
    case.active(&long);
    case.patch(&json!({"tokenTtlSeconds": 5, "maxInside": 0}));
    let short = case.entered();
    case.active(&short);
    wait_until("the pass runs out", || place(&short, &case.name).status == 404);
    assert!(is_active(&long, &case.name), "a pass that was given stays");
}

fn opens_at(world: &World) {
    let case = Case::new(world, "opensAt", &json!({"ratePerSecond": 1_000, "opensAt": "2999-01-01T00:00:00Z"}));
    let visitor = case.entered();
    assert_eq!((case.rank(&visitor), case.state()), (json!(1), json!("SCHEDULED")));
    let serving = world.anyone().get(&format!("/queue/serving/{}", case.name)).ok();
    assert_eq!(serving["opensAt"], "2999-01-01T00:00:00");
    case.patch(&json!({"opensAt": null}));
    case.active(&visitor);
}

fn closes_at(world: &World) {
    let case = Case::new(world, "closesAt", &json!({}));
    case.until_passes("/", false);
    case.patch(&json!({"closesAt": "2020-01-01T00:00:00Z"}));
    case.until_passes("/", true);
    wait_until("everybody hears it", || case.state() == "ENDED");
    case.patch(&json!({"closesAt": "2999-01-01T09:00:00+09:00"}));
    case.until_passes("/", false);
}

fn switch(world: &World) {
    let case = Case::new(world, "switch", &json!({}));
    let visitor = case.entered();
    case.patch(&json!({"switch": "off"}));
    case.until_passes("/cart", true);
    place(&visitor, &case.name).is_error(404, "NOT_FOUND");
    let page = visitor.get(&format!("/wait/{}?to=/cart%3Fa", case.name));
    assert_eq!((page.status, page.header("location")), (303, Some("/cart?a")), "who waits goes on");
    case.patch(&json!({"switch": "on"}));
    case.until_passes("/cart", false);
    assert_eq!(case.rank(&visitor), 1, "the position was kept");
}

fn on_above_inside(world: &World) {
    let fields = json!({"switch": "auto", "onAboveInside": 2, "tokenTtlSeconds": 3_600});
    let case = Case::new(world, "onAboveInside", &fields);
    for _ in 0..3 {
        case.active(&case.entered());
    }
    let fourth = case.entered();
    assert_eq!(case.rank(&fourth), 1, "more than two are inside");
    // The same scheduler lets others in meanwhile.
    let other = Case::new(world, "onAboveInside-other", &json!({"ratePerSecond": 1_000}));
    other.active(&other.entered());
    assert_eq!(case.rank(&fourth), 1);
    case.patch(&json!({"onAboveInside": 5}));
    case.active(&fourth);
}

/// What places do with it is tested with the places.
fn challenge(world: &World) {
    let case = Case::new(world, "challenge", &json!({"challenge": "none"}));
    assert_eq!(case.patch(&json!({"challenge": "account"}))["challenge"], "account");
    assert_eq!(case.patch(&json!({"challenge": null}))["challenge"], "none");
}

/// As [`challenge`].
fn positions_per_network(world: &World) {
    let case = Case::new(world, "positionsPerNetwork", &json!({}));
    assert_eq!(case.patch(&json!({"positionsPerNetwork": 7}))["positionsPerNetwork"], 7);
    assert_eq!(case.patch(&json!({"positionsPerNetwork": null}))["positionsPerNetwork"], 0);
}

fn exceptions(world: &World) {
    let case = Case::new(world, "exceptions", &json!({}));
    case.until_passes("/api/a", false);
    case.patch(&json!({"exceptions": [{"path": "/api/*"}]}));
    case.until_passes("/api/a", true);
    for other in ["/cart", "/api/../cart", "/api/%2e%2e/cart", "/api//a"] {
        assert_eq!(case.stranger(other).status, 401, "{other}");
    }
    case.patch(&json!({"exceptions": [{"network": "127.0.0.0/8"}]}));
    case.until_passes("/cart", true);
    case.patch(&json!({"exceptions": [{"network": "203.0.113.0/24"}, {"agent": "chrome/142"}]}));
    case.until_passes("/cart", true);
    case.patch(&json!({"exceptions": [{"agent": "ExampleMonitor"}]}));
    case.until_passes("/cart", false);
    signed_link(&case);
}

fn signed_link(case: &Case<'_>) {
    let sign = |body: &Value| case.world.admin().post_json(&format!("{}/links", address(&case.name)), body);
    let wanted = json!({"to": "/vip?a=b", "seconds": 3_600});
    sign(&wanted).is_error(400, "INVALID_INPUT");
    case.patch(&json!({"exceptions": [{"signedLink": true}]}));
    for bad in [json!({"seconds": 0}), json!({"seconds": 2_592_001}), json!({"to": "//evil", "seconds": 1}), json!({})]
    {
        sign(&bad).is_error(400, "INVALID_INPUT");
    }
    let link = sign(&wanted).ok();
    let to = link["link"].as_str().expect("a link");
    assert!(to.starts_with("/vip?a=b&onsale_link=") && to.ends_with(link["token"].as_str().expect("a token")), "{to}");
    let guest = Visitor::new(case.world);
    wait_until("the check follows", || check(&guest, &case.name, to).status == 200);
    assert_eq!(check(&guest, &case.name, "/style.css").status, 200, "the next requests have no parameter");
    let forged = format!("{to}0");
    assert_eq!(case.stranger(&forged).status, 401);
    let short = sign(&json!({"seconds": 1})).ok();
    let (hasty, to) = (Visitor::new(case.world), short["link"].as_str().expect("a link"));
    wait_until("the link runs out", || check(&hasty, &case.name, to).status == 401);
    case.patch(&json!({"exceptions": []}));
    wait_until("links are called back", || check(&guest, &case.name, "/style.css").status == 401);
}

fn look(world: &World) {
    let case = Case::new(world, "look", &json!({}));
    assert_eq!(case.patch(&json!({"look": "acme"}))["look"], "acme");
    assert_eq!(case.patch(&json!({"look": null}))["look"], Value::Null);
}

/// A line keeps its name.
fn name(world: &World) {
    let case = Case::new(world, "name", &json!({}));
    assert_eq!(case.patch(&json!({"name": "another"}))["name"], case.name);
    world.admin().get(&address("another")).is_error(404, "NOT_FOUND");
}

/// A field, and what shows its effect.
type FieldCase = (&'static str, fn(&World));

#[test]
fn every_field_has_an_effect_that_people_see() {
    let world = World::new();
    let cases: [FieldCase; 13] = [
        ("name", name),
        ("ratePerSecond", rate),
        ("capacity", capacity),
        ("maxInside", max_inside),
        ("tokenTtlSeconds", token_ttl),
        ("opensAt", opens_at),
        ("closesAt", closes_at),
        ("switch", switch),
        ("onAboveInside", on_above_inside),
        ("challenge", challenge),
        ("positionsPerNetwork", positions_per_network),
        ("exceptions", exceptions),
        ("look", look),
    ];
    let document = world.anyone().get("/openapi.json").ok();
    let fields = document["components"]["schemas"]["LineFields"]["properties"].as_object().expect("the fields").clone();
    let documented: BTreeSet<&str> = fields.keys().map(String::as_str).collect();
    assert_eq!(documented, cases.iter().map(|(field, _)| *field).collect(), "a field without a case");
    for (_, case) in cases {
        case(&world);
    }
}
