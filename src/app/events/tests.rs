use super::*;
use serde_json::json;

const TENANT: TenantId = TenantId(Uuid::from_u128(1));
const OTHER: TenantId = TenantId(Uuid::from_u128(2));

fn events() -> Events {
    channel(Clock::system()).0
}

fn event(n: usize) -> Event {
    let provider_id = ProviderId(Uuid::nil());
    Event::ProviderStatus { provider_id, provider_name: "one".into(), status: json!(n) }
}

/// As if every replica heard them; their ids.
fn happen(events: &Events, tenant: TenantId, numbers: std::ops::Range<usize>) -> Vec<Uuid> {
    let told: Vec<Told> = numbers.map(|n| events.told(tenant, &event(n))).collect();
    for payload in payloads(&told) {
        events.hear(&payload);
    }
    told.iter().map(|t| t.id).collect()
}

/// What a watcher gets without a wait: the number of each event, or its name.
async fn seen(watcher: &mut Watcher) -> Vec<String> {
    let mut seen = Vec::new();
    while let Ok(heard) = tokio::time::timeout(Duration::from_millis(1), watcher.next()).await {
        let data: Value = serde_json::from_str(&heard.data).unwrap();
        seen.push(if heard.name == RESET { heard.name.clone() } else { data["status"].to_string() });
    }
    seen
}

#[tokio::test(start_paused = true)]
async fn a_watcher_hears_its_own_tenant_and_each_event_once() {
    let events = events();
    let (mut one, mut other) = (events.watch(TENANT, None), events.watch(OTHER, None));
    happen(&events, TENANT, 0..2);
    let again = [events.told(TENANT, &event(2))];
    for payload in [payloads(&again), payloads(&again)].concat() {
        events.hear(&payload);
    }
    assert_eq!(seen(&mut one).await, ["0", "1", "2"]);
    assert!(seen(&mut other).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_goes_on_where_it_was_and_hears_of_a_gap() {
    let events = events();
    let begin = events.watch(TENANT, None).begin;
    assert!(begin.is_some(), "there is a place to go on from before the first event");
    let ids = happen(&events, TENANT, 0..5);
    for (after, expected) in [
        (begin.unwrap(), vec!["0", "1", "2", "3", "4"]),
        (ids[2], vec!["3", "4"]),
        (ids[4], vec![]),
        (Uuid::nil(), vec!["reset"]),
    ] {
        let mut watcher = events.watch(TENANT, Some(after));
        assert_eq!(watcher.begin, None);
        assert_eq!(seen(&mut watcher).await, expected);
    }
    let more = happen(&events, TENANT, 5..5 + KEPT);
    assert_eq!(seen(&mut events.watch(TENANT, Some(ids[3]))).await, ["reset"], "it is too old");
    assert_eq!(seen(&mut events.watch(TENANT, Some(ids[4]))).await.len(), KEPT, "the oldest place there is");
    assert_eq!(seen(&mut events.watch(TENANT, Some(more[KEPT - 2]))).await, [(4 + KEPT).to_string()]);
    // And from the reset itself it goes on as well.
    let reset = events.watch(TENANT, Some(Uuid::nil())).next().await.id;
    happen(&events, TENANT, 9_000..9_001);
    assert_eq!(seen(&mut events.watch(TENANT, Some(reset))).await, ["9000"]);
}

#[tokio::test(start_paused = true)]
async fn a_watcher_that_is_too_slow_is_told_to_read_anew_and_goes_on_from_there() {
    let events = events();
    let mut slow = events.watch(TENANT, None);
    let ids = happen(&events, TENANT, 0..BEHIND + 100);
    let reset = slow.next().await;
    assert_eq!((reset.name.as_str(), reset.id), (RESET, *ids.last().unwrap()));
    happen(&events, TENANT, 7..8);
    assert_eq!(seen(&mut slow).await, ["7"]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_a_gap_for_everybody() {
    let events = events();
    let mut watcher = events.watch(TENANT, None);
    let ids = happen(&events, TENANT, 0..1);
    events.missed();
    happen(&events, TENANT, 1..2);
    assert_eq!(seen(&mut watcher).await, ["0", "reset", "1"]);
    assert_eq!(seen(&mut events.watch(TENANT, Some(ids[0]))).await, ["reset"]);
    events.hear("[{\"of\": \"another version\"}]");
    assert_eq!(seen(&mut watcher).await, ["reset"]);
}

#[tokio::test(start_paused = true)]
async fn no_payload_is_larger_than_postgres_carries_and_nothing_is_lost_over_it() {
    let events = events();
    let mut watcher = events.watch(TENANT, None);
    let told: Vec<Told> = (0..200).map(|n| events.told(TENANT, &event(n))).collect();
    let carried = payloads(&told);
    assert!(carried.len() > 1 && carried.iter().all(|p| p.len() <= MOST_BYTES), "{}", carried.len());
    for payload in &carried {
        events.hear(payload);
    }
    assert_eq!(seen(&mut watcher).await.len(), 200);
    // What is too large for one has to be read.
    let large = Event::ProviderQuota {
        provider_id: ProviderId(Uuid::nil()),
        provider_name: "one".into(),
        quota: json!("x".repeat(MOST_BYTES)),
    };
    let large = payloads(&[events.told(TENANT, &large)]);
    assert!(large[0].len() < 300);
    events.hear(&large[0]);
    assert_eq!(seen(&mut watcher).await, ["reset"]);
}

#[test]
fn every_event_says_its_type() {
    let (provider_id, provider_name) = (ProviderId(Uuid::nil()), String::from("one"));
    let name = || provider_name.clone();
    for event in [
        Event::ProviderStatus { provider_id, provider_name: name(), status: Value::Null },
        Event::ProviderHealth { provider_id, provider_name: name(), health: Value::Null },
        Event::ProviderQuota { provider_id, provider_name: name(), quota: Value::Null },
        Event::ProviderCooldown {
            provider_id,
            provider_name: name(),
            cooldown: Value::Null,
            model_blocks: Vec::new(),
        },
    ] {
        assert_eq!(serde_json::to_value(&event).unwrap()["type"], event.name());
    }
}
