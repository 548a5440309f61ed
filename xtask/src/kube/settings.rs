//! Settings in manifests: that each is one of the program's.

use super::judge::texts;
use crate::workspace::root;
use anyhow::Context;
use figment::providers::{Format, Toml};
use figment::value::{Dict, Value as Tree};
use serde_json::Value;
use std::collections::BTreeSet;

/// The names of all settings, from the commented file of defaults.
pub struct Known(BTreeSet<String>);

impl Known {
    /// Reads them.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read() -> anyhow::Result<Self> {
        let path = root().join("crates/onsale/default.toml");
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Ok(Self(keys_in(&text)?.into_iter().collect()))
    }

    /// Variables of a container that set nothing. Secrets come by file, never by environment, which others can read.
    pub fn faults_of_environment(&self, container: &Value) -> Vec<String> {
        let name = |variable: &Value| variable["name"].as_str().unwrap_or_default().to_owned();
        let variables = container["env"].as_array().into_iter().flatten();
        let mut faults = Vec::new();
        for variable in variables {
            let called = name(variable);
            let key = called.strip_prefix("ONSALE__").map(|key| key.to_lowercase().replace("__", "."));
            if key.is_some_and(|key| !self.0.contains(&key)) {
                faults.push(format!("{called} is no setting"));
            }
            if !variable["valueFrom"]["secretKeyRef"].is_null() {
                faults.push(format!("{called} is a secret in the environment"));
            }
        }
        if !texts(&container["envFrom"], "/secretRef/name").is_empty() {
            faults.push("a whole Secret is in the environment".to_owned());
        }
        faults
    }

    /// Keys of a file of secrets that set nothing, or that it is no TOML.
    pub fn faults_of_file(&self, text: &str) -> Vec<String> {
        match keys_in(text) {
            Err(error) => vec![format!("{error:#}")],
            Ok(keys) => {
                let wrong = keys.into_iter().filter(|key| !self.0.contains(key));
                wrong.map(|key| format!("{key} is no setting")).collect()
            }
        }
    }
}

fn keys_in(text: &str) -> anyhow::Result<Vec<String>> {
    let mut keys = Vec::new();
    flatten("", &Toml::from_str::<Dict>(text)?, &mut keys);
    Ok(keys)
}

fn flatten(prefix: &str, of: &Dict, keys: &mut Vec<String>) {
    for (name, value) in of {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            Tree::Dict(_, inner) => flatten(&key, inner, keys),
            _ => keys.push(key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_are_told_from_what_is_none() {
        let known = Known::read().expect("the defaults");
        let container = json!({"env": [
            {"name": "POD_IP"},
            {"name": "ONSALE__HTTP__LISTEN"},
            {"name": "ONSALE__INTERNAL__KEY__GATEWAY"},
            {"name": "ONSALE__HTTP__LISTENS"},
            {"name": "ONSALE__AUTH__JWT_SECRET", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}},
        ]});
        let faults = known.faults_of_environment(&container);
        assert_eq!(
            faults,
            ["ONSALE__HTTP__LISTENS is no setting", "ONSALE__AUTH__JWT_SECRET is a secret in the environment"]
        );
        assert!(known.faults_of_file("[hot]\nurl = \"\"\n[internal]\nkey.user = \"\"").is_empty());
        assert_eq!(known.faults_of_file("[hot]\nurls = \"\""), ["hot.urls is no setting"]);
        assert_eq!(known.faults_of_file("[hot").len(), 1);
    }
}
