//! What there is to ask: providers with their models, and agents. One immutable value, held in memory and rebuilt
//! when Postgres says that something changed; the request path reads nothing else.

use super::agent::{Agent, AgentDefaults, Effective};
use super::ids::{ProviderId, TenantId};
use super::placement::RoutingOverride;
use super::provider::{ProviderType, State, Status};
use super::routing::decide::{Availability, Candidate};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// Everything, of all tenants.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    tenants: HashMap<TenantId, TenantCatalogue>,
}

/// One tenant's part. Providers are in the order of their creation.
#[derive(Clone, Debug, Default)]
pub struct TenantCatalogue {
    pub providers: Vec<Arc<Provider>>,
    pub agents: Vec<Arc<Agent>>,
}

/// A provider as routing and the API see it. It holds no secret.
#[derive(Clone, Debug)]
pub struct Provider {
    pub id: ProviderId,
    pub tenant: TenantId,
    pub name: String,
    pub display_name: Option<String>,
    pub kind: &'static ProviderType,
    /// Its own, else the one of its type; `None` for ChatGPT without an override.
    pub api_base: Option<String>,
    pub has_api_key: bool,
    pub enabled: bool,
    /// A JSON object.
    pub settings: Value,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub grant: Option<GrantFacts>,
    pub models: Arc<[Model]>,
    pub models_fetched_at: Option<DateTime<Utc>>,
}

/// What is known of a sign-in without its tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantFacts {
    pub account_id: String,
    pub email: Option<String>,
    pub plan_type: Option<String>,
    pub connected_at: DateTime<Utc>,
    pub access_expires_at: DateTime<Utc>,
    /// Since when and why it no longer works.
    pub needs_reauth: Option<(DateTime<Utc>, Option<String>)>,
    pub state_since: DateTime<Utc>,
    /// The backend's base on the origin that the account's workspace wants its calls to go to, where such an origin
    /// was told and is followed (`domain::placement::backend_base`): `https://us.chatgpt.com/backend-api`.
    pub backend_base: Option<String>,
    pub routing_override: Option<RoutingOverride>,
}

/// One model of a provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub id: String,
    pub name: String,
    pub context_window: Option<u64>,
    /// Empty: unknown.
    pub efforts: Vec<String>,
    pub default_effort: Option<String>,
    /// The model takes the "Lite" shape from a native client.
    pub lite: bool,
    pub service_tiers: Vec<String>,
    /// Shown in lists.
    pub listed: bool,
    pub priority: i64,
    /// As the upstream told it, for native clients.
    pub native: Arc<Value>,
}

impl Model {
    /// From an entry of the native list (`slug`) or of an OpenAI-style list (`id`). `None` without a name.
    pub fn from_entry(entry: &Value) -> Option<Self> {
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        let id = text("slug").or_else(|| text("id"))?.to_owned();
        let strings = |key: &str, member: &str| -> Vec<String> {
            let list = entry.get(key).and_then(Value::as_array);
            list.into_iter().flatten().filter_map(|e| Some(e.get(member)?.as_str()?.to_owned())).collect()
        };
        Some(Self {
            name: text("display_name").or_else(|| text("name")).unwrap_or(&id).to_owned(),
            context_window: entry
                .get("context_window")
                .or_else(|| entry.get("context_length"))
                .and_then(Value::as_u64),
            efforts: strings("supported_reasoning_levels", "effort"),
            default_effort: text("default_reasoning_level").map(str::to_owned),
            lite: entry.get("use_responses_lite").and_then(Value::as_bool).unwrap_or(false),
            service_tiers: strings("service_tiers", "id"),
            listed: text("visibility").is_none_or(|v| v == "list"),
            priority: entry.get("priority").and_then(Value::as_i64).unwrap_or(i64::MAX),
            native: Arc::new(entry.clone()),
            id,
        })
    }
}

impl Provider {
    /// The model of that name in its catalogue.
    pub fn model(&self, id: &str) -> Option<&Model> {
        self.models.iter().find(|m| m.id == id)
    }

    /// The backend's base for the calls of a ChatGPT account; `configured` is `chatgpt.api_base`.
    ///
    /// The provider's own `api_base` comes first: who names a host for one account means it, and its tokens go nowhere
    /// else. Then the origin that its workspace asks for, then the configured one.
    pub fn codex_base<'a>(&'a self, configured: &'a str) -> &'a str {
        let told = || self.grant.as_ref()?.backend_base.as_deref();
        self.api_base.as_deref().or_else(told).unwrap_or(configured)
    }

    /// What its workspace asks every call to carry.
    pub fn routing_override(&self) -> Option<RoutingOverride> {
        self.grant.as_ref()?.routing_override
    }

