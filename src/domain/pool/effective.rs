//! What a request really goes over: the provider's pool (D, its defaults), and what an agent's
//! `other_config.chatgpt_oauth_routing` makes of it.
//!
//! An agent chooses a strategy and a part of the pool, never an account outside it. That is refused when an agent is
//! written ([`AgentRouting::check`]). What got outside later (the pool changed, the configuration file names what is
//! not there) takes nothing down: such accounts are left out ([`EffectivePool::routed`]) and the caller is told.

use super::config::{Affinity, Strategy, names, one_of, shown};
use crate::domain::catalogue::Provider;
use crate::domain::ids::ProviderId;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// The accounts of a request. A clone costs two counters, however many accounts there are.
#[derive(Clone, Debug)]
pub struct EffectivePool {
    /// Owner first, then the members in order; only the provider itself where no pool is active. Never empty.
    /// Accounts that can't serve are in it: the decision leaves them out, with the reason.
    pub accounts: Arc<[Arc<Provider>]>,
    /// [`Strategy::PrimaryFirst`] where no pool is active.
    pub strategy: Strategy,
    pub affinity: Affinity,
    /// The member that strategies with an order ask first; `None`: the owner.
    pub primary: Option<ProviderId>,
    /// A pool routes: more than the one account are in play.
    pub active: bool,
    /// Whose word the strategy and the accounts are.
    pub source: Source,
}

/// Where an [`EffectivePool`] comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The provider's pool as it is.
    Provider,
    /// The agent's own routing.
    Agent,
    /// There is no pool, or the agent switched it off.
    Single,
}

/// An agent's routing object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AgentRouting {
    /// The provider's way.
    #[default]
    Inherit,
    Custom {
        strategy: Strategy,
        /// Empty: all of the pool.
        extras: Vec<String>,
    },
}

/// Why a routing object is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoutingError {
    #[error("other_config.chatgpt_oauth_routing must be an object or null, not {0}")]
    NotAnObject(String),
    #[error(
        "other_config.chatgpt_oauth_routing has no member \"{0}\"; it has override_mode, strategy, extra_provider_names"
    )]
    UnknownMember(String),
    #[error("other_config.chatgpt_oauth_routing.override_mode: unknown mode {0}; one of inherit, custom")]
    UnknownMode(String),
    #[error(
        "other_config.chatgpt_oauth_routing.strategy: unknown strategy {0}; one of {names}",
        names = Strategy::names()
    )]
    UnknownStrategy(String),
    #[error(
        "other_config.chatgpt_oauth_routing.extra_provider_names must be a list of provider names; found {0}"
    )]
    NotNames(String),
    /// The text is GoClaw's.
    #[error(
        "agent routing cannot change pool membership for provider \"{provider}\"; manage members on the provider instead"
    )]
    OutsidePool {
        provider: String,
        /// The accounts that are not in its pool.
        outside: Vec<String>,
    },
}

impl AgentRouting {
    /// Reads the object. Absent, null, `{}` and `override_mode: "inherit"` with anything else are the provider's way;
    /// an object without a mode that says something is meant as custom.
    pub fn parse(routing: Option<&Value>) -> Result<Self, RoutingError> {
        match routing {
            None | Some(Value::Null) => Ok(Self::Inherit),
            Some(Value::Object(object)) => Self::from_object(object),
            Some(other) => Err(RoutingError::NotAnObject(shown(other))),
        }
    }

