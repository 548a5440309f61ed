//! Kafka: three brokers come up, one dies, it comes back.

use crate::{Kafka, Kit, available};

#[test]
fn three_brokers_come_up_and_one_comes_back() {
    let Some(kit) = available(Kit::temporary()) else { return };
    let Some(kafka) = available(Kafka::start(&kit, 3)) else { return };
    let Some(kafka) = available(kafka.real()) else { return };
    assert_eq!((kafka.brokers(), kafka.bootstrap().split(',').count()), (3, 3));
    kafka.kill(1).expect("killed");
    assert_eq!(kafka.pid(1), None);
    kafka.wait_until_ready().expect_err("one is away");
    kafka.restart(1).expect("starts");
    kafka.wait_until_ready().expect("whole again");
}
