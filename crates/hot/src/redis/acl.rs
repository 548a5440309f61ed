//! Which commands and keys this program needs on Redis, and which of them its user may not use. Nothing is carried out:
//! Redis itself is asked what it would allow.

use redis::Value;

/// A key of a campaign that there cannot be: its name has a letter that events' names do not have.
const PROBE: &str = "coupon:{onsale doctor}:policy";

/// The commands that the scripts and this crate send, each with arguments by which Redis finds the key.
const COMMANDS: &[&[&str]] = &[
    &["GET", PROBE],
    &["SET", PROBE, "1"],
    &["DEL", PROBE],
    &["UNLINK", PROBE],
    &["EXISTS", PROBE],
    &["INCR", PROBE],
    &["INCRBY", PROBE, "1"],
    &["DECRBY", PROBE, "1"],
    &["APPEND", PROBE, "1"],
    &["GETRANGE", PROBE, "0", "1"],
    &["STRLEN", PROBE],
    &["PERSIST", PROBE],
    &["PEXPIRE", PROBE, "1"],
    &["PEXPIREAT", PROBE, "1"],
    &["PTTL", PROBE],
    &["HSET", PROBE, "a", "1"],
    &["HGET", PROBE, "a"],
    &["HMGET", PROBE, "a"],
    &["HGETALL", PROBE],
    &["HKEYS", PROBE],
    &["HDEL", PROBE, "a"],
    &["HINCRBY", PROBE, "a", "1"],
    &["HLEN", PROBE],
    &["HSCAN", PROBE, "0"],
    &["SADD", PROBE, "a"],
    &["SMEMBERS", PROBE],
    &["SREM", PROBE, "a"],
    &["ZADD", PROBE, "1", "a"],
    &["ZCARD", PROBE],
    &["ZCOUNT", PROBE, "0", "1"],
    &["ZRANK", PROBE, "a"],
    &["ZSCORE", PROBE, "a"],
    &["ZRANGE", PROBE, "0", "1"],
    &["ZRANGEBYSCORE", PROBE, "0", "1"],
    &["ZREVRANGEBYSCORE", PROBE, "1", "0"],
    &["ZREM", PROBE, "a"],
    &["ZREMRANGEBYRANK", PROBE, "0", "1"],
    &["ZREMRANGEBYSCORE", PROBE, "0", "1"],
    &["ZUNIONSTORE", PROBE, "1", PROBE],
    &["RPUSH", PROBE, "a"],
    &["LRANGE", PROBE, "0", "1"],
    &["LREM", PROBE, "0", "a"],
    &["LTRIM", PROBE, "0", "1"],
    &["XADD", PROBE, "*", "a", "1"],
    &["XDEL", PROBE, "0-1"],
    &["XLEN", PROBE],
    &["XRANGE", PROBE, "-", "+"],
    &["EVALSHA", "0000000000000000000000000000000000000000", "1", PROBE],
    &["INFO", "server"],
    &["TIME"],
    &["WAIT", "1", "1"],
];

/// The families of keys: the pattern of each in an access list, with one of its keys.
const KEYS: &[(&str, &str)] = &[
    ("~coupon:*", PROBE),
    ("~rate:*", "rate:{onsale doctor}"),
    ("~lease:*", "lease:onsale doctor"),
    ("~gate:*", "gate:line:{onsale doctor}"),
    ("~queue:*", "queue:line:{onsale doctor}"),
    ("~line:*", "line:onsale doctor"),
    // Of the roles about people and of the catalog.
    ("~token:*", "token:onsale doctor"),
    ("~oauth:*", "oauth:onsale doctor"),
    ("~email:*", "email:onsale doctor"),
    ("~cache:*", "cache:onsale doctor"),
    // Of reservations.
    ("~seat:*", "seat:book:{onsale doctor}"),
    ("~hold_seats:*", "hold_seats:{onsale doctor}"),
    ("~schedule:*", "schedule:onsale doctor"),
];