    /// As [`parse`](Self::parse).
    pub fn from_object(object: &Map<String, Value>) -> Result<Self, RoutingError> {
        let mode = match object.get("override_mode") {
            None | Some(Value::Null) => None,
            Some(Value::String(mode)) => Some(mode.trim()),
            Some(other) => return Err(RoutingError::UnknownMode(shown(other))),
        };
        match mode.unwrap_or_default() {
            "" | "custom" => {}
            "inherit" => return Ok(Self::Inherit),
            other => return Err(RoutingError::UnknownMode(format!("\"{other}\""))),
        }
        let known = ["override_mode", "strategy", "extra_provider_names"];
        if let Some(unknown) = object.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(RoutingError::UnknownMember(unknown.clone()));
        }
        let said = |key: &str| object.get(key).filter(|value| !value.is_null());
        let strategy = said("strategy");
        let extras = said("extra_provider_names").map_or(Ok(Vec::new()), names);
        let extras = extras.map_err(RoutingError::NotNames)?;
        if mode.is_none_or(str::is_empty) && strategy.is_none() && extras.is_empty() {
            return Ok(Self::Inherit);
        }
        let strategy = strategy.map_or(Ok(Strategy::default()), |s| one_of(s, Strategy::named));
        Ok(Self::Custom { strategy: strategy.map_err(RoutingError::UnknownStrategy)?, extras })
    }

    /// Whether every account that it names is in the pool of `owner`, whose members are given by name.
    pub fn check(&self, owner: &str, members: &[String]) -> Result<(), RoutingError> {
        let Self::Custom { extras, .. } = self else { return Ok(()) };
        let outside: Vec<String> =
            extras.iter().filter(|name| *name != owner && !members.contains(name)).cloned().collect();
        if outside.is_empty() {
            return Ok(());
        }
        Err(RoutingError::OutsidePool { provider: owner.to_owned(), outside })
    }
}

impl EffectivePool {
    /// One account and no pool.
    pub fn single(provider: Arc<Provider>) -> Self {
        Self {
            affinity: provider.pool.as_ref().map_or_else(Affinity::default, |p| p.affinity),
            accounts: Arc::from([provider]),
            strategy: Strategy::PrimaryFirst,
            primary: None,
            active: false,
            source: Source::Single,
        }
    }

    /// D: what a provider's own configuration says. `members` are those of its pool that there are, in order.
    pub fn defaults(owner: Arc<Provider>, members: impl IntoIterator<Item = Arc<Provider>>) -> Self {
        let Some(pool) = owner.pool.as_ref().filter(|_| owner.kind.is_chatgpt()) else {
            return Self::single(owner);
        };
        let (strategy, how) = (pool.strategy, (pool.affinity, pool.primary));
        let accounts: Arc<[_]> = std::iter::once(owner).chain(members).collect();
        Self::over(accounts, strategy, how, Source::Provider)
    }

    fn over(
        accounts: Arc<[Arc<Provider>]>,
        strategy: Strategy,
        (affinity, primary): (Affinity, Option<ProviderId>),
        source: Source,
    ) -> Self {
        // A part of a pool may be without it.
        let primary = primary.filter(|id| accounts.iter().any(|account| account.id == *id));
        if accounts.len() > 1 {
            return Self { accounts, strategy, affinity, primary, active: true, source };
        }
        let (strategy, source) = (Strategy::PrimaryFirst, Source::Single);
        Self { accounts, strategy, affinity, primary: None, active: false, source }
    }

    /// The provider that was named: the first account.
    pub fn owner(&self) -> &Arc<Provider> {
        &self.accounts[0]
    }

    /// What an agent makes of its provider's defaults (`self`). The error tells what was left out of account; what
    /// comes with it can serve all the same.
    pub fn routed(&self, routing: &AgentRouting) -> (Self, Option<RoutingError>) {
        let AgentRouting::Custom { strategy, extras } = routing else { return (self.clone(), None) };
        // Ignored where no pool can be.
        if !self.owner().kind.is_chatgpt() {
            return (self.clone(), None);
        }
        let over = |accounts| Self::over(accounts, *strategy, (self.affinity, self.primary), Source::Agent);
        if extras.is_empty() {
            let off = *strategy == Strategy::PrimaryFirst;
            return (if off { self.alone() } else { over(self.accounts.clone()) }, None);
        }
        let members: HashMap<&str, &Arc<Provider>> =
            self.accounts.iter().map(|account| (account.name.as_str(), account)).collect();
        let owner = self.owner();
        let (mut accounts, mut outside) = (vec![owner.clone()], Vec::new());
        for name in extras.iter().filter(|name| **name != owner.name) {
            match members.get(name.as_str()) {
                Some(account) => accounts.push((*account).clone()),
                None => outside.push(name.clone()),
            }
        }
        let error = (!outside.is_empty())
            .then(|| RoutingError::OutsidePool { provider: owner.name.clone(), outside });
        (over(accounts.into()), error)
    }