    /// Its state for people.
    pub fn status(&self) -> Status {
        let (state, since, reason) = match (&self.grant, self.enabled) {
            (_, false) => (State::Disabled, self.updated_at, None),
            (None, true) if self.kind.is_chatgpt() => (State::SignedOut, self.updated_at, None),
            (None, true) => (State::Ready, self.updated_at, None),
            (Some(grant), true) => match &grant.needs_reauth {
                Some((since, reason)) => (State::NeedsReauth, *since, reason.clone()),
                None => (State::Ready, grant.state_since, None),
            },
        };
        Status { state, since, reason, until: None }
    }

    /// The same for the routing decision.
    pub fn candidate(&self) -> Candidate {
        let status = self.status();
        let availability = match status.state {
            State::Ready => Availability::Ready,
            State::Disabled => Availability::Disabled,
            State::SignedOut => Availability::SignedOut,
            State::NeedsReauth => Availability::NeedsReauth { since: status.since, reason: status.reason },
        };
        Candidate { id: self.id, name: self.name.clone(), availability }
    }

    fn is_ready(&self) -> bool {
        self.status().state == State::Ready
    }
}

/// What a request's `model` stands for.
#[derive(Clone, Debug)]
pub struct Resolved {
    pub provider: Arc<Provider>,
    /// The name that goes upstream.
    pub model: String,
    /// Present when an agent answers.
    pub agent: Option<(Arc<Agent>, Effective)>,
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

impl Catalogue {
    /// From the providers and agents of every tenant.
    pub fn new(tenants: HashMap<TenantId, TenantCatalogue>) -> Self {
        Self { tenants }
    }

    /// A tenant's part, empty for an unknown one.
    pub fn tenant(&self, id: TenantId) -> &TenantCatalogue {
        static EMPTY: std::sync::LazyLock<TenantCatalogue> =
            std::sync::LazyLock::new(TenantCatalogue::default);
        self.tenants.get(&id).unwrap_or(&EMPTY)
    }

    /// All providers of all tenants.
    pub fn providers(&self) -> impl Iterator<Item = &Arc<Provider>> {
        self.tenants.values().flat_map(|t| &t.providers)
    }
}

impl TenantCatalogue {
    /// The provider of that name or id.
    pub fn provider(&self, name_or_id: &str) -> Option<&Arc<Provider>> {
        self.providers.iter().find(|p| p.name == name_or_id || p.id.to_string() == name_or_id)
    }

    /// The agent of that key.
    pub fn agent(&self, key: &str) -> Option<&Arc<Agent>> {
        self.agents.iter().find(|a| a.key == key)
    }

    /// What `model` stands for: `agent:<key>` (also `goclaw:<key>`), `<provider>/<model>`, a plain model name, or
    /// nothing (also `default`): the default agent, else the default model.
    pub fn resolve(&self, model: Option<&str>, defaults: &AgentDefaults) -> Result<Resolved, Unresolved> {
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
            && let Some(provider) = self.providers.iter().find(|p| p.name == provider)
        {
            return Ok(Resolved { provider: provider.clone(), model: model.to_owned(), agent: None });
        }
        self.plain(name, defaults)
    }

    fn resolve_agent(&self, agent: &Arc<Agent>, defaults: &AgentDefaults) -> Result<Resolved, Unresolved> {
        if !agent.active {
            return Err(Unresolved::InactiveAgent { key: agent.key.clone() });
        }
        let effective = agent.effective(defaults);
        let resolved = self.named(&effective.provider, &effective.model)?;
        Ok(Resolved { agent: Some((agent.clone(), effective)), ..resolved })
    }

    fn named(&self, provider: &str, model: &str) -> Result<Resolved, Unresolved> {
        let found = self.providers.iter().find(|p| p.name == provider).ok_or_else(|| {
            Unresolved::UnknownProvider {
                name: provider.to_owned(),
                known: self.providers.iter().map(|p| p.name.clone()).collect(),
            }
        })?;
        Ok(Resolved { provider: found.clone(), model: model.to_owned(), agent: None })
    }

    /// The default provider when it can serve and has the model (or its catalogue is not known yet), else the first
    /// ready one that has it, else any that has it (its refusal then says what is wrong with it).
    fn plain(&self, model: &str, defaults: &AgentDefaults) -> Result<Resolved, Unresolved> {
        let has = |p: &Arc<Provider>| p.model(model).is_some() || p.models.is_empty();
        let default = self.providers.iter().find(|p| p.name == defaults.provider);
        let found = default
            .filter(|p| p.is_ready() && (has(p) || model == defaults.model))
            .or_else(|| self.providers.iter().find(|p| p.is_ready() && p.model(model).is_some()))
            .or_else(|| default.filter(|p| has(p) || model == defaults.model))
            .or_else(|| self.providers.iter().find(|p| p.model(model).is_some()));
        let found = found.ok_or_else(|| Unresolved::UnknownModel {
            model: model.to_owned(),
            known: self.models().into_iter().map(|(m, _)| m.id.clone()).collect(),
        })?;
        Ok(Resolved { provider: found.clone(), model: model.to_owned(), agent: None })
    }

