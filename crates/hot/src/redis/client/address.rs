//! The address of Redis as the configuration writes it.

/// Where Redis is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedisAddress {
    /// `redis://[user:password@]host:port`
    Single(String),
    /// `redis+cluster://[user:password@]a:port,b:port`: any of the nodes, the others are found.
    Cluster(Vec<String>),
}

impl RedisAddress {
    /// Reads the form of the configuration; `None` if it is not one.
    pub fn parse(url: &str) -> Option<Self> {
        if let Some(nodes) = url.strip_prefix("redis+cluster://") {
            let (credentials, nodes) = nodes.rsplit_once('@').map_or(("", nodes), |(user, nodes)| (user, nodes));
            let at = if credentials.is_empty() { "" } else { "@" };
            let nodes: Vec<String> = nodes.split(',').map(|node| format!("redis://{credentials}{at}{node}")).collect();
            return nodes.iter().all(|node| is_node(node)).then_some(Self::Cluster(nodes));
        }
        is_node(url).then(|| Self::Single(url.to_owned()))
    }
}

fn is_node(url: &str) -> bool {
    let host = url.strip_prefix("redis://").map(|rest| rest.rsplit('@').next().unwrap_or_default());
    host.is_some_and(|host| !host.is_empty() && !host.starts_with(['/', ':'])) && redis::Client::open(url).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let cluster = RedisAddress::parse("redis+cluster://me:secret@a:1,b:2");
        let nodes = vec!["redis://me:secret@a:1".to_owned(), "redis://me:secret@b:2".to_owned()];
        assert_eq!(cluster, Some(RedisAddress::Cluster(nodes)));
        let single = RedisAddress::parse("redis://127.0.0.1:6379");
        assert_eq!(single, Some(RedisAddress::Single("redis://127.0.0.1:6379".into())));
        for wrong in ["", "redis:", "redis://", "embedded:", "redis+cluster://", "redis+cluster://a:1,", "kafka://a"] {
            assert_eq!(RedisAddress::parse(wrong), None, "{wrong}");
        }
    }
}