    fn alone(&self) -> Self {
        Self { affinity: self.affinity, ..Self::single(self.owner().clone()) }
    }
}

fn named(other_config: &mut Map<String, Value>) -> Option<&mut Vec<Value>> {
    other_config.get_mut("chatgpt_oauth_routing")?.get_mut("extra_provider_names")?.as_array_mut()
}

fn is_name(entry: &Value, name: &str) -> bool {
    entry.as_str().is_some_and(|text| text.trim() == name)
}

/// Whether an agent's routing object names a provider.
pub fn names_provider(other_config: &Map<String, Value>, name: &str) -> bool {
    let list = other_config.get("chatgpt_oauth_routing").and_then(|r| r.get("extra_provider_names"));
    list.and_then(Value::as_array).is_some_and(|list| list.iter().any(|entry| is_name(entry, name)))
}

/// Follows a provider's new name in an agent's routing object.
pub fn rename_provider(other_config: &mut Map<String, Value>, old: &str, new: &str) {
    for entry in named(other_config).into_iter().flatten().filter(|entry| is_name(entry, old)) {
        *entry = new.into();
    }
}

/// Takes a provider out of an agent's routing object. Where nothing is left but the owner, the owner alone it is: an
/// empty list would mean the whole pool.
pub fn forget_provider(other_config: &mut Map<String, Value>, name: &str) {
    let Some(list) = named(other_config) else { return };
    let length = list.len();
    list.retain(|entry| !is_name(entry, name));
    if !list.is_empty() || length == 0 {
        return;
    }
    let routing = other_config.get_mut("chatgpt_oauth_routing").and_then(Value::as_object_mut);
    let Some(routing) = routing else { return };
    if routing.get("override_mode").and_then(Value::as_str).map(str::trim) != Some("inherit") {
        routing.insert("override_mode".into(), "custom".into());
        routing.insert("strategy".into(), Strategy::PrimaryFirst.as_str().into());
    }
}

#[cfg(test)]
mod tests {
    use super::Strategy;
    use super::*;
    use crate::domain::catalogue::testing::provider;
    use crate::domain::pool::config::PoolConfig;
    use crate::domain::provider::ProviderType;
    use proptest::prelude::*;
    use serde_json::json;

    /// The pool of `main`: round robin over `main`, `b`, `c` and `d`.
    fn pool() -> EffectivePool {
        let members: Vec<_> = ["b", "c", "d"].iter().map(|n| provider(n, &[], true)).collect();
        let mut main = Arc::unwrap_or_clone(provider("main", &[], true));
        main.pool = Some(PoolConfig {
            strategy: Strategy::RoundRobin,
            affinity: Affinity::Request,
            members: members.iter().map(|m| m.id).collect(),
            primary: None,
        });
        EffectivePool::defaults(Arc::new(main), members)
    }

    /// How the result of a routing object reads: `strategy: accounts (source)`.
    fn reads(defaults: &EffectivePool, routing: &Value) -> String {
        let strict = AgentRouting::parse(Some(routing)).and_then(|parsed| {
            let names: Vec<String> = defaults.accounts.iter().skip(1).map(|a| a.name.clone()).collect();
            if defaults.owner().kind.is_chatgpt() {
                parsed.check(&defaults.owner().name, &names)?;
            }
            Ok(parsed)
        });
        let parsed = match strict {
            Ok(parsed) => parsed,
            Err(error) => return error.to_string(),
        };
        let (pool, error) = defaults.routed(&parsed);
        assert_eq!(error, None);
        let names: Vec<&str> = pool.accounts.iter().map(|a| a.name.as_str()).collect();
        assert_eq!(pool.active, names.len() > 1);
        assert_eq!(pool.affinity, defaults.affinity);
        format!("{}: {} ({:?})", pool.strategy.as_str(), names.join(" "), pool.source)
    }