    /// The union of the listed models of all enabled providers, each once, with the provider that answers for it.
    pub fn models(&self) -> Vec<(&Model, &Arc<Provider>)> {
        let mut seen = std::collections::HashSet::new();
        let mut models: Vec<_> = self
            .providers
            .iter()
            .filter(|p| p.enabled)
            .flat_map(|p| p.models.iter().filter(|m| m.listed).map(move |m| (m, p)))
            .filter(|(m, _)| seen.insert(m.id.clone()))
            .collect();
        models.sort_by_key(|(m, _)| m.priority);
        models
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::agent::ManagedBy;
    use serde_json::json;

    fn provider(name: &str, models: &[&str], ready: bool) -> Arc<Provider> {
        let at = DateTime::<Utc>::UNIX_EPOCH;
        Arc::new(Provider {
            id: ProviderId(uuid::Uuid::nil()),
            tenant: super::super::ids::MASTER_TENANT,
            name: name.into(),
            display_name: None,
            kind: ProviderType::named(super::super::provider::CHATGPT_OAUTH).expect("type"),
            api_base: None,
            has_api_key: false,
            enabled: true,
            settings: json!({}),
            created_at: at,
            updated_at: at,
            grant: ready.then(|| GrantFacts {
                account_id: "a".into(),
                email: None,
                plan_type: None,
                connected_at: at,
                access_expires_at: at,
                needs_reauth: None,
                state_since: at,
                backend_base: None,
                routing_override: None,
            }),
            models: models.iter().filter_map(|m| Model::from_entry(&json!({"slug": m}))).collect(),
            models_fetched_at: None,
        })
    }

    #[test]
    fn a_call_goes_to_the_providers_own_base_else_where_its_workspace_wants_it_else_to_the_configured_one() {
        let mut provider = Arc::unwrap_or_clone(provider("one", &[], true));
        let configured = "https://chatgpt.com/backend-api";
        assert_eq!((provider.codex_base(configured), provider.routing_override()), (configured, None));
        let grant = provider.grant.as_mut().expect("signed in");
        grant.backend_base = Some("https://us.chatgpt.com/backend-api".into());
        grant.routing_override = Some(RoutingOverride::Us);
        assert_eq!(provider.codex_base(configured), "https://us.chatgpt.com/backend-api");
        provider.api_base = Some("https://proxy.example/backend-api".into());
        assert_eq!(provider.codex_base(configured), "https://proxy.example/backend-api");
        assert_eq!(provider.routing_override(), Some(RoutingOverride::Us));
    }

    fn defaults() -> AgentDefaults {
        AgentDefaults {
            provider: "openai-codex".into(),
            model: "gpt-5.3-codex".into(),
            thinking_level: None,
            max_tokens: None,
            temperature: None,
            system_prompt: None,
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

    fn resolve(catalogue: &TenantCatalogue, model: &str) -> Result<(String, String), Unresolved> {
        catalogue.resolve(Some(model), &defaults()).map(|r| (r.provider.name.clone(), r.model))
    }

    fn pair(a: &str, b: &str) -> (String, String) {
        (a.into(), b.into())
    }

    #[test]
    fn a_plain_name_goes_to_the_default_provider_else_to_the_first_that_has_it() {
        let both = TenantCatalogue {
            providers: vec![provider("second", &["m1", "m2"], true), provider("openai-codex", &["m1"], true)],
            agents: vec![],
        };
        assert_eq!(resolve(&both, "m1"), Ok(pair("openai-codex", "m1")));
        assert_eq!(resolve(&both, "m2"), Ok(pair("second", "m2")));
        assert_eq!(resolve(&both, "second/m9"), Ok(pair("second", "m9")));
        let unknown = resolve(&both, "nope").expect_err("unknown").to_string();
        assert!(unknown.contains("\"nope\"") && unknown.contains("m1, m2"), "{unknown}");
        let down = TenantCatalogue {
            providers: vec![provider("openai-codex", &["m1"], false), provider("second", &["m1"], true)],
            agents: vec![],
        };
        assert_eq!(resolve(&down, "m1"), Ok(pair("second", "m1")));
    }

    #[test]
    fn agents_are_found_by_key_and_the_default_one_without_a_model() {
        let catalogue = TenantCatalogue {
            providers: vec![provider("openai-codex", &[], true), provider("second", &[], true)],
            agents: vec![agent("a", false, true), agent("b", true, true), agent("off", false, false)],
        };
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
    fn both_shapes_of_a_model_list_are_read() {
        let native = json!({"slug":"gpt-6-sol","display_name":"GPT-6-Sol","context_window":272_000,"use_responses_lite":true,
            "supported_reasoning_levels":[{"effort":"low"},{"effort":"high"}],"visibility":"hide","priority":3});
        let model = Model::from_entry(&native).expect("model");
        assert_eq!((model.efforts.len(), model.lite, model.listed, model.priority), (2, true, false, 3));
        let plain = Model::from_entry(&json!({"id":"llama","object":"model"})).expect("model");
        assert!(plain.listed && plain.efforts.is_empty());
        assert_eq!(Model::from_entry(&json!({"object":"model"})), None);
    }
}
