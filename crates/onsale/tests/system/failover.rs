//! The built program with many campaigns on a cluster, and a master that dies: the defect was found like this, and no
//! engine in a test shows what health, status and the making of campaigns do together
//! (`docs/decisions/0017-finding-the-node-of-a-key.md`). `ONSALE_MANY=3000` tries as many campaigns.

use std::cell::Cell;
use std::time::Instant;
use testkit::onsale::{World, wait_until};
use testkit::{Flavor, Kit, RedisCluster, available};

/// Campaigns on each shard: more than fit into one connection's requests under way.
fn many() -> usize {
    std::env::var("ONSALE_MANY").ok().and_then(|many| many.parse().ok()).unwrap_or(300)
}

fn make(world: &World, name: &str) -> u16 {
    world.admin().post(&format!("/api/v1/admin/events/{name}/stock?initial_stock=100")).status
}

fn status(world: &World, name: &str) -> u16 {
    world.anyone().get(&format!("/api/v1/coupons/status/{name}")).status
}

#[test]
fn with_many_campaigns_a_server_is_whole_again_after_a_master_was_killed() {
    let Some(kit) = available(Kit::temporary()) else { return };
    let Some(cluster) = available(RedisCluster::start(&kit, Flavor::Redis)) else { return };
    let world = World::with(&[("ONSALE__HOT__URL", &cluster.url()), ("ONSALE__TENANT__MAX_CAMPAIGNS", "100000")]);
    let names: Vec<String> = (0..many()).map(|number| format!("many-{number}")).collect();
    for name in &names {
        assert_eq!(make(&world, name), 200, "{name}");
    }
    let lost = cluster.master_of(0).expect("a master");
    cluster.nodes()[lost].kill().expect("killed");
    wait_until("a replica is promoted", || cluster.master_of(0).is_ok_and(|master| master != lost));
    let promoted = Instant::now();
    wait_until("the server is ready", || world.anyone().get("/health/ready").status == 200);
    let ready = promoted.elapsed();
    wait_until("every status is answered", || names.iter().all(|name| status(&world, name) == 200));
    let answered = promoted.elapsed();
    // The shard that waits for a replica refuses what it could lose; the others take all.
    let number = Cell::new(0);
    wait_until("a campaign is made", || {
        number.set(number.get() + 1);
        make(&world, &format!("new-{}", number.get())) == 200
    });
    let made = promoted.elapsed();
    println!(
        "{} campaigns; since the promotion: ready {ready:?}, all answer {answered:?}, one made {made:?}",
        names.len()
    );
    cluster.nodes()[lost].restart().expect("starts again");
    cluster.wait_until_ready().expect("whole again");
    wait_until("every campaign gives a coupon", || {
        names
            .iter()
            .all(|name| ["ISSUED", "ALREADY_ISSUED"].contains(&world.anyone().issue("ann", name).code().as_str()))
    });
    println!("the node is back: every campaign gives after {:?}", promoted.elapsed());
}
