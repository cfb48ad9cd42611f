//! Which pools may exist: the six rules, every broken one reported.
//!
//! A write is judged by what it brings about and by nothing else: an account that was in the pool before and stays in
//! it can't break the write, whatever has become of it.

use crate::domain::provider::CHATGPT_OAUTH;
use std::collections::{HashMap, HashSet};

/// One provider of the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub provider_type: String,
    pub place: Place,
}

/// Where an account stands in the tenant's pools.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    #[default]
    Free,
    /// It has a pool of its own with at least one member.
    Owner,
    /// It is in the pool of the one named.
    MemberOf(String),
}

/// A pool that is to be written.
#[derive(Clone, Copy, Debug)]
pub struct PoolWrite<'a> {
    pub owner: &'a str,
    /// The members until now; `None` where the owner has no pool.
    pub before: Option<&'a [String]>,
    /// The members from now on.
    pub after: &'a [String],
    /// Who is asked first from now on, where it is not the owner.
    pub primary: Option<&'a str>,
}

/// A broken rule. The texts are those of GoClaw.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolViolation {
    #[error("provider \"{owner}\" must be chatgpt_oauth to manage an OpenAI Codex pool")]
    OwnerType { owner: String },
    #[error("provider \"{owner}\" cannot include itself in its OpenAI Codex pool")]
    Itself { owner: String },
    #[error("provider \"{owner}\" references unknown OpenAI Codex pool member \"{member}\"")]
    UnknownMember { owner: String, member: String },
    #[error("provider \"{owner}\" can only add chatgpt_oauth members; \"{member}\" is {provider_type}")]
    MemberType { owner: String, member: String, provider_type: String },
    #[error("provider \"{member}\" already belongs to pool \"{pool}\"")]
    AlreadyMember { member: String, pool: String },
    #[error("provider \"{provider}\" already belongs to pool \"{pool}\" and cannot manage its own pool")]
    MemberOwns { provider: String, pool: String },
    #[error(
        "provider \"{owner}\" cannot make \"{primary}\" its primary account; it is not in its OpenAI Codex pool"
    )]
    PrimaryOutside { owner: String, primary: String },
}

impl PoolViolation {
    /// For programs: it does not change.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OwnerType { .. } => "pool_owner_type",
            Self::Itself { .. } => "pool_includes_itself",
            Self::UnknownMember { .. } => "unknown_pool_member",
            Self::MemberType { .. } => "pool_member_type",
            Self::AlreadyMember { .. } => "already_in_a_pool",
            Self::MemberOwns { .. } => "member_manages_a_pool",
            Self::PrimaryOutside { .. } => "primary_not_in_pool",
        }
    }

    /// The names of those involved, the one to change first.
    pub fn providers(&self) -> Vec<&str> {
        match self {
            Self::OwnerType { owner } | Self::Itself { owner } => vec![owner],
            Self::UnknownMember { owner, member } | Self::MemberType { owner, member, .. } => {
                vec![owner, member]
            }
            Self::PrimaryOutside { owner, primary } => vec![owner, primary],
            Self::AlreadyMember { member: provider, pool } | Self::MemberOwns { provider, pool } => {
                vec![provider, pool]
            }
        }
    }
}

