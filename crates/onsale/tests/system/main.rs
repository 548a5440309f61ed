//! The built program beside real servers: Redis, Kafka, databases, NGINX, Prometheus, k6 and a browser.

mod browser;
mod dashboards;
mod doctor;
mod edge;
mod encrypted;
mod failover;
mod kubernetes;
mod lamed_shard;
mod pages;
mod restore;
mod rolling;
mod site;
mod tickets;