/// Returns the indices (from 0) of the commands that the user may not run. `redis.acl_check_cmd` came with Redis 7.0; an
/// older Redis is recognized by its version.
pub(super) const SCRIPT: &str = "
local lacking = {}
if not redis.acl_check_cmd then return lacking end
local at, place = 1, 0
while ARGV[at] do
    local count = tonumber(ARGV[at])
    local words = {}
    for i = 1, count do words[i] = ARGV[at + i] end
    local known, allowed = pcall(redis.acl_check_cmd, unpack(words))
    if not known or not allowed then lacking[#lacking + 1] = place end
    at, place = at + count + 1, place + 1
end
return lacking";

fn questions() -> impl Iterator<Item = Vec<&'static str>> {
    let reads = KEYS.iter().map(|(_, key)| vec!["GET", key]);
    COMMANDS.iter().map(|words| words.to_vec()).chain(reads)
}

/// The arguments of the script.
pub(super) fn arguments() -> Vec<String> {
    let each = |words: Vec<&str>| {
        let count = words.len().to_string();
        std::iter::once(count).chain(words.into_iter().map(str::to_owned)).collect::<Vec<_>>()
    };
    questions().flat_map(each).collect()
}

/// The rights that the user lacks, as its access list names them, read from the reply of the script.
pub(super) fn lacking(answer: Value) -> Vec<String> {
    let places: Vec<usize> = redis::from_redis_value(answer).unwrap_or_default();
    let is_lacking = |place: usize| places.contains(&place);
    let is_keyed = |words: &[&str]| words.contains(&PROBE);
    let keyed = || COMMANDS.iter().enumerate().filter(|(_, words)| is_keyed(words));
    // Where nothing at all may be done to a key, it is the key that is out of bounds.
    let no_key = keyed().all(|(place, _)| is_lacking(place));
    let mut lacking = Vec::new();
    for (place, words) in COMMANDS.iter().enumerate() {
        if is_lacking(place) && !(no_key && is_keyed(words)) {
            lacking.push(format!("+{}", words[0].to_lowercase()));
        }
    }
    let may_read = !is_lacking(0);
    for (place, (family, key)) in KEYS.iter().enumerate() {
        let out_of_bounds = if *key == PROBE { no_key } else { may_read && is_lacking(COMMANDS.len() + place) };
        if out_of_bounds {
            lacking.push((*family).to_owned());
        }
    }
    lacking
}

/// As [`lacking`], without what a server can do without while it decides: it asks for the time, for replicas and for the
/// version to judge them, and sessions, caches and seats are not what coupons and lines are decided by (an access list from
/// before there were seats must not stop them).
pub(super) fn lacking_to_decide(answer: Value) -> Vec<String> {
    const SPARED: [&str; 13] = [
        "+time",
        "+wait",
        "+info",
        "+pttl",
        "+hgetall",
        "+hkeys",
        "~token:*",
        "~oauth:*",
        "~email:*",
        "~cache:*",
        "~seat:*",
        "~hold_seats:*",
        "~schedule:*",
    ];
    lacking(answer).into_iter().filter(|right| !SPARED.contains(&right.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_of_the_scripts_is_asked_for() {
        let known: Vec<&str> = COMMANDS.iter().map(|words| words[0]).collect();
        for script in super::super::scripts::ALL {
            // A script bears that it may not publish.
            let text = script.text.replace("redis.pcall('PUBLISH'", "");
            for call in text.split("call('").skip(1) {
                let command = call.split('\'').next().unwrap_or_default();
                assert!(known.contains(&command), "{}: {command} is not asked for", script.name);
            }
        }
    }

    #[test]
    fn a_key_out_of_bounds_is_told_from_a_command() {
        let answer = |places: &[usize]| Value::Array(places.iter().map(|place| Value::Int(*place as i64)).collect());
        assert_eq!(lacking(answer(&[])), Vec::<String>::new());
        let xadd = COMMANDS.iter().position(|words| words[0] == "XADD").expect("there");
        assert_eq!(lacking(answer(&[xadd, COMMANDS.len() - 1, COMMANDS.len() + 1])), ["+xadd", "+wait", "~rate:*"]);
        let keyed = (0..COMMANDS.len()).filter(|index| COMMANDS[*index].contains(&PROBE));
        let keyed: Vec<usize> = keyed.chain([COMMANDS.len()]).collect();
        assert_eq!(lacking(answer(&keyed)), ["~coupon:*"]);
        let only_get: Vec<usize> = std::iter::once(0).chain(COMMANDS.len()..COMMANDS.len() + KEYS.len()).collect();
        assert_eq!(lacking(answer(&only_get)), ["+get"], "a user without any read right shows nothing about keys");
    }
}