/// Every rule that the write would break: the owner's first, then each new member's, in order.
pub fn validate(tenant: &[Account], write: PoolWrite<'_>) -> Vec<PoolViolation> {
    let accounts: HashMap<&str, &Account> = tenant.iter().map(|a| (a.name.as_str(), a)).collect();
    let owner = || write.owner.to_owned();
    let mut broken = Vec::new();
    if let (Some(account), None) = (accounts.get(write.owner), write.before) {
        if account.provider_type != CHATGPT_OAUTH {
            broken.push(PoolViolation::OwnerType { owner: owner() });
        }
        if let Place::MemberOf(pool) = &account.place {
            broken.push(PoolViolation::MemberOwns { provider: owner(), pool: pool.clone() });
        }
    }
    let kept: HashSet<&String> = write.before.into_iter().flatten().collect();
    for name in write.after.iter().filter(|name| !kept.contains(name)) {
        if name == write.owner {
            broken.push(PoolViolation::Itself { owner: owner() });
            continue;
        }
        let member = || name.clone();
        let Some(account) = accounts.get(name.as_str()) else {
            broken.push(PoolViolation::UnknownMember { owner: owner(), member: member() });
            continue;
        };
        if account.provider_type != CHATGPT_OAUTH {
            let provider_type = account.provider_type.clone();
            broken.push(PoolViolation::MemberType { owner: owner(), member: member(), provider_type });
        }
        match &account.place {
            Place::MemberOf(pool) if pool != write.owner => {
                broken.push(PoolViolation::AlreadyMember { member: member(), pool: pool.clone() });
            }
            // It would belong to this pool.
            Place::Owner => broken.push(PoolViolation::MemberOwns { provider: member(), pool: owner() }),
            Place::MemberOf(_) | Place::Free => {}
        }
    }
    if let Some(primary) = write.primary.filter(|name| !write.after.iter().any(|member| member == name)) {
        broken.push(PoolViolation::PrimaryOutside { owner: owner(), primary: primary.to_owned() });
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn account(name: &str, provider_type: &str, place: Place) -> Account {
        Account { name: name.into(), provider_type: provider_type.into(), place }
    }

    /// `main` has the pool `[helper]`; `a` and `b` are free; `local` is no ChatGPT account.
    fn tenant() -> Vec<Account> {
        vec![
            account("main", CHATGPT_OAUTH, Place::Owner),
            account("helper", CHATGPT_OAUTH, Place::MemberOf("main".into())),
            account("a", CHATGPT_OAUTH, Place::Free),
            account("b", CHATGPT_OAUTH, Place::Free),
            account("local", "openai_compat", Place::Free),
        ]
    }

    fn broken(owner: &str, before: Option<&[&str]>, after: &[&str]) -> Vec<PoolViolation> {
        let list = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let before = before.map(list);
        validate(
            &tenant(),
            PoolWrite { owner, before: before.as_deref(), after: &list(after), primary: None },
        )
    }

    #[test]
    fn the_primary_account_is_in_the_pool_and_what_else_is_wrong_is_told_with_it() {
        let write = |after: &[String], primary| {
            let broken = validate(&tenant(), PoolWrite { owner: "a", before: None, after, primary });
            broken.iter().map(|v| (v.code(), v.to_string())).collect::<Vec<_>>()
        };
        assert_eq!(write(&["b".to_owned()], Some("b")), []);
        let outside =
            "provider \"a\" cannot make \"main\" its primary account; it is not in its OpenAI Codex pool";
        assert_eq!(write(&["b".to_owned()], Some("main")), [("primary_not_in_pool", outside.to_owned())]);
        let codes: Vec<_> =
            write(&["ghost".to_owned()], Some("b")).into_iter().map(|(code, _)| code).collect();
        assert_eq!(codes, ["unknown_pool_member", "primary_not_in_pool"]);
    }

    fn texts(owner: &str, before: Option<&[&str]>, after: &[&str]) -> Vec<String> {
        broken(owner, before, after).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_rule_has_its_text() {
        for (owner, after, text) in [
            ("local", &["a"][..], "provider \"local\" must be chatgpt_oauth to manage an OpenAI Codex pool"),
            ("a", &["a"], "provider \"a\" cannot include itself in its OpenAI Codex pool"),
            ("a", &["ghost"], "provider \"a\" references unknown OpenAI Codex pool member \"ghost\""),
            (
                "a",
                &["local"],
                "provider \"a\" can only add chatgpt_oauth members; \"local\" is openai_compat",
            ),
            ("a", &["helper"], "provider \"helper\" already belongs to pool \"main\""),
            (
                "helper",
                &["a"],
                "provider \"helper\" already belongs to pool \"main\" and cannot manage its own pool",
            ),
            // The other side of the same rule: an owner is made a member.
            (
                "a",
                &["main"],
                "provider \"main\" already belongs to pool \"a\" and cannot manage its own pool",
            ),
        ] {
            assert_eq!(texts(owner, None, after), [text]);
        }
    }

    #[test]
    fn all_broken_rules_are_told_at_once_with_codes_and_names() {
        let all = broken("a", None, &["a", "b", "ghost", "local", "helper", "main"]);
        let told: Vec<_> = all.iter().map(|v| (v.code(), v.providers())).collect();
        assert_eq!(
            told,
            [
                ("pool_includes_itself", vec!["a"]),
                ("unknown_pool_member", vec!["a", "ghost"]),
                ("pool_member_type", vec!["a", "local"]),
                ("already_in_a_pool", vec!["helper", "main"]),
                ("member_manages_a_pool", vec!["main", "a"]),
            ]
        );
    }

    #[test]
    fn a_rule_broken_by_stale_data_blocks_no_unrelated_write() {
        assert_eq!(texts("local", Some(&["ghost", "helper"]), &["ghost", "helper"]), Vec::<String>::new());
        assert_eq!(texts("a", Some(&["local"]), &["local", "b"]), Vec::<String>::new());
        assert_eq!(texts("main", Some(&["helper"]), &["helper", "a"]), Vec::<String>::new());
        assert_eq!(texts("a", Some(&["local"]), &["ghost", "local"]).len(), 1);
    }

    /// The pools of six accounts, the last two of which are of another type.
    #[derive(Debug, Default)]
    struct World(HashMap<usize, Vec<usize>>);

    impl World {
        fn accounts(&self) -> Vec<Account> {
            let place = |i: usize| {
                if self.0.get(&i).is_some_and(|m| !m.is_empty()) {
                    return Place::Owner;
                }
                let owner = self.0.iter().find(|(_, members)| members.contains(&i));
                owner.map_or(Place::Free, |(owner, _)| Place::MemberOf(format!("p{owner}")))
            };
            let kind = |i| if i < 4 { CHATGPT_OAUTH } else { "openai_compat" };
            (0..6).map(|i| account(&format!("p{i}"), kind(i), place(i))).collect()
        }
    }

    proptest! {
        #[test]
        fn whatever_is_written_no_account_is_in_two_places(
            writes in prop::collection::vec((0..6usize, prop::collection::hash_set(0..6usize, 0..4)), 1..20)
        ) {
            let mut world = World::default();
            for (owner, members) in writes {
                let members: Vec<usize> = members.into_iter().collect();
                let names = |list: &[usize]| list.iter().map(|i| format!("p{i}")).collect::<Vec<_>>();
                let before = world.0.get(&owner).map(|m| names(m));
                let (name, after) = (format!("p{owner}"), names(&members));
                let write = PoolWrite { owner: &name, before: before.as_deref(), after: &after, primary: None };
                if !validate(&world.accounts(), write).is_empty() {
                    continue;
                }
                // An empty pool does not keep its owner from joining another one.
                for member in &members {
                    world.0.remove(member);
                }
                world.0.insert(owner, members);
                let mut seen = HashSet::new();
                for (owner, members) in &world.0 {
                    for account in members.iter().chain([owner]) {
                        prop_assert!(seen.insert(*account), "{:?}", world);
                        prop_assert!(*account < 4);
                    }
                }
            }
        }
    }
}
