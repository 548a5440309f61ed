//! Calls generated from the API document: whatever a schema allows, and much that it does not, is answered as documented
//! and never with an error of the server.

use super::site_lines::made;
use serde_json::{Map, Value, json};
use testkit::http::Client;
use testkit::onsale::World;

/// Calls of each operation.
const CALLS: u32 = 120;

/// Random numbers that are the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn one<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.roll(all.len() as u64) as usize]
    }
}

const TEXTS: [&str; 14] = [
    "",
    "a",
    "shop",
    "queue:shop",
    "gate:shop",
    "gate:a~b",
    "lines",
    "stats",
    "..",
    "한글",
    "a b",
    "%00",
    "\u{0}\"\\\n",
    "2090-12-01T20:00:00+09:00",
];

fn numbers(dice: &mut Dice) -> Value {
    dice.one(&[
        json!(0),
        json!(1),
        json!(7),
        json!(-1),
        json!(1_000_001),
        json!(u32::MAX),
        json!(u64::MAX),
        json!(1.5),
        json!(1e300),
    ])
    .clone()
}

fn text(dice: &mut Dice) -> Value {
    match dice.roll(12) {
        0 => json!("x".repeat(5_000)),
        1 => json!("가".repeat(201)),
        _ => json!(dice.one(&TEXTS)),
    }
}

/// Something that a schema may or may not allow.
fn anything(dice: &mut Dice, depth: u32) -> Value {
    match dice.roll(if depth == 0 { 5 } else { 7 }) {
        0 => Value::Null,
        1 => json!(dice.roll(2) == 0),
        2 => numbers(dice),
        3 | 4 => text(dice),
        5 => (0..dice.roll(4)).map(|_| anything(dice, depth - 1)).collect(),
        _ => (0..dice.roll(4))
            .map(|_| ((*dice.one(&TEXTS)).to_owned(), anything(dice, depth - 1)))
            .collect::<Map<_, _>>()
            .into(),
    }
}

/// A value of a schema; now and then another.
fn value_of(document: &Value, schema: &Value, dice: &mut Dice, depth: u32) -> Value {
    if depth == 0 || dice.roll(12) == 0 {
        return anything(dice, 2);
    }
    if let Some(name) = schema["$ref"].as_str() {
        let found = name.trim_start_matches('#');
        return value_of(document, document.pointer(found).unwrap_or(&Value::Null), dice, depth - 1);
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        if let Some(all) = schema[choice].as_array() {
            return value_of(document, dice.one(all), dice, depth - 1);
        }
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => kind.as_str().into_iter().collect(),
    };
    if kinds.is_empty() {
        return anything(dice, 2);
    }
    match *dice.one(&kinds) {
        "object" => {
            let mut object = Map::new();
            for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
                if dice.roll(3) > 0 {
                    object.insert(name.clone(), value_of(document, schema, dice, depth - 1));
                }
            }
            object.into()
        }
        "array" => (0..dice.roll(4)).map(|_| value_of(document, &schema["items"], dice, depth - 1)).collect(),
        "integer" | "number" => numbers(dice),
        "boolean" => json!(dice.roll(2) == 0),
        "null" => Value::Null,
        _ => match schema["pattern"].as_str() {
            Some(words) if words.contains('|') => json!(dice.one(&words.split('|').collect::<Vec<_>>())),
            _ => text(dice),
        },
    }
}

/// Escapes all but what stands in an address as it is.
fn escaped(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~:".contains(byte);
    text.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// An address of an operation: names in the path, and some of the parameters behind it.
fn address_of(path: &str, operation: &Value, dice: &mut Dice) -> String {
    let text_of = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let parts = path.split('/').map(|part| match part.starts_with('{') {
        false => part.to_owned(),
        true if dice.roll(3) > 0 => (*dice.one(&["shop", "queue:shop", "gate:shop"])).to_owned(),
        true => escaped(&text_of(text(dice))),
    });
    let mut address = parts.collect::<Vec<_>>().join("/");
    let mut separator = '?';
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        if parameter["in"] == "query" && dice.roll(2) == 0 {
            let value = value_of(&Value::Null, &parameter["schema"], dice, 2);
            let name = parameter["name"].as_str().expect("a name");
            address.push_str(&format!("{separator}{name}={}", escaped(&text_of(value))));
            separator = '&';
        }
    }
    address
}

/// Statuses that any route may answer by its head or by its body's form.
const EVERYWHERE: [u64; 6] = [400, 404, 405, 413, 414, 415];

fn call_often(client: &Client, document: &Value, path: &str, method: &str, dice: &mut Dice) {
    let operation = &document["paths"][path][method];
    let schema = operation.pointer("/requestBody/content/application~1json/schema");
    for _ in 0..CALLS {
        let address = address_of(path, operation, dice);
        let body = schema.filter(|_| dice.roll(20) > 0).map(|schema| value_of(document, schema, dice, 8).to_string());
        let reply = client.call(&method.to_uppercase(), &address, body.as_ref().map(String::as_bytes));
        let status = u64::from(reply.status);
        let shown = || format!("{method} {address} {}: {status} {}", body.clone().unwrap_or_default(), reply.text());
        let is_documented = operation["responses"][status.to_string()].is_object() || EVERYWHERE.contains(&status);
        assert!(status < 500 && is_documented, "{}", shown());
        if status >= 400 {
            assert!(reply.json()["code"].is_string(), "{}", shown());
        }
    }
}

#[test]
fn generated_calls_of_lines_are_answered_as_documented() {
    let world = World::new();
    let admin = world.admin();
    let document = world.anyone().get("/openapi.json").ok();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut operations = 0;
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let is_of_lines = path.starts_with("/queue/admin") || path.starts_with("/queue/serving");
        for method in methods.as_object().expect("methods").keys().filter(|_| is_of_lines) {
            // It may have been ended, or set to anything.
            admin.call("DELETE", "/queue/admin/lines/shop", None);
            made(&admin, &json!({"name": "shop"}));
            call_often(&admin, &document, path, method, &mut dice);
            operations += 1;
        }
    }
    assert!(operations >= 13, "{operations} operations");
}
