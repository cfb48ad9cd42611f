//! What a request's `model` stands for.

use super::TenantCatalogue;
use crate::domain::agent::{Agent, AgentDefaults, Effective};
use crate::domain::catalogue::Provider;
use crate::domain::pool::effective::EffectivePool;
use std::sync::Arc;

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
}
