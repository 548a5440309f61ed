//! Loads the layers of configuration, checks each key, and merges them.

use super::aliases;
use super::environment;
use super::keys::{self, KEYS};
use super::kind::{self, Kind};
use super::problem::{ConfigError, Problem};
use super::sections::Config;
use figment::providers::{Format, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use std::path::{Path, PathBuf};

/// The commented default file.
pub const DEFAULT_TOML: &str = include_str!("../../default.toml");

/// The file that is read when `--config` is absent.
pub const FILE_NAME: &str = "onsale.toml";

/// The prefix of Onsale's environment variables.
pub const ENVIRONMENT_PREFIX: &str = "ONSALE__";

const ORIGIN_DEFAULT: &str = "default";

/// The sources of the configuration.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The file given by `--config`; it must exist.
    pub file: Option<PathBuf>,
    /// The folder that may contain `onsale.toml`.
    pub folder: PathBuf,
    /// All environment variables.
    pub environment: Vec<(String, String)>,
    /// Flags of the command line: the flag, its configuration key, the value.
    pub flags: Vec<(&'static str, &'static str, String)>,
}

/// The effective configuration with the source of each value.
#[derive(Debug)]
pub struct Loaded {
    /// The typed configuration.
    pub config: Config,
    /// The file that was read.
    pub file: Option<PathBuf>,
    pub(super) layers: Figment,
}

impl Loaded {
    /// Whether this key has its default value.
    pub fn is_default(&self, key: &str) -> bool {
        self.layers.find_metadata(key).is_some_and(|metadata| metadata.name == ORIGIN_DEFAULT)
    }
}

/// The keys of one source.
struct Layer {
    origin: String,
    keys: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.origin.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Map::from([(Profile::Default, self.keys.clone())]))
    }
}

/// Reads every source, checks every key, and merges them. Later ones win: defaults, file, environment, flags.
///
/// # Errors
/// [`ConfigError`] with every problem, not only the first.
pub fn load(sources: &Sources) -> Result<Loaded, ConfigError> {
    let file = file_of(sources);
    let mut layers = vec![Layer { origin: ORIGIN_DEFAULT.to_owned(), keys: parse(ORIGIN_DEFAULT, DEFAULT_TOML)? }];
    if let Some(path) = &file {
        layers.push(file_layer(path)?);
    }
    layers.extend(sources.environment.iter().filter_map(|(name, value)| environment_layer(name, value)));
    layers.extend(sources.flags.iter().map(|(flag, key, value)| text_layer(format!("flag {flag}"), key, value)));
    let strays = sources.environment.iter().filter_map(|(name, _)| environment::problem_of(name));
    let problems: Vec<Problem> = layers.iter().flat_map(problems_of).chain(strays).collect();
    if !problems.is_empty() {
        return Err(ConfigError::Refused(problems));
    }
    let merged = layers.into_iter().fold(Figment::new(), Figment::merge);
    let problems = aliases::problems(&merged);
    if !problems.is_empty() {
        return Err(ConfigError::Refused(problems));
    }
    let layers = resolve_auto(merged, file.is_none());
    let config = layers.extract::<Config>().map_err(|error| ConfigError::Unreadable(error.to_string()))?;
    Ok(Loaded { config, file, layers })
}

fn file_of(sources: &Sources) -> Option<PathBuf> {
    let usual = || Some(sources.folder.join(FILE_NAME)).filter(|path| path.exists());
    sources.file.clone().or_else(usual)
}

fn file_layer(path: &Path) -> Result<Layer, ConfigError> {
    let origin = format!("file {}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable(format!("{origin}: {error}")))?;
    let keys = parse(&origin, &text)?;
    Ok(Layer { origin, keys })
}

fn parse(origin: &str, text: &str) -> Result<Dict, ConfigError> {
    Toml::from_str(text).map_err(|error| ConfigError::Unreadable(format!("{origin} is not TOML: {error}")))
}

/// `ONSALE__HTTP__LISTEN` is `http.listen`.
fn environment_layer(name: &str, value: &str) -> Option<Layer> {
    let key = name.strip_prefix(ENVIRONMENT_PREFIX)?.to_lowercase().replace("__", ".");
    Some(text_layer(format!("environment variable {name}"), &key, value))
}

fn text_layer(origin: String, key: &str, text: &str) -> Layer {
    let value = keys::find(key).map_or_else(|| Value::from(text), |known| known.kind.read(text));
    Layer { origin, keys: nested(key, value) }
}

fn nested(key: &str, value: Value) -> Dict {
    match key.split_once('.') {
        None => Dict::from([(key.to_owned(), value)]),
        Some((section, rest)) => Dict::from([(section.to_owned(), Value::from(nested(rest, value)))]),
    }
}

fn problems_of(layer: &Layer) -> Vec<Problem> {
    let mut leaves = Vec::new();
    flatten("", &layer.keys, &mut leaves);
    leaves.iter().filter_map(|(key, value)| problem_of(key, value, &layer.origin)).collect()
}

fn flatten<'a>(prefix: &str, keys: &'a Dict, leaves: &mut Vec<(String, &'a Value)>) {
    for (name, value) in keys {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            Value::Dict(_, inner) if keys::find(&key).is_none() => flatten(&key, inner, leaves),
            value => leaves.push((key, value)),
        }
    }
}

fn problem_of(key: &str, value: &Value, origin: &str) -> Option<Problem> {
    let complaint = match keys::find(key) {
        Some(known) => known.kind.check(value).err()?,
        None if KEYS.iter().any(|known| known.name.starts_with(&format!("{key}."))) => {
            format!("is a section, not a key; write [{key}] with its keys below it")
        }
        None => format!("no such key; the most similar key is {}", keys::nearest(key)),
    };
    let value = keys::find(key).map_or_else(|| kind::shown_unknown(key, value), |known| known.kind.shown(value));
    Some(Problem { key: key.to_owned(), value, origin: origin.to_owned(), complaint })
}

/// Replaces `"auto"`: the demo is on without a configuration file, and issuing is open in the demo.
fn resolve_auto(mut layers: Figment, without_file: bool) -> Figment {
    let mut auto = without_file;
    for key in KEYS.iter().filter(|key| matches!(key.kind, Kind::FlagOrAuto)) {
        match layers.find_value(key.name).ok().and_then(|value| value.to_bool()) {
            Some(set) => auto = set,
            None => {
                let origin = auto_origin(key.name, without_file);
                layers = layers.merge(Layer { origin: origin.to_owned(), keys: nested(key.name, Value::from(auto)) });
            }
        }
    }
    layers
}

fn auto_origin(key: &str, without_file: bool) -> &'static str {
    match (key, without_file) {
        ("demo.enabled", true) => "default: there is no configuration file",
        ("demo.enabled", false) => "default: there is a configuration file",
        _ => "default: as demo.enabled",
    }
}
