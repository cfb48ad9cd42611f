//! What there is to ask: providers with their models, and agents. One immutable value, held in memory and rebuilt
//! when Postgres says that something changed; the request path reads nothing else.

mod tenant;

pub use tenant::{Resolved, RoutingFault, TenantCatalogue, Unresolved};

use super::ids::{ProviderId, TenantId};
use super::placement::RoutingOverride;
use super::pool::config::PoolConfig;
use super::provider::{ProviderType, State, Status};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// Everything, of all tenants.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    tenants: HashMap<TenantId, TenantCatalogue>,
    /// Their names, in the order in which they are listed.
    names: Vec<TenantName>,
}

/// What a tenant is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantName {
    pub id: TenantId,
    pub slug: String,
    pub name: String,
    pub created_at: DateTime<Utc>,
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
    /// It takes nothing new and goes on with the conversations that live on it.
    pub draining: bool,
    /// A JSON object. It never holds `codex_pool`: that is [`pool`](Self::pool).
    pub settings: Value,
    /// The pool that it manages, which may be empty.
    pub pool: Option<PoolConfig>,
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
    /// Since when it no longer works, and the code that says why (`domain::token::ReauthReason::to_code`).
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
            (None, true) if self.draining => (State::Draining, self.updated_at, None),
            (None, true) => (State::Ready, self.updated_at, None),
            (Some(grant), true) => match &grant.needs_reauth {
                Some((since, reason)) => (State::NeedsReauth, *since, reason.clone()),
                None if self.draining => (State::Draining, self.updated_at, None),
                None => (State::Ready, grant.state_since, None),
            },
        };
        Status { state, since, reason, until: None, model_blocks: Vec::new() }
    }

    /// Whether its state is [`State::Ready`].
    pub fn is_ready(&self) -> bool {
        self.enabled
            && !self.draining
            && match &self.grant {
                Some(grant) => grant.needs_reauth.is_none(),
                None => !self.kind.is_chatgpt(),
            }
    }
}

impl Catalogue {
    /// From the providers and agents of every tenant.
    pub fn new(tenants: HashMap<TenantId, TenantCatalogue>, names: Vec<TenantName>) -> Self {
        Self { tenants, names }
    }

    /// Every tenant there is, the default one first.
    pub fn tenants(&self) -> &[TenantName] {
        &self.names
    }

    /// What a tenant is called.
    pub fn tenant_name(&self, id: TenantId) -> Option<&TenantName> {
        self.names.iter().find(|tenant| tenant.id == id)
    }

    /// The tenant of this id or slug. A UUID is also a valid slug: the id goes first.
    pub fn find_tenant(&self, id_or_slug: &str) -> Option<&TenantName> {
        let by_id = self.names.iter().find(|tenant| tenant.id.to_string() == id_or_slug);
        by_id.or_else(|| self.tenant_of_slug(id_or_slug))
    }

    /// The tenant of this slug.
    pub fn tenant_of_slug(&self, slug: &str) -> Option<&TenantName> {
        self.names.iter().find(|tenant| tenant.slug == slug)
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

#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use serde_json::json;

    /// A ChatGPT account with these models, signed in or not. Its id is made of its name.
    pub(crate) fn provider(name: &str, models: &[&str], ready: bool) -> Arc<Provider> {
        let at = DateTime::<Utc>::UNIX_EPOCH;
        Arc::new(Provider {
            id: id(name),
            tenant: crate::domain::ids::MASTER_TENANT,
            name: name.into(),
            display_name: None,
            kind: ProviderType::named(crate::domain::provider::CHATGPT_OAUTH).expect("type"),
            api_base: None,
            has_api_key: false,
            enabled: true,
            draining: false,
            settings: json!({}),
            pool: None,
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

    /// The id of [`provider`].
    pub(crate) fn id(name: &str) -> ProviderId {
        let mut bytes = [0; 16];
        for (place, byte) in bytes.iter_mut().zip(name.bytes()) {
            *place = byte;
        }
        ProviderId(uuid::Uuid::from_bytes(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_call_goes_to_the_providers_own_base_else_where_its_workspace_wants_it_else_to_the_configured_one() {
        let mut provider = Arc::unwrap_or_clone(testing::provider("one", &[], true));
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

    #[test]
    fn ready_is_what_the_status_says() {
        let told = |p: &Provider| assert_eq!(p.is_ready(), p.status().state == State::Ready);
        for signed_in in [true, false] {
            let mut provider = Arc::unwrap_or_clone(testing::provider("a", &[], signed_in));
            told(&provider);
            if let Some(grant) = &mut provider.grant {
                grant.needs_reauth = Some((DateTime::UNIX_EPOCH, None));
            }
            told(&provider);
            provider.kind = ProviderType::named("openai_compat").expect("type");
            told(&provider);
            provider.draining = true;
            told(&provider);
            provider.enabled = false;
            told(&provider);
        }
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
