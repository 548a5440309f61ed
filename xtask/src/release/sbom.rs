//! The bill of materials: CycloneDX, as JSON. C libraries that a package brings along (librdkafka, SQLite) stand under its name.

use super::Release;
use super::parts::Part;
use crate::commands::output_of;
use anyhow::Context;
use serde_json::{Value, json};
use std::fs;
use uuid::Uuid;

/// Writes it into the folder of the release.
///
/// # Errors
/// When it cannot be written.
pub fn write(release: &Release, parts: &[Part]) -> anyhow::Result<()> {
    let mut date = release.tool("date");
    date.args(["--utc", "+%Y-%m-%dT%H:%M:%SZ", "--date"]).arg(format!("@{}", release.seconds));
    let bill = bill(&release.name(), output_of(&mut date)?.trim(), parts).context("the program is no part")?;
    let path = release.out.join(format!("{}.cdx.json", release.name()));
    fs::write(&path, serde_json::to_string_pretty(&bill)? + "\n").with_context(|| path.display().to_string())
}

fn bill(name: &str, time: &str, parts: &[Part]) -> Option<Value> {
    let program = parts.iter().find(|part| part.is_program())?;
    let others = parts.iter().filter(|part| !part.is_program());
    let dependencies = parts.iter().map(|part| {
        let needs: Vec<String> = part.needs.iter().map(|place| address(&parts[*place])).collect();
        json!({"ref": address(part), "dependsOn": needs})
    });
    // The same for the same parts.
    let identity = format!("{name} {time} {}", parts.iter().map(address).collect::<Vec<_>>().join(" "));
    Some(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": format!("urn:uuid:{}", Uuid::new_v5(&Uuid::NAMESPACE_URL, identity.as_bytes())),
        "version": 1,
        "metadata": {
            "timestamp": time,
            "component": component(program, "application"),
        },
        "components": others.map(|part| component(part, "library")).collect::<Vec<_>>(),
        "dependencies": dependencies.collect::<Vec<_>>(),
    }))
}

/// The name of a package for all tools: <https://github.com/package-url/purl-spec>.
fn address(part: &Part) -> String {
    let version = part.version.replace('+', "%2B");
    format!("pkg:cargo/{}@{version}", part.name)
}

fn component(part: &Part, kind: &str) -> Value {
    let mut component = json!({
        "type": kind,
        "bom-ref": address(part),
        "purl": address(part),
        "name": part.name,
        "version": part.version,
        // What only helped to build the program is not in it.
        "scope": if part.is_inside { "required" } else { "excluded" },
    });
    if !part.licence.is_empty() {
        // The old way to write "or".
        component["licenses"] = json!([{"expression": part.licence.replace('/', " OR ")}]);
    }
    if let Some(checksum) = &part.checksum {
        component["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
    }
    if let Some(repository) = &part.repository {
        component["externalReferences"] = json!([{"type": "vcs", "url": repository}]);
    }
    component
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, version: &str, checksum: Option<&str>, needs: &[usize]) -> Part {
        Part {
            name: name.to_owned(),
            version: version.to_owned(),
            licence: "MIT/Apache-2.0".to_owned(),
            repository: None,
            folder: "/".into(),
            checksum: checksum.map(str::to_owned),
            is_inside: name != "cc",
            needs: needs.to_vec(),
        }
    }

    #[test]
    fn every_part_has_its_address_its_hash_and_what_it_needs() {
        let parts = [
            part("cc", "1.0.0", Some("aa"), &[]),
            part("onsale", "0.1.0", None, &[2]),
            part("rdkafka-sys", "4.10.0+2.12.1", Some("bb"), &[0]),
        ];
        let bill = bill("onsale-0.1.0-x", "2026-11-30T00:00:00Z", &parts).expect("made");
        assert_eq!(bill["metadata"]["component"]["bom-ref"], "pkg:cargo/onsale@0.1.0");
        let components = bill["components"].as_array().expect("a list");
        assert_eq!(components.len(), 2, "the program is not its own part");
        assert_eq!(components[0]["scope"], "excluded");
        assert_eq!(components[1]["purl"], "pkg:cargo/rdkafka-sys@4.10.0%2B2.12.1");
        assert_eq!(components[1]["hashes"][0]["content"], "bb");
        assert_eq!(components[1]["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(bill["dependencies"][1]["dependsOn"][0], "pkg:cargo/rdkafka-sys@4.10.0%2B2.12.1");
        let again = super::bill("onsale-0.1.0-x", "2026-11-30T00:00:00Z", &parts).expect("made");
        assert_eq!(bill, again);
    }
}
