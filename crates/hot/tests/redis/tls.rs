//! TLS towards Redis, single node and cluster: whoever cannot show a certificate of a trusted authority for the address
//! that was called is refused, and so is who is trusted by the system but not by `hot.ca_file`.

use hot::KeyPort;
use hot::redis::{RedisAddress, RedisConnections, RedisKeys, survey};
use std::path::Path;
use testkit::{Authority, Flavor, Kit, RedisCluster, RedisNode};

async fn open(url: &str, authorities: Option<&Path>) -> Result<RedisConnections, String> {
    let address = RedisAddress::parse(url).expect("an address").with_authorities(authorities);
    RedisConnections::open(&address, 1).await.map_err(|error| error.to_string())
}

/// Reads and writes on every shard.
async fn is_used(connections: RedisConnections) {
    let keys = RedisKeys::new(connections);
    let names: Vec<String> = (0..20).map(|number| format!("coupon:tls:{number}")).collect();
    let entries = names.iter().map(|name| (name.clone(), b"value".to_vec())).collect();
    keys.put(entries, 60_000, clock::now()).await.expect("put");
    let read = keys.get(&names, clock::now()).await.expect("read");
    assert!(read.iter().all(|value| value.as_deref() == Some(b"value")), "{read:?}");
}

/// Each way of not being who was called, with the words that tell why.
async fn only_the_right_server_is_trusted(url: &str, right: &Authority, wrong: &Authority) {
    is_used(open(url, Some(right.file())).await.expect("trusted")).await;
    for (what, authorities) in [("another authority", Some(wrong.file())), ("the system's authorities", None)] {
        let refused = open(url, authorities).await.err().unwrap_or_else(|| panic!("{what}"));
        assert!(refused.contains("certificate") && refused.contains("127.0.0.1"), "{what}: {refused}");
    }
    let missing = open(url, Some(Path::new("/no/such/file.pem"))).await.err().expect("no file");
    assert!(missing.contains("/no/such/file.pem"), "{missing}");
    let plain = url.replacen("rediss", "redis", 1);
    open(&plain, Some(right.file())).await.err().expect("nobody speaks in the clear there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_redis_is_spoken_to_by_tls_and_by_ipv6() {
    let kit = Kit::temporary().expect("a folder");
    let folder = tempfile::tempdir().expect("a folder");
    let (right, wrong) = authorities(folder.path());
    let certificate = right.sign_here().expect("signed");
    let Some(redis) = testkit::available(RedisNode::start_encrypted(&kit, Flavor::Redis, &certificate)) else { return };
    only_the_right_server_is_trusted(&redis.encrypted_url(), &right, &wrong).await;
    let by_ipv6 = redis.encrypted_url().replace("127.0.0.1", "[::1]");
    is_used(open(&by_ipv6, Some(right.file())).await.expect("trusted by that address, too")).await;
    let elsewhere = right.sign(&["elsewhere.example"]).expect("signed");
    let other = RedisNode::start_encrypted(&kit, Flavor::Redis, &elsewhere).expect("starts");
    let refused = open(&other.encrypted_url(), Some(right.file())).await.err().expect("of another host");
    assert!(refused.contains("certificate"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_is_spoken_to_by_tls_on_every_node() {
    let kit = Kit::temporary().expect("a folder");
    let folder = tempfile::tempdir().expect("a folder");
    let (right, wrong) = authorities(folder.path());
    let certificate = right.sign_here().expect("signed");
    let cluster = RedisCluster::start_encrypted(&kit, Flavor::Redis, &certificate);
    let Some(cluster) = testkit::available(cluster) else { return };
    only_the_right_server_is_trusted(&cluster.encrypted_url(), &right, &wrong).await;
    let address = RedisAddress::parse(&cluster.encrypted_url()).expect("an address");
    let nodes = survey(&address.with_authorities(Some(right.file()))).await.expect("surveyed");
    assert_eq!(nodes.len(), 6);
    assert!(nodes.iter().all(|node| node.unreachable.is_none()), "{nodes:?}");
}

fn authorities(folder: &Path) -> (Authority, Authority) {
    let make = |name| Authority::make(folder, name).expect("made");
    (make("right"), make("wrong"))
}
