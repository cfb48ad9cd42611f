//! One tenant's part of the catalogue, and what a request's `model` stands for in it.
//!
//! Everything that a request would have to work out (who is in which pool, what an agent makes of it) is worked out
//! once, when the catalogue is built: resolving looks names up and counts references.

use super::{Model, Provider};
use crate::domain::agent::{Agent, AgentDefaults, Effective};
use crate::domain::api_key::Reach;
use crate::domain::ids::ProviderId;
use crate::domain::pool::effective::{AgentRouting, EffectivePool, RoutingError};
use std::collections::HashMap;
use std::sync::Arc;

/// One tenant's part. Providers are in the order of their creation.
#[derive(Clone, Debug, Default)]
pub struct TenantCatalogue {
    pub providers: Vec<Arc<Provider>>,
    pub agents: Vec<Arc<Agent>>,
    /// What each provider's own configuration makes of it; as long as `providers`.
    pools: Vec<EffectivePool>,
    by_name: HashMap<String, usize>,
    by_id: HashMap<ProviderId, usize>,
    /// The owner of each account that is a member.
    owners: HashMap<ProviderId, usize>,
    /// Of the agents that have a routing object, with the provider that it was worked out for.
    routed: HashMap<String, (usize, EffectivePool)>,
    /// The models that may be asked, as `<model>` or `<provider>/<model>`; `None`: all.
    only: Option<Vec<String>>,
}

/// An agent's routing object that is not followed as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutingFault {
    pub agent: String,
    pub error: RoutingError,
}

/// What a request's `model` stands for.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The one that was named: the owner, where a pool answers.
    pub provider: Arc<Provider>,
    /// The name that goes upstream.
    pub model: String,
    /// Present when an agent answers.
    pub agent: Option<(Arc<Agent>, Effective)>,
    /// The accounts that can answer: the provider's pool as the agent uses it, else the provider alone.
    pub pool: EffectivePool,
}

/// Why a name stands for nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    #[error("there is no agent \"{key}\"; {}", listing("agents", .known))]
    UnknownAgent { key: String, known: Vec<String> },
    #[error("agent \"{key}\" is switched off")]
    InactiveAgent { key: String },
    #[error("there is no provider \"{name}\"; {}", listing("providers", .known))]
    UnknownProvider { name: String, known: Vec<String> },
    #[error("no connected provider has a model \"{model}\"; {}", listing("models", .known))]
    UnknownModel { model: String, known: Vec<String> },
}

fn listing(what: &str, known: &[String]) -> String {
    if known.is_empty() {
        format!("there are no {what} yet")
    } else {
        format!("{what}: {}", known.join(", "))
    }
}

impl TenantCatalogue {
    /// Works out the pools. `default_provider` is that of agents which name none; the faults are for the log.
    pub fn new(
        providers: Vec<Arc<Provider>>,
        agents: Vec<Arc<Agent>>,
        default_provider: &str,
    ) -> (Self, Vec<RoutingFault>) {
        let by_name = providers.iter().enumerate().map(|(at, p)| (p.name.clone(), at)).collect();
        let by_id: HashMap<_, _> = providers.iter().enumerate().map(|(at, p)| (p.id, at)).collect();
        let mut owners = HashMap::new();
        let mut pools = Vec::with_capacity(providers.len());
        for (at, owner) in providers.iter().enumerate() {
            let members = owner.pool.iter().flat_map(|pool| &pool.members);
            let members: Vec<_> = members.filter_map(|id| providers.get(*by_id.get(id)?)).collect();
            owners.extend(members.iter().map(|member| (member.id, at)));
            pools.push(EffectivePool::defaults(owner.clone(), members.into_iter().cloned()));
        }
        let mut tenant =
            Self { providers, agents, pools, by_name, by_id, owners, routed: HashMap::new(), only: None };
        let (mut routed, mut faults) = (HashMap::new(), Vec::new());
        for agent in tenant.agents.iter().filter(|agent| agent.routing.is_some()) {
            let provider = agent.provider_or(default_provider);
            let Some(at) = tenant.by_name.get(provider).copied() else { continue };
            let (pool, error) = tenant.route(agent, at);
            faults.extend(error.map(|error| RoutingFault { agent: agent.key.clone(), error }));
            routed.insert(agent.key.clone(), (at, pool));
        }
        tenant.routed = routed;
        (tenant, faults)
    }

