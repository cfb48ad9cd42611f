//! One tenant's part of the catalogue, and what a request's `model` stands for in it.
//!
//! Everything that a request would have to work out (who is in which pool, what an agent makes of it) is worked out
//! once, when the catalogue is built: resolving looks names up and counts references.

mod resolve;

pub use resolve::{Resolved, Unresolved};

use super::{Model, Provider};
use crate::domain::agent::{Agent, AgentDefaults};
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
mod tests;
