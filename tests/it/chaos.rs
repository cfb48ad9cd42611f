//! Four accounts of which every one fails all the time, and 32 clients at once that must not notice.
//!
//! Two accounts fail in every way that there is. The other two have only faults that pass by themselves, and of these
//! two one is healthy for every request: it does not fail before its first event. So whatever leases the accounts lose
//! meanwhile, for every request there is one account that serves it, if it is asked.
//!
//! `make test` runs 1,000 requests. More, and a run that failed with its seed (the seed decides what happens to which
//! prompt on which account; which account gets which prompt also depends on the timing):
//!
//! ```sh
//! export GATEWAY_TEST_CHAOS_REQUESTS=10000 GATEWAY_TEST_CHAOS_SEED=7
//! .ci/test-postgres.sh cargo test --test it chaos::clients -- --nocapture
//! ```

use crate::gateway::{AS_CODEX, CHAT, MODEL, RESPONSES, Told, ask, native_turn, told};
use crate::support::world::{self, ADA, Answer, GRACE, Node, World, until};
use axum::Router;
use axum::body::Body;
use futures_util::StreamExt as _;
use gateway::demo::simulator::{Chaos, Fault, Script, Spare, UsageChange};
use gateway::domain::ids::{MASTER_TENANT, ProviderId};
use gateway::domain::routing::health::BlockReason;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

const EMAILS: [&str; 4] = [ADA, GRACE, "edsger@example.com", "barbara@example.com"];
const NAMES: [&str; 4] = ["ada", "grace", "edsger", "barbara"];
const AT_ONCE: usize = 32;

/// A number of the environment.
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// A text that is no other request's, nor any part of it twice.
fn text(request: usize) -> String {
    let words = (0..30).map(|word| format!("request-{request}-word-{word}"));
    words.collect::<Vec<_>>().join(" ")
}

fn prompt(request: usize) -> String {
    format!("[say] {}", text(request))
}

/// A third as each kind of client; some belong to conversations.
async fn client(router: Router, request: usize) -> (Answer, Told) {
    let prompt = prompt(request);
    let (path, headers, body): (_, &[(&str, &str)], Value) = match request % 3 {
        0 => (RESPONSES, &[], ask(RESPONSES, MODEL, &prompt, true)),
        1 => (CHAT, &[], ask(CHAT, MODEL, &prompt, true)),
        _ => {
            let mut turn = native_turn(&prompt);
            turn["prompt_cache_key"] = json!(format!("session-{}", request % 50));
            (RESPONSES, AS_CODEX, turn)
        }
    };
    let answer = world::request(router, "POST", path, headers, Body::from(body.to_string())).await;
    assert_eq!(answer.status, 200, "request {request} found nobody: {}", answer.text());
    let told = told(path, true, &answer);
    (answer, told)
}

/// The owner of the pool is the first; each has its own faults.
async fn connect(world: &World, node: &Node, seed: u64) {
    for (at, name) in NAMES.into_iter().enumerate() {
        let account = world.sim.account(EMAILS[at]);
        account.set_usage(UsageChange {
            five_hour_cost: Some(0.0),
            weekly_cost: Some(0.0),
            ..UsageChange::default()
        });
        node.connect(name, &account).await;
        let all = Chaos { seed, ..Chaos::default() };
        account.set_chaos(Some(if at < 2 {
            Chaos { early_percent: 60.0, ..all }
        } else {
            let passing = Fault::EARLY.into_iter().filter(|fault| !leases(*fault)).collect();
            // A reset takes what was on its way with it: to the gateway it may come before the first word.
            let late = Fault::LATE.into_iter().filter(|fault| *fault != Fault::LateReset).collect();
            Chaos {
                early: passing,
                late,
                early_percent: 40.0,
                spare: Some(Spare { of: 2, at: at as u64 - 2 }),
                ..all
            }
        }));
    }
    let pool = json!({"settings": {"codex_pool": {
        "strategy": "round_robin", "affinity": "conversation", "extra_provider_names": NAMES[1..],
    }}});
    let put = node.request("PUT", "/v1/providers/ada", &[], Body::from(pool.to_string())).await;
    assert_eq!(put.status, 200, "{}", put.text());
    node.app.reload().await.unwrap();
}

/// Whether an account that fails like this gets nothing for a while, even if nobody else is left.
fn leases(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::UsageLimit
            | Fault::UsageLimitInStream
            | Fault::RateLimit
            | Fault::PaymentRequired
            | Fault::Forbidden
    )
}

fn ids(node: &Node) -> Vec<ProviderId> {
    let catalogue = node.app.catalogues.current();
    let tenant = catalogue.tenant(MASTER_TENANT);
    NAMES.iter().map(|name| tenant.provider(name).unwrap().id).collect()
}

/// What lasts for minutes is mended at once, as by the accounts' owners, so that every account keeps failing.
async fn mend(node: &Node) {
    loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let now = node.app.clock.now();
        for id in ids(node) {
            for reason in [BlockReason::PaymentRequired, BlockReason::Forbidden, BlockReason::Failing] {
                node.app.accounts.forget(id, None, reason, now);
            }
            node.app.accounts.forget(id, Some(MODEL), BlockReason::Overload, now);
        }
    }
}

/// What a run was like, for who reads its output.
#[derive(Debug, Default)]
struct Tally {
    calls: u64,
    early: u64,
    late: u64,
    whole: usize,
    moved: usize,
    broken: usize,
    kinds: BTreeMap<Fault, u64>,
}

