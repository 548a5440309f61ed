//! Kafka's jars.

use super::{cached, debian, find, run};
use crate::error::{KitError, Result};
use std::path::PathBuf;
use std::process::Command;

const KAFKA_VERSION: &str = "4.1.1";
/// Says on standard error what Kafka's log says; Kafka brings none that does.
const LOG_TO_OUTPUT: &str = "org.slf4j:slf4j-simple:1.7.36";
/// A jar that is there when all are.
const HOLDS: &str = "libs";

/// The folder with Kafka's jars: `KAFKA_HOME`'s when it is set.
pub(crate) fn kafka_jars() -> Result<PathBuf> {
    if let Some(home) = std::env::var_os("KAFKA_HOME") {
        let libs = PathBuf::from(home).join("libs");
        let wrong = || KitError::failed(format!("KAFKA_HOME is set, and {} is not there", libs.display()));
        return if libs.is_dir() { Ok(libs) } else { Err(wrong()) };
    }
    let by_hand = "mvn dependency:copy-dependencies, or set KAFKA_HOME to the folder of an Apache Kafka 4.1";
    cached(&format!("kafka-{KAFKA_VERSION}"), HOLDS, by_hand, |folder| {
        let maven = maven()?;
        let path = folder.join("pom.xml");
        std::fs::write(&path, pom()).map_err(|error| KitError::file(&path, &error))?;
        let mut command = Command::new(maven);
        command.current_dir(folder).args(["--quiet", "--batch-mode", "dependency:copy-dependencies"]);
        command.args(["-DincludeScope=runtime", "-DoutputDirectory=libs"]);
        run(&command, by_hand)
    })
}

/// The program `mvn`.
pub(super) fn maven() -> Result<PathBuf> {
    debian::program("maven", || find("mvn"))
}

/// Whether the jars are here.
pub(super) fn is_here() -> bool {
    std::env::var_os("KAFKA_HOME").is_some() || super::is_cached(&format!("kafka-{KAFKA_VERSION}"), HOLDS)
}

fn pom() -> String {
    let dependency = |coordinates: &str| {
        let mut parts = coordinates.split(':');
        let mut part = || parts.next().unwrap_or_default();
        let (group, artifact, version) = (part(), part(), part());
        format!(
            "<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version></dependency>"
        )
    };
    let kafka = dependency(&format!("org.apache.kafka:kafka_2.13:{KAFKA_VERSION}"));
    let log = dependency(LOG_TO_OUTPUT);
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><modelVersion>4.0.0</modelVersion><groupId>onsale</groupId>\
         <artifactId>testkit-kafka</artifactId><version>1</version><packaging>pom</packaging>\
         <dependencies>{kafka}{log}</dependencies></project>\n"
    )
}