    /// The part of it that somebody reaches: to them there is nothing else. A pool is what is left of it; where its owner
    /// is not reached, its members stand alone.
    #[must_use]
    pub fn part(&self, reach: &Reach, default_provider: &str) -> Self {
        let Reach { models, agents, providers } = reach;
        let providers =
            self.providers.iter().filter(|p| providers.as_ref().is_none_or(|ids| ids.contains(&p.id)));
        let agents = self.agents.iter().filter(|a| agents.as_ref().is_none_or(|keys| keys.contains(&a.key)));
        // What is wrong with an agent's routing was told when the whole was built.
        let (part, _) = Self::new(providers.cloned().collect(), agents.cloned().collect(), default_provider);
        Self { only: models.clone(), ..part }
    }

    /// Whether a model of a provider may be asked.
    pub fn offers(&self, provider: &Provider, model: &str) -> bool {
        self.only.as_ref().is_none_or(|only| {
            let with_provider = |name: &str| {
                let rest = name.strip_prefix(provider.name.as_str())?.strip_prefix('/')?;
                Some(rest == model)
            };
            only.iter().any(|name| name == model || with_provider(name) == Some(true))
        })
    }

    /// The provider of that id or name.
    pub fn provider(&self, id_or_name: &str) -> Option<&Arc<Provider>> {
        let by_id = id_or_name.parse().ok().and_then(|id| self.by_id.get(&ProviderId(id)));
        by_id.or_else(|| self.by_name.get(id_or_name)).map(|at| &self.providers[*at])
    }

    /// The agent of that key.
    pub fn agent(&self, key: &str) -> Option<&Arc<Agent>> {
        self.agents.iter().find(|a| a.key == key)
    }

    /// What a provider's own configuration makes of it: its pool, else itself alone.
    pub fn pool(&self, provider: ProviderId) -> Option<&EffectivePool> {
        self.by_id.get(&provider).map(|at| &self.pools[*at])
    }

    /// The owner of the pool that an account is a member of.
    pub fn owner_of(&self, member: ProviderId) -> Option<&Arc<Provider>> {
        self.owners.get(&member).map(|at| &self.providers[*at])
    }

    /// What an agent really goes over; `None` when its provider is not there.
    pub fn agent_pool(&self, agent: &Agent, defaults: &AgentDefaults) -> Option<EffectivePool> {
        let at = self.by_name.get(agent.provider_or(&defaults.provider))?;
        Some(self.routed_at(agent, *at))
    }

    fn routed_at(&self, agent: &Agent, at: usize) -> EffectivePool {
        match self.routed.get(&agent.key) {
            Some((known, pool)) if *known == at => pool.clone(),
            // The default provider is another one than when this was built.
            _ if agent.routing.is_some() => self.route(agent, at).0,
            _ => self.pools[at].clone(),
        }
    }

    /// What can't be read counts as not written.
    fn route(&self, agent: &Agent, at: usize) -> (EffectivePool, Option<RoutingError>) {
        let defaults = &self.pools[at];
        let Some(routing) = agent.routing.as_ref().filter(|_| defaults.owner().kind.is_chatgpt()) else {
            return (defaults.clone(), None);
        };
        match AgentRouting::from_object(routing) {
            Ok(routing) => defaults.routed(&routing),
            Err(error) => (defaults.clone(), Some(error)),
        }
    }

    /// What `model` stands for: `agent:<key>` (also `goclaw:<key>`), `<provider>/<model>`, a plain model name, or
    /// nothing (also `default`): the default agent, else the default model.
    pub fn resolve(&self, model: Option<&str>, defaults: &AgentDefaults) -> Result<Resolved, Unresolved> {
        let resolved = self.look_up(model, defaults)?;
        self.check_model(&resolved)?;
        Ok(resolved)
    }

    /// Refuses a model that may not be asked as if there were none.
    pub fn check_model(&self, resolved: &Resolved) -> Result<(), Unresolved> {
        if self.offers(&resolved.provider, &resolved.model) {
            return Ok(());
        }
        Err(Unresolved::UnknownModel { model: resolved.model.clone(), known: self.known_models() })
    }

    fn known_models(&self) -> Vec<String> {
        self.models().into_iter().map(|(m, _)| m.id.clone()).collect()
    }

