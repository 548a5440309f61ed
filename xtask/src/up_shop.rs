//! The roles of `cargo xtask up` that sell tickets, and the gateway before all roles: their addresses, keys and secrets. Roles
//! call each other in a circle, so every address is known before the first of them starts.

use crate::up::kept;
use crate::up_programs::port;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use testkit::Kit;
use uuid::Uuid;

/// Roles with one server each.
pub const SINGLE: [&str; 4] = ["user", "catalog", "reservation", "payment"];
/// Roles that call others, each by a key of its own.
const CALLERS: [&str; 8] = ["gateway", "user", "catalog", "queue", "reservation", "payment", "gate", "issuer"];
/// Servers of a role that keeps no state, or all of it elsewhere: two, so that nothing depends on one.
pub const TWICE: u16 = 2;

/// A variable of the programs' environment.
type Setting = (String, String);

/// What all programs of the system share: where each role is, and by which keys and secrets they know each other.
///
/// # Errors
/// When a file cannot be written, or no port is free.
pub fn shared(kit: &Kit, coupon_servers: u16) -> anyhow::Result<Vec<Setting>> {
    let mut settings = secrets(kit)?;
    let counts = [("coupon", coupon_servers), ("gate", TWICE), ("queue", TWICE)];
    for (role, count) in SINGLE.map(|role| (role, 1)).into_iter().chain(counts) {
        let url = |number: u16| Ok(format!("http://127.0.0.1:{}", port(kit, &format!("{role}-{number}"))?));
        let urls = (1..=count).map(url).collect::<anyhow::Result<Vec<String>>>()?.join(",");
        let role = role.to_uppercase();
        settings.push((format!("ONSALE__GATEWAY__URL__{role}"), urls.clone()));
        // Nobody but the gateway calls accounts.
        if role != "USER" {
            settings.push((format!("ONSALE__INTERNAL__URL__{role}"), urls));
        }
    }
    settings.push(("ONSALE__SANDBOX__URL".to_owned(), format!("http://127.0.0.1:{}", port(kit, "sandbox")?)));
    settings.push(("ONSALE__USER__SMTP__URL".to_owned(), format!("smtp://127.0.0.1:{}", port(kit, "sandbox-mail")?)));
    Ok(settings)
}

fn secrets(kit: &Kit) -> anyhow::Result<Vec<Setting>> {
    let mut settings = Vec::new();
    for role in CALLERS {
        let file = kit.folder().join(format!("internal-{role}.key"));
        let key = kept(&file, || Ok(Uuid::new_v4().to_string()))?;
        settings.push((format!("ONSALE__INTERNAL__KEY__{}", role.to_uppercase()), key));
    }
    let keys = [
        ("AUTH__JWT_SECRET", "jwt.secret", 64),
        ("USER__PERSONAL_DATA_KEY", "personal.key", 32),
        ("USER__LOOKUP_KEY", "lookup.key", 32),
        ("RESERVATION__TICKET_KEY", "ticket.key", 32),
    ];
    for (name, file, bytes) in keys {
        let secret = kept(&kit.folder().join(file), || Ok(format!("base64:{}", STANDARD.encode(random(bytes)))))?;
        settings.push((format!("ONSALE__{name}"), secret));
    }
    Ok(settings)
}

fn random(bytes: usize) -> Vec<u8> {
    // The first four bytes of a random UUID have no fixed bits.
    let drawn = (0..bytes.div_ceil(4)).flat_map(|_| {
        let [a, b, c, d, ..] = Uuid::new_v4().into_bytes();
        [a, b, c, d]
    });
    drawn.take(bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use testkit::available;

    #[test]
    fn every_role_is_known_before_it_starts_and_stays_where_it_is() {
        let Some(kit) = available(Kit::temporary()) else { return };
        let settings = shared(&kit, 3).expect("settings");
        let names: BTreeSet<&str> = settings.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names.len(), settings.len(), "each is set once");
        for role in ["USER", "CATALOG", "QUEUE", "COUPON", "GATE", "RESERVATION", "PAYMENT"] {
            assert!(names.contains(format!("ONSALE__GATEWAY__URL__{role}").as_str()), "{role}");
        }
        let coupon = settings.iter().find(|(name, _)| name == "ONSALE__GATEWAY__URL__COUPON").expect("there");
        assert_eq!(coupon.1.split(',').count(), 3);
        assert_eq!(shared(&kit, 3).expect("settings"), settings, "the same at the next start");
        let values: BTreeSet<&str> =
            settings.iter().filter(|(name, _)| name.contains("KEY")).map(|(_, value)| value.as_str()).collect();
        assert_eq!(values.len(), CALLERS.len() + 3, "no two keys are the same");
    }
}
