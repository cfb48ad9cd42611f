use super::super::testing::provider;
use super::*;
use crate::domain::agent::ManagedBy;
use crate::domain::pool::config::{PoolConfig, Strategy};
use serde_json::json;

fn defaults() -> AgentDefaults {
    AgentDefaults {
        provider: "openai-codex".into(),
        model: "gpt-5.3-codex".into(),
        thinking_level: None,
        max_tokens: None,
        temperature: None,
        system_prompt: None,
        tools_config: serde_json::Map::new(),
        workspace: None,
    }
}

fn agent(key: &str, is_default: bool, active: bool) -> Arc<Agent> {
    Arc::new(Agent {
        id: None,
        key: key.into(),
        display_name: None,
        provider: Some("second".into()),
        model: Some("m2".into()),
        system_prompt: None,
        thinking_level: None,
        max_tokens: None,
        temperature: None,
        context_window: 1,
        max_tool_iterations: 1,
        is_default,
        active,
        managed_by: ManagedBy::Database,
        workspace: None,
        agent_type: "open".into(),
        routing: None,
        tools_config: serde_json::Map::new(),
        other_config: serde_json::Map::new(),
        created_at: None,
        updated_at: None,
    })
}

fn tenant(providers: Vec<Arc<Provider>>, agents: Vec<Arc<Agent>>) -> TenantCatalogue {
    TenantCatalogue::new(providers, agents, "openai-codex").0
}

fn owner(name: &str, models: &[&str], ready: bool, members: &[&Arc<Provider>]) -> Arc<Provider> {
    let mut owner = Arc::unwrap_or_clone(provider(name, models, ready));
    let members = members.iter().map(|m| m.id).collect();
    owner.pool = Some(PoolConfig { strategy: Strategy::RoundRobin, members, ..PoolConfig::default() });
    Arc::new(owner)
}

fn names(pool: &EffectivePool) -> Vec<&str> {
    pool.accounts.iter().map(|a| a.name.as_str()).collect()
}

fn resolve(catalogue: &TenantCatalogue, model: &str) -> Result<(String, String), Unresolved> {
    catalogue.resolve(Some(model), &defaults()).map(|r| (r.provider.name.clone(), r.model))
}

fn pair(a: &str, b: &str) -> (String, String) {
    (a.into(), b.into())
}

#[test]
fn a_plain_name_goes_to_the_default_provider_else_to_the_first_that_has_it() {
    let both = tenant(
        vec![provider("second", &["m1", "m2"], true), provider("openai-codex", &["m1"], true)],
        vec![],
    );
    assert_eq!(resolve(&both, "m1"), Ok(pair("openai-codex", "m1")));
    assert_eq!(resolve(&both, "m2"), Ok(pair("second", "m2")));
    assert_eq!(resolve(&both, "second/m9"), Ok(pair("second", "m9")));
    let unknown = resolve(&both, "nope").expect_err("unknown").to_string();
    assert!(unknown.contains("\"nope\"") && unknown.contains("m1, m2"), "{unknown}");
    let down =
        tenant(vec![provider("openai-codex", &["m1"], false), provider("second", &["m1"], true)], vec![]);
    assert_eq!(resolve(&down, "m1"), Ok(pair("second", "m1")));
}

#[test]
fn agents_are_found_by_key_and_the_default_one_without_a_model() {
    let catalogue = tenant(
        vec![provider("openai-codex", &[], true), provider("second", &[], true)],
        vec![agent("a", false, true), agent("b", true, true), agent("off", false, false)],
    );
    assert_eq!(resolve(&catalogue, "agent:a"), Ok(pair("second", "m2")));
    assert_eq!(resolve(&catalogue, "goclaw:a"), Ok(pair("second", "m2")));
    for none in ["", "default"] {
        let found = catalogue.resolve(Some(none), &defaults()).expect("default agent");
        assert_eq!(found.agent.map(|(a, _)| a.key.clone()), Some("b".into()));
    }
    assert_eq!(resolve(&catalogue, "agent:off"), Err(Unresolved::InactiveAgent { key: "off".into() }));
    assert!(matches!(resolve(&catalogue, "agent:x"), Err(Unresolved::UnknownAgent { .. })));
}

#[test]
fn an_owner_is_its_pool_and_a_member_by_name_is_itself() {
    let member = provider("second", &["m1", "m2"], true);
    let pool = owner("openai-codex", &["m1"], true, &[&member]);
    let catalogue = tenant(vec![member, pool], vec![]);
    let accounts = |model: &str| {
        let resolved = catalogue.resolve(Some(model), &defaults()).expect("there");
        assert!(Arc::ptr_eq(&resolved.provider, resolved.pool.owner()));
        (names(&resolved.pool).join(" "), resolved.pool.active, resolved.pool.strategy)
    };
    let whole = ("openai-codex second".to_owned(), true, Strategy::RoundRobin);
    assert_eq!(accounts("m1"), whole);
    // Only the member has it, and the member is older: its owner answers all the same.
    assert_eq!(accounts("m2"), whole);
    assert_eq!(accounts("openai-codex/m2"), whole);
    assert_eq!(accounts("second/m1"), ("second".into(), false, Strategy::PrimaryFirst));
    let owned: Vec<_> = catalogue.models().into_iter().map(|(m, p)| (m.id.clone(), p.name.clone())).collect();
    assert_eq!(owned, [pair("m1", "openai-codex"), pair("m2", "openai-codex")]);
}

