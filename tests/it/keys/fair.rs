//! A pool that is busy is shared between keys.

use super::Key;
use crate::support::world::{World, until};
use gateway::demo::simulator::{Script, StreamScript};
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// An account that serves one at a time, each for so long.
async fn busy(millis: u64, queue: u64) -> (World, crate::support::world::Node) {
    let world = World::with(|config| {
        config.routing.max_concurrent_per_account = Some(1);
        config.routing.max_queue_seconds = queue;
    })
    .await;
    let node = world.node().await;
    let stream = StreamScript { before_first_ms: millis, ..StreamScript::default() };
    world.ada().set_default(Script::stream(stream));
    (world, node)
}

#[tokio::test]
async fn one_bursty_key_does_not_starve_the_others() {
    let (world, node) = busy(100, 60).await;
    let loud = Key::make(&node, &json!({"name": "loud"})).await;
    let quiet =
        [Key::make(&node, &json!({"name": "a"})).await, Key::make(&node, &json!({"name": "b"})).await];
    let order: Arc<Mutex<Vec<&str>>> = Arc::default();
    let ask = async |key: &Key, name: &'static str| {
        let answer = key.ask(&node, "gpt-5.5").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        order.lock().unwrap().push(name);
    };
    let burst = futures_util::future::join_all((0..20).map(|_| ask(&loud, "loud")));
    let late = async {
        until("the burst waits", async || node.app.accounts.waiting() == 19).await;
        tokio::join!(ask(&quiet[0], "a"), ask(&quiet[1], "b"), ask(&quiet[0], "a"));
    };
    tokio::join!(burst, late);
    let order: Vec<&str> = order.lock().unwrap().clone();
    let last_quiet = order.iter().rposition(|name| *name != "loud").unwrap();
    assert!(last_quiet <= 8, "three keys take turns: {order:?}");
    assert_eq!((order.len(), node.app.accounts.waiting()), (23, 0));
    let metrics = node.get("/metrics").await.text();
    assert!(metrics.contains("gateway_queue_waiting 0\n"), "{metrics}");
    let waits =
        metrics.lines().find_map(|l| l.strip_prefix("gateway_queue_seconds_count{outcome=\"served\"} "));
    assert!(waits.is_some_and(|waits| waits.parse::<u32>().unwrap() >= 22), "{metrics}");
    assert_eq!(world.ada().counters().max_in_flight, 1);
    node.stop().await;
}

#[tokio::test]
async fn who_waits_too_long_is_told_and_who_hangs_up_takes_no_turn() {
    let (world, node) = busy(2_500, 1).await;
    let key = Key::make(&node, &json!({"name": "ci"})).await;
    let first = key.ask(&node, "gpt-5.5");
    let others = async {
        until("the account is busy", async || world.ada().counters().in_flight == 1).await;
        let begun = Instant::now();
        let gone = tokio::time::timeout(Duration::from_millis(100), key.ask(&node, "gpt-5.5")).await;
        assert!(gone.is_err() && node.app.accounts.waiting() == 0);
        let refused = key.ask(&node, "gpt-5.5").await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (503, "no_account_available"),
            "{}",
            refused.text()
        );
        assert!(begun.elapsed() >= Duration::from_secs(1));
    };
    let (first, ()) = tokio::join!(first, others);
    assert_eq!(first.status, 200);
    assert_eq!(key.ask(&node, "gpt-5.5").await.status, 200);
    node.stop().await;
}
