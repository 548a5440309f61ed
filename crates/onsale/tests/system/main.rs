//! The built program beside real servers: Redis, Kafka, databases, NGINX, Prometheus, k6 and a browser.

mod doctor;
mod edge;
mod encrypted;
mod failover;
mod lamed_shard;
mod site;
mod tickets;