#[test]
fn an_owner_that_cannot_serve_does_not_take_its_pool_down() {
    let member = provider("second", &["m1"], true);
    let mut pool = Arc::unwrap_or_clone(owner("openai-codex", &[], false, &[&member]));
    let other = provider("other", &["m1", "m2"], true);
    for enabled in [true, false] {
        pool.enabled = enabled;
        let catalogue = tenant(vec![other.clone(), Arc::new(pool.clone()), member.clone()], vec![]);
        assert_eq!(resolve(&catalogue, "m1"), Ok(pair("openai-codex", "m1")));
        // No ready account of the pool has this one.
        assert_eq!(resolve(&catalogue, "m2"), Ok(pair("other", "m2")));
    }
}

#[test]
fn an_agents_routing_is_followed_and_what_is_wrong_with_it_takes_nothing_down() {
    let member = provider("second", &["m2"], true);
    let pool = owner("openai-codex", &["m2"], true, &[&member]);
    let routed = |key: &str, provider: Option<&str>, routing: serde_json::Value| {
        let mut agent = Arc::unwrap_or_clone(agent(key, false, true));
        agent.provider = provider.map(str::to_owned);
        agent.routing = routing.as_object().cloned();
        Arc::new(agent)
    };
    let custom = json!({"override_mode": "custom", "strategy": "priority_order"});
    let outside =
        json!({"override_mode": "custom", "strategy": "priority_order", "extra_provider_names": ["x"]});
    let agents = vec![
        routed("inherits", None, json!({})),
        routed("orders", None, custom),
        routed("outside", Some("openai-codex"), outside),
        routed("unread", None, json!({"override_mode": "custom", "strategy": "nonsense"})),
    ];
    let (catalogue, faults) = TenantCatalogue::new(vec![pool, member], agents, "openai-codex");
    let pool = |key: &str| {
        let resolved = catalogue.resolve(Some(&format!("agent:{key}")), &defaults()).expect("there");
        let agent = catalogue.agent(key).expect("there");
        let shown = catalogue.agent_pool(agent, &defaults()).expect("there");
        assert!(Arc::ptr_eq(&shown.accounts, &resolved.pool.accounts));
        (names(&resolved.pool).join(" "), resolved.pool.strategy)
    };
    let whole = || "openai-codex second".to_owned();
    assert_eq!(pool("inherits"), (whole(), Strategy::RoundRobin));
    assert_eq!(pool("orders"), (whole(), Strategy::PriorityOrder));
    assert_eq!(pool("outside"), ("openai-codex".into(), Strategy::PrimaryFirst));
    assert_eq!(pool("unread"), (whole(), Strategy::RoundRobin));
    let told: Vec<_> = faults.iter().map(|f| f.agent.as_str()).collect();
    assert_eq!(told, ["outside", "unread"]);
    // The default provider changed, and the catalogue was not built anew yet.
    let moved = AgentDefaults { provider: "second".into(), ..defaults() };
    let resolved = catalogue.resolve(Some("agent:orders"), &moved).expect("there");
    assert_eq!(names(&resolved.pool), ["second"]);
}

#[test]
fn who_reaches_a_part_finds_nothing_else_and_is_told_of_nothing_else() {
    let member = provider("second", &["m1", "m2"], true);
    let pool = owner("openai-codex", &["m1"], true, &[&member]);
    let other = provider("other", &["m1", "m3"], true);
    let whole = tenant(
        vec![member.clone(), pool.clone(), other.clone()],
        vec![agent("a", true, true), agent("b", false, true)],
    );
    let part = |reach: Reach| whole.part(&reach, "openai-codex");
    let list = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());

    let accounts = part(Reach { providers: Some(vec![pool.id, other.id]), ..Reach::default() });
    let resolved = accounts.resolve(Some("m1"), &defaults()).expect("there");
    assert_eq!(names(&resolved.pool), ["openai-codex"], "a member is an account of its own");
    let gone = resolve(&accounts, "m2").expect_err("only the member has it").to_string();
    assert!(gone.contains("m1, m3"), "{gone}");
    // The default agent's provider is not reached.
    assert!(matches!(accounts.resolve(None, &defaults()), Err(Unresolved::UnknownProvider { .. })));
    let alone = part(Reach { providers: Some(vec![member.id]), ..Reach::default() });
    assert_eq!(resolve(&alone, "m1"), Ok(pair("second", "m1")));

    let models = part(Reach { models: list(&["m1", "other/m3"]), ..Reach::default() });
    assert_eq!(resolve(&models, "m1"), Ok(pair("openai-codex", "m1")));
    assert_eq!(resolve(&models, "other/m3"), Ok(pair("other", "m3")));
    let told = resolve(&models, "second/m2").expect_err("not listed").to_string();
    assert!(told.ends_with("models: m1, m3"), "{told}");
    assert!(
        matches!(resolve(&models, "agent:a"), Err(Unresolved::UnknownModel { .. })),
        "an agent's model counts"
    );

    let agents = part(Reach { agents: list(&["b"]), ..Reach::default() });
    assert_eq!(resolve(&agents, "agent:b"), Ok(pair("second", "m2")));
    assert_eq!(
        resolve(&agents, "agent:a"),
        Err(Unresolved::UnknownAgent { key: "a".into(), known: vec!["b".into()] })
    );
    assert_eq!(agents.resolve(None, &defaults()).expect("a model").agent.map(|(a, _)| a.key.clone()), None);
}

#[test]
fn resolving_copies_no_account_of_a_pool() {
    let members: Vec<_> = (0..1000).map(|n| provider(&format!("m{n}"), &["m1"], true)).collect();
    let pool = owner("openai-codex", &["m1"], true, &members.iter().collect::<Vec<_>>());
    let catalogue = tenant(members.into_iter().chain([pool]).collect(), vec![]);
    let resolved = |model: &str| catalogue.resolve(Some(model), &defaults()).expect("there").pool;
    assert_eq!(resolved("m1").accounts.len(), 1001);
    assert!(Arc::ptr_eq(&resolved("m1").accounts, &resolved("openai-codex/m1").accounts));
}
