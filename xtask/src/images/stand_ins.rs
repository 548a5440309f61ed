//! The table of stand-ins. `cargo xtask check` compares it with the Dockerfile and the compose files.

/// An image that is made here instead of being pulled.
pub struct StandIn {
    /// The name under which the Dockerfile or a compose file asks for it.
    pub image: &'static str,
    /// Its file in `deploy/docker/stand-ins`, without `.Dockerfile`.
    pub file: &'static str,
    /// What it is made from.
    pub content: Content,
}

/// What a stand-in is made from, beside Debian's packages.
#[derive(Clone, Copy)]
pub enum Content {
    /// Nothing else.
    Nothing,
    /// The Rust toolchain of this machine.
    Toolchain,
    /// Kafka's jars.
    Kafka,
}

const fn of(image: &'static str, file: &'static str, content: Content) -> StandIn {
    StandIn { image, file, content }
}

/// All of them; the base is [`super::base`].
pub const STAND_INS: [StandIn; 9] = [
    of("rust:1.95-slim-bookworm", "rust", Content::Toolchain),
    of("nginx:1.28", "nginx", Content::Nothing),
    of("redis:7.2", "redis", Content::Nothing),
    of("apache/kafka:4.1.1", "kafka", Content::Kafka),
    of("postgres:15-bookworm", "postgres", Content::Nothing),
    of("mariadb:10.11", "mariadb", Content::Nothing),
    of("prom/prometheus:v3.5.0", "prometheus", Content::Nothing),
    of("prom/alertmanager:v0.28.1", "alertmanager", Content::Nothing),
    of("grafana/grafana:12.0.2", "grafana", Content::Nothing),
];