    #[test]
    fn the_effective_routing_is_that_of_the_reference() {
        let d = "round_robin: main b c d (Provider)";
        let custom = |strategy: &str, extras: Value| json!({"override_mode": "custom", "strategy": strategy, "extra_provider_names": extras});
        for (routing, result) in [
            // absent, null, {} or inherit with anything: D
            (json!(null), d),
            (json!({}), d),
            (json!({"override_mode": null, "strategy": null, "extra_provider_names": []}), d),
            (json!({"override_mode": "inherit"}), d),
            (json!({"override_mode": "inherit", "strategy": "nonsense", "extra_provider_names": ["x"]}), d),
            // custom, primary_first, no extras: single account, pool off
            (custom("primary_first", json!([])), "primary_first: main (Single)"),
            (json!({"override_mode": "custom"}), "primary_first: main (Single)"),
            // custom, another strategy, extras empty or equal to D's: that strategy over D's members
            (custom("round_robin", json!([])), "round_robin: main b c d (Agent)"),
            (custom("priority_order", json!(null)), "priority_order: main b c d (Agent)"),
            (custom("quota_aware", json!(["b", "c", "d"])), "quota_aware: main b c d (Agent)"),
            (json!({"strategy": "priority_order"}), "priority_order: main b c d (Agent)"),
            // custom, a subset: that strategy over the subset, in the agent's order
            (custom("priority_order", json!(["d", " b ", "d"])), "priority_order: main d b (Agent)"),
            (custom("primary_first", json!(["c"])), "primary_first: main c (Agent)"),
            (custom("round_robin", json!(["main"])), "primary_first: main (Single)"),
            // custom with an account outside D
            (
                custom("round_robin", json!(["b", "x"])),
                "agent routing cannot change pool membership for provider \"main\"; manage members on the provider instead",
            ),
            // what can't be read
            (
                custom("fastest", json!([])),
                "other_config.chatgpt_oauth_routing.strategy: unknown strategy \"fastest\"; one of primary_first, priority_order, round_robin, quota_aware",
            ),
            (
                json!({"override_mode": "mine"}),
                "other_config.chatgpt_oauth_routing.override_mode: unknown mode \"mine\"; one of inherit, custom",
            ),
            (
                custom("round_robin", json!("b")),
                "other_config.chatgpt_oauth_routing.extra_provider_names must be a list of provider names; found \"b\"",
            ),
            (
                json!({"override_mode": "custom", "members": []}),
                "other_config.chatgpt_oauth_routing has no member \"members\"; it has override_mode, strategy, extra_provider_names",
            ),
            (json!(7), "other_config.chatgpt_oauth_routing must be an object or null, not 7"),
        ] {
            assert_eq!(reads(&pool(), &routing), result, "{routing}");
        }
    }

    #[test]
    fn without_a_pool_everything_is_the_single_account() {
        let single = EffectivePool::single(provider("alone", &[], true));
        for routing in [json!({}), json!({"override_mode": "custom", "strategy": "round_robin"})] {
            assert_eq!(reads(&single, &routing), "primary_first: alone (Single)");
        }
        let outside = json!({"override_mode": "custom", "extra_provider_names": ["b"]});
        assert!(reads(&single, &outside).starts_with("agent routing cannot change"));
        let mut empty = Arc::unwrap_or_clone(provider("alone", &[], true));
        empty.pool = Some(PoolConfig { strategy: Strategy::RoundRobin, ..PoolConfig::default() });
        let empty = EffectivePool::defaults(Arc::new(empty), []);
        assert_eq!(reads(&empty, &json!({})), "primary_first: alone (Single)");
    }

