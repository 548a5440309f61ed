//! Values with a life, in Redis: each in the slot of its own name.

use super::client::{Lane, RedisConnections, Wait};
use super::scripts;
use crate::port::{HotError, KeyPort};
use async_trait::async_trait;
use domain::Timestamp;
use futures::future::try_join_all;
use redis::{Pipeline, Value};

/// The key port on Redis. Life is counted by Redis's clock, not by the moments given.
#[derive(Clone)]
pub struct RedisKeys(RedisConnections);

impl RedisKeys {
    /// Opens the engine on the connections of the process.
    pub fn new(connections: RedisConnections) -> Self {
        Self(connections)
    }

    async fn one(&self, name: &str, command: impl FnOnce(&mut Pipeline)) -> Result<Value, HotError> {
        let mut pipeline = redis::pipe();
        command(&mut pipeline);
        Ok(self.0.send(name, pipeline).await?.into_iter().next().unwrap_or(Value::Nil))
    }
}

#[async_trait]
impl KeyPort for RedisKeys {
    async fn put(&self, entries: Vec<(String, Vec<u8>)>, ttl_ms: u64, _: Timestamp) -> Result<(), HotError> {
        let put = |(name, bytes): &(String, Vec<u8>)| {
            let (name, bytes) = (name.clone(), bytes.clone());
            async move {
                self.one(&name, |pipeline| {
                    pipeline.cmd("SET").arg(&name).arg(bytes).arg("PX").arg(ttl_ms.max(1));
                })
                .await
            }
        };
        try_join_all(entries.iter().map(put)).await.map(drop)
    }

    async fn claim(&self, entries: Vec<(String, Vec<u8>)>, ttl_ms: u64, _: Timestamp) -> Result<Vec<bool>, HotError> {
        // One after the other: of two claims of one name in a batch the first gets it.
        let mut claimed = Vec::with_capacity(entries.len());
        for (name, bytes) in entries {
            let answer = self.one(&name, |pipeline| {
                pipeline.cmd("SET").arg(&name).arg(bytes).arg("NX").arg("PX").arg(ttl_ms.max(1));
            });
            claimed.push(answer.await? == Value::Okay);
        }
        Ok(claimed)
    }

    async fn get(&self, names: &[String], _: Timestamp) -> Result<Vec<Option<Vec<u8>>>, HotError> {
        let get = |name: &String| {
            let name = name.clone();
            async move {
                let value = self.one(&name, |pipeline| {
                    pipeline.cmd("GET").arg(&name);
                });
                Ok(match value.await? {
                    Value::BulkString(bytes) => Some(bytes),
                    _ => None,
                })
            }
        };
        try_join_all(names.iter().map(get)).await
    }

    async fn remove(&self, names: &[String]) -> Result<(), HotError> {
        let remove = |name: &String| {
            let name = name.clone();
            async move {
                self.one(&name, |pipeline| {
                    pipeline.cmd("DEL").arg(&name);
                })
                .await
            }
        };
        try_join_all(names.iter().map(remove)).await.map(drop)
    }

    async fn remove_if(&self, name: &str, value: &[u8], _: Timestamp) -> Result<bool, HotError> {
        // To put nothing in its place.
        let arguments: [&[u8]; 3] = [value, b"", b""];
        let reply = self.0.run(&scripts::CLAIM, &[name], &arguments, (Lane::Other, Wait::Nobody)).await?;
        Ok(reply.value == Value::Int(1))
    }
}