    fn look_up(&self, model: Option<&str>, defaults: &AgentDefaults) -> Result<Resolved, Unresolved> {
        let name = model.map(str::trim).filter(|m| !m.is_empty() && *m != "default");
        let Some(name) = name else {
            return match self.agents.iter().find(|a| a.is_default && a.active) {
                Some(agent) => self.resolve_agent(agent, defaults),
                None => self.named(&defaults.provider, &defaults.model),
            };
        };
        if let Some(key) = name.strip_prefix("agent:").or_else(|| name.strip_prefix("goclaw:")) {
            let agent = self.agent(key).ok_or_else(|| Unresolved::UnknownAgent {
                key: key.to_owned(),
                known: self.agents.iter().map(|a| a.key.clone()).collect(),
            })?;
            return self.resolve_agent(agent, defaults);
        }
        // A model's own name may hold a slash: only a known provider before it makes it a prefix.
        if let Some((provider, model)) = name.split_once('/')
            && let Some(at) = self.by_name.get(provider)
        {
            return Ok(self.at(*at, model));
        }
        self.plain(name, defaults)
    }

    fn resolve_agent(&self, agent: &Arc<Agent>, defaults: &AgentDefaults) -> Result<Resolved, Unresolved> {
        if !agent.active {
            return Err(Unresolved::InactiveAgent { key: agent.key.clone() });
        }
        let effective = agent.effective(defaults);
        let at = self.index(&effective.provider)?;
        let (pool, resolved) = (self.routed_at(agent, at), self.at(at, &effective.model));
        Ok(Resolved { agent: Some((agent.clone(), effective)), pool, ..resolved })
    }

    fn named(&self, provider: &str, model: &str) -> Result<Resolved, Unresolved> {
        Ok(self.at(self.index(provider)?, model))
    }

    fn index(&self, provider: &str) -> Result<usize, Unresolved> {
        self.by_name.get(provider).copied().ok_or_else(|| Unresolved::UnknownProvider {
            name: provider.to_owned(),
            known: self.providers.iter().map(|p| p.name.clone()).collect(),
        })
    }

    fn at(&self, at: usize, model: &str) -> Resolved {
        let (provider, pool) = (self.providers[at].clone(), self.pools[at].clone());
        Resolved { provider, model: model.to_owned(), agent: None, pool }
    }

    /// The default provider when an account of its pool can serve the model (or may have it: its list is not known
    /// yet), else the first provider with such an account, else any that has the model (its refusal then says what is
    /// wrong with it). Members are reached through their owner.
    fn plain(&self, model: &str, defaults: &AgentDefaults) -> Result<Resolved, Unresolved> {
        let may = |p: &Provider| p.models.is_empty() || p.model(model).is_some() || model == defaults.model;
        let knows = |p: &Provider| p.model(model).is_some();
        let any = |at: usize, can: &dyn Fn(&Provider) -> bool| self.pools[at].accounts.iter().any(|a| can(a));
        let default = self.by_name.get(&defaults.provider).copied();
        let first = |can: &dyn Fn(&Provider) -> bool| {
            (0..self.providers.len())
                .find(|at| !self.owners.contains_key(&self.providers[*at].id) && any(*at, can))
        };
        let found = default
            .filter(|at| any(*at, &|p| p.is_ready() && may(p)))
            .or_else(|| first(&|p| p.is_ready() && knows(p)))
            .or_else(|| default.filter(|at| any(*at, &may)))
            .or_else(|| first(&knows));
        let found = found.ok_or_else(|| Unresolved::UnknownModel {
            model: model.to_owned(),
            known: self.known_models(),
        })?;
        Ok(self.at(found, model))
    }

    /// The union of the listed models of all enabled providers, each once, with the provider that answers for it: the
    /// owner, where a member of a pool has it.
    pub fn models(&self) -> Vec<(&Model, &Arc<Provider>)> {
        let mut seen = std::collections::HashSet::new();
        let mut models = Vec::new();
        for provider in self.providers.iter().filter(|p| p.enabled) {
            let answers = self.owner_of(provider.id).unwrap_or(provider);
            for model in provider.models.iter().filter(|m| m.listed && self.offers(answers, &m.id)) {
                if seen.insert(model.id.as_str()) {
                    models.push((model, answers));
                }
            }
        }
        models.sort_by_key(|(model, _)| model.priority);
        models
    }
}

#[cfg(test)]
mod tests {
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
        let owned: Vec<_> =
            catalogue.models().into_iter().map(|(m, p)| (m.id.clone(), p.name.clone())).collect();
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
        assert_eq!(
            agents.resolve(None, &defaults()).expect("a model").agent.map(|(a, _)| a.key.clone()),
            None
        );
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
}