    #[test]
    fn a_routing_object_means_nothing_on_another_type_of_provider() {
        let mut local = Arc::unwrap_or_clone(provider("local", &[], true));
        local.kind = ProviderType::named("openai_compat").expect("type");
        let local = EffectivePool::single(Arc::new(local));
        let routing =
            json!({"override_mode": "custom", "strategy": "round_robin", "extra_provider_names": ["x"]});
        assert_eq!(reads(&local, &routing), "primary_first: local (Single)");
    }

    #[test]
    fn an_owner_that_cannot_serve_does_not_take_its_pool_down() {
        let mut owner = Arc::unwrap_or_clone(provider("main", &[], false));
        owner.enabled = false;
        owner.pool = Some(PoolConfig::default());
        let pool = EffectivePool::defaults(Arc::new(owner), [provider("b", &[], true)]);
        assert!(pool.active);
        assert_eq!(pool.accounts.len(), 2);
    }

    #[test]
    fn what_left_the_pool_later_is_left_out_and_told() {
        let routing = AgentRouting::Custom {
            strategy: Strategy::PriorityOrder,
            extras: vec!["gone".into(), "c".into()],
        };
        let (pool, error) = pool().routed(&routing);
        let names: Vec<&str> = pool.accounts.iter().map(|a| a.name.as_str()).collect();
        assert_eq!(names, ["main", "c"]);
        let outside = RoutingError::OutsidePool { provider: "main".into(), outside: vec!["gone".into()] };
        assert_eq!(error, Some(outside));
    }

    #[test]
    fn a_routing_object_follows_a_rename_and_forgets_what_is_gone() {
        let other = |routing: Value| {
            let other = json!({"mine": 1, "chatgpt_oauth_routing": routing});
            other.as_object().expect("object").clone()
        };
        let list = |names: &[&str]| json!({"strategy": "round_robin", "extra_provider_names": names});
        let mut subset = other(list(&["b", "c"]));
        assert!(names_provider(&subset, "b") && !names_provider(&subset, "d"));
        rename_provider(&mut subset, "b", "d");
        assert_eq!(subset, other(list(&["d", "c"])));
        forget_provider(&mut subset, "c");
        assert_eq!(subset, other(list(&["d"])));
        forget_provider(&mut subset, "d");
        let alone =
            json!({"strategy": "primary_first", "extra_provider_names": [], "override_mode": "custom"});
        assert_eq!(subset, other(alone));
        let mut inherits = other(json!({"override_mode": "inherit", "extra_provider_names": ["b"]}));
        forget_provider(&mut inherits, "b");
        assert_eq!(inherits, other(json!({"override_mode": "inherit", "extra_provider_names": []})));
        let mut whole = other(list(&[]));
        forget_provider(&mut whole, "b");
        assert_eq!(whole, other(list(&[])));
    }

    proptest! {
        #[test]
        fn an_agent_never_reaches_an_account_outside_the_pool_nor_one_twice(
            mode in 0..3usize, strategy in 0..4usize, extras in prop::collection::vec("[a-e]|main", 0..6)
        ) {
            let defaults = pool();
            let modes = [Value::Null, "custom".into(), "inherit".into()];
            let routing = json!({
                "override_mode": modes[mode],
                "strategy": Strategy::ALL[strategy].as_str(),
                "extra_provider_names": extras,
            });
            let parsed = AgentRouting::parse(Some(&routing)).expect("well formed");
            let (routed, error) = defaults.routed(&parsed);
            prop_assert_eq!(&routed.owner().name, "main");
            let mut seen = std::collections::HashSet::new();
            for account in routed.accounts.iter() {
                prop_assert!(defaults.accounts.iter().any(|a| Arc::ptr_eq(a, account)));
                prop_assert!(seen.insert(account.name.clone()));
            }
            let members = ["b", "c", "d"].map(str::to_owned);
            prop_assert_eq!(parsed.check("main", &members).err(), error);
        }
    }
}