impl Tally {
    /// One request's answer against what happened to it.
    fn judge(&mut self, request: usize, answer: &Answer, told: &Told, faults: &[Fault]) {
        let whole = text(request);
        let context = format!("request {request}, which met {faults:?}: {told:?}\n{}", answer.text());
        assert_eq!(told.ends, 1, "one terminal event: {context}");
        let late: Vec<Fault> = faults.iter().copied().filter(|fault| fault.is_late()).collect();
        self.moved += usize::from(answer.header("x-gateway-attempts").is_some_and(|n| n != "1"));
        if matches!(told.end.as_str(), "completed" | "stop") {
            // A reset also takes what was on its way: the gateway may not have seen any text.
            assert!(
                late.iter().all(|fault| *fault == Fault::LateReset),
                "a broken answer was completed: {context}"
            );
            assert_eq!(told.text, whole, "lost, doubled or mixed: {context}");
            self.whole += 1;
        } else {
            assert!(!late.is_empty(), "an account could have served: {context}");
            assert!(whole.starts_with(&told.text) && !told.text.is_empty(), "doubled or mixed: {context}");
            self.broken += 1;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_notice_only_what_fails_after_their_first_word() {
    let requests = setting("GATEWAY_TEST_CHAOS_REQUESTS").map_or(1_000, |n| usize::try_from(n).unwrap());
    let seed =
        setting("GATEWAY_TEST_CHAOS_SEED").unwrap_or_else(|| uuid::Uuid::now_v7().as_u64_pair().1 >> 40);
    println!("GATEWAY_TEST_CHAOS_SEED={seed}");
    let world = World::of(EMAILS, |config| config.upstream.first_byte_timeout_seconds = 6).await;
    let node = world.bare_node().await;
    connect(&world, &node, seed).await;
    let (router, began) = (node.router(), Instant::now());
    let clients = futures_util::stream::iter(0..requests).map(|request| {
        // Each a task of its own: they run at the same time on both threads.
        #[expect(clippy::disallowed_methods, reason = "a client is no part of the application")]
        let asked = tokio::spawn(client(router.clone(), request));
        async move { (request, asked.await.unwrap()) }
    });
    let answers = clients.buffer_unordered(AT_ONCE).collect::<Vec<_>>();
    let answers = tokio::select! {
        answers = answers => answers,
        () = mend(&node) => unreachable!("it never ends"),
    };
    let took = began.elapsed();

    let mut tally = Tally::default();
    let mut struck: HashMap<String, Vec<Fault>> = HashMap::new();
    for email in EMAILS {
        let account = world.sim.account(email);
        for (prompt, faults) in account.struck() {
            tally.calls += faults.len() as u64;
            struck.entry(prompt).or_default().extend(faults.into_iter().flatten());
        }
        for (fault, count) in account.counters().faults {
            *(if fault.is_late() { &mut tally.late } else { &mut tally.early }) += count;
            *tally.kinds.entry(fault).or_default() += count;
        }
    }
    for (request, (answer, told)) in &answers {
        tally.judge(*request, answer, told, struck.get(&prompt(*request)).map_or(&[], Vec::as_slice));
    }
    println!("{requests} requests in {took:.1?}: {tally:#?}");
    assert_eq!(tally.whole + tally.broken, requests);
    let share = (tally.early + tally.late) * 100 / tally.calls;
    // How many there are depends on how long the leases keep accounts out, and so on the machine.
    assert!((20..=45).contains(&share), "{share} % of the calls failed");
    if requests >= 10_000 {
        assert_eq!(tally.kinds.len(), Fault::EARLY.len() + Fault::LATE.len(), "every kind came");
    }
    until("no place is taken any more", async || {
        ids(&node).into_iter().all(|id| node.app.accounts.open(id) == 0)
            && EMAILS.iter().all(|email| world.sim.account(email).counters().in_flight == 0)
    })
    .await;
    // None of the faults was the end of a sign-in.
    for name in NAMES {
        assert_ne!(node.state(name), "needs_reauth", "{name}");
    }
}

#[tokio::test]
async fn an_account_that_ran_out_since_the_decision_is_not_asked() {
    let world = World::of(EMAILS, |_| {}).await;
    let node = world.bare_node().await;
    for (name, email) in NAMES.into_iter().zip(EMAILS).take(2) {
        node.connect(name, &world.sim.account(email)).await;
    }
    let pool = json!({"settings": {"codex_pool": {"extra_provider_names": ["grace"]}}});
    let put = node.request("PUT", "/v1/providers/ada", &[], Body::from(pool.to_string())).await;
    assert_eq!(put.status, 200, "{}", put.text());
    node.app.reload().await.unwrap();
    // The owner takes its time to fail; meanwhile the other one runs out.
    let (ada, grace) = (world.sim.account(ADA), world.sim.account(GRACE));
    ada.script(Script::status(500, json!({})).delayed(1_000));
    let slow = ask(RESPONSES, MODEL, "slow", true);
    let refused = ask(RESPONSES, "grace/gpt-5.5", "refused", true);
    let (slow, refused) = tokio::join!(node.post(RESPONSES, &slow), async {
        until("the owner is asked", async || ada.counters().responses == 1).await;
        grace.script(Script::fixture("error-429-usage_limit_reached"));
        node.post(RESPONSES, &refused).await
    });
    assert_eq!(refused.status, 429, "{}", refused.text());
    assert_eq!((slow.status, grace.counters().responses), (503, 1), "{}", slow.text());
    assert!(slow.text().contains("\\\"grace\\\" has used up its quota until"), "{}", slow.text());
}
