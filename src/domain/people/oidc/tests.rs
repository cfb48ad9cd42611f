use super::*;
use proptest::prelude::*;
use serde_json::json;

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(members) = value else { panic!("no object") };
    members
}

fn roles(pairs: &[(&str, Role)]) -> BTreeMap<String, Role> {
    pairs.iter().map(|(group, role)| ((*group).to_owned(), *role)).collect()
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn groups_stand_under_a_name_or_at_the_end_of_a_path() {
    let claims = object(json!({
        "groups": ["staff", 7, "ops"],
        "https://example.com/teams": "ops",
        "realm_access": {"roles": ["admin"]},
        "number": 7,
    }));
    assert_eq!(groups_in(&claims, "groups"), Some(strings(&["staff", "ops"])));
    assert_eq!(groups_in(&claims, "https://example.com/teams"), Some(strings(&["ops"])));
    assert_eq!(groups_in(&claims, "realm_access.roles"), Some(strings(&["admin"])));
    for absent in ["number", "realm_access", "realm_access.none", "nothing", ""] {
        assert_eq!(groups_in(&claims, absent), None, "{absent}");
    }
}

#[test]
fn the_highest_group_counts_and_nobody_without_one_gets_in() {
    let roles = roles(&[("staff", Role::Viewer), ("ops", Role::Operator), ("root", Role::Owner)]);
    assert_eq!(role_of(&strings(&["ops", "staff"]), &roles, None), Some(Role::Operator));
    assert_eq!(role_of(&strings(&["Staff", "other"]), &roles, None), None, "names are exact");
    assert_eq!(role_of(&[], &roles, Some(Role::Viewer)), Some(Role::Viewer));
    assert_eq!(role_of(&strings(&["root"]), &roles, Some(Role::Viewer)), Some(Role::Owner));
}

#[test]
fn an_address_is_verified_only_by_who_says_it() {
    let token = Claims { subject: "ada".into(), name: Some("Ada".into()), ..Claims::default() };
    let said = Claims {
        subject: "ada".into(),
        email: Some("ada@example.com".into()),
        email_verified: true,
        name: Some("A.".into()),
        groups: Some(Vec::new()),
    };
    let both = token.clone().or(said.clone());
    assert_eq!((both.email.as_deref(), both.email_verified), (Some("ada@example.com"), true));
    assert_eq!(both.name.as_deref(), Some("Ada"));
    assert!(both.are_complete() && !token.are_complete());
    let unverified = Claims { email: Some("other@example.com".into()), ..token };
    assert!(!unverified.or(said).email_verified);
}

#[test]
fn what_the_issuer_gave_it_takes_and_what_people_gave_stays() {
    let member = |role, giver| Before { member: Some((role, giver)), ..Before::default() };
    let by_issuer = member(Role::Admin, Giver::Issuer);
    assert_eq!(settle(by_issuer, None), After { owner: false, member: None });
    assert_eq!(settle(by_issuer, Some(Role::Viewer)).member, Some(Role::Viewer));
    let by_people = member(Role::Operator, Giver::People);
    for mapped in [None, Some(Role::Viewer), Some(Role::Admin)] {
        assert_eq!(settle(by_people, mapped), After { owner: false, member: Some(Role::Operator) });
    }
    let owner = Before { owner: Some(Giver::Issuer), ..by_issuer };
    assert_eq!(settle(owner, Some(Role::Viewer)), After { owner: false, member: Some(Role::Viewer) });
    let owner = Before { owner: Some(Giver::People), ..by_issuer };
    assert_eq!(settle(owner, None), After { owner: true, member: Some(Role::Admin) });
}

fn some_role() -> impl Strategy<Value = Option<Role>> {
    prop::option::of(prop::sample::select(Role::ALL.to_vec()))
}

fn some_giver() -> impl Strategy<Value = Giver> {
    prop::sample::select(vec![Giver::People, Giver::Issuer])
}

fn some_before() -> impl Strategy<Value = Before> {
    let member = prop::option::of((0_usize..3, some_giver()));
    (prop::option::of(some_giver()), any::<bool>(), member, any::<bool>()).prop_map(
        |(owner, last, member, disabled)| Before {
            owner,
            is_last_owner: last && owner.is_some(),
            member: member.map(|(at, giver)| (Role::ALL[at], giver)),
            disabled: disabled && owner.is_none() && member.is_some(),
        },
    )
}

proptest! {
    #[test]
    fn one_more_group_takes_nothing_away_and_gives_what_the_table_says(
        groups in prop::collection::vec("[abc]", 0..4),
        more in "[abc]",
        table in prop::collection::btree_map("[abc]", prop::sample::select(Role::ALL.to_vec()), 0..4),
        everybodys in some_role(),
    ) {
        let role = role_of(&groups, &table, everybodys);
        let grown: Vec<String> = groups.iter().cloned().chain([more.clone()]).collect();
        prop_assert!(role_of(&grown, &table, everybodys) >= role);
        prop_assert!(role_of(&grown, &table, everybodys) >= table.get(&more).copied());
        prop_assert!(role >= everybodys);
        let listed = role.is_none() || role == everybodys || groups.iter().any(|g| table.get(g).copied() == role);
        prop_assert!(listed, "{role:?} comes from nowhere");
    }

    #[test]
    fn the_last_owner_stays_and_nobody_rises_above_what_their_groups_or_people_gave(
        before in some_before(), mapped in some_role(),
    ) {
        let after = settle(before, mapped);
        prop_assert!(!before.is_last_owner || after.owner);
        prop_assert!(!after.owner || before.owner.is_some() || mapped == Some(Role::Owner));
        prop_assert!(after.member.is_none_or(|role| role <= Role::Admin));
        if before.disabled {
            prop_assert_eq!(after, After { owner: false, member: before.member.map(|(role, _)| role) });
        } else if let Some(role) = after.member {
            let given = before.member.is_some_and(|(had, _)| had == role);
            prop_assert!(given || mapped.is_some_and(|mapped| role <= mapped));
        }
        // Coming in once more changes nothing more.
        let giver = |was: Option<Giver>| was.unwrap_or(Giver::Issuer);
        let again = Before {
            owner: after.owner.then(|| giver(before.owner)),
            member: after.member.map(|role| (role, giver(before.member.map(|(_, giver)| giver)))),
            ..before
        };
        prop_assert_eq!(settle(again, mapped), after);
    }

    #[test]
    fn a_sign_in_never_leads_to_another_site(asked in "[/\\\\a-z:.@?#%\t ]{0,12}") {
        let path = return_path(Some(&asked));
        let base = url::Url::parse("https://gateway.example").unwrap();
        let joined = base.join(&path).unwrap();
        prop_assert_eq!(joined.origin(), base.origin());
        prop_assert!(path == "/" || path == asked);
    }
}

#[test]
fn the_reason_stands_in_the_query() {
    assert_eq!(with_reason("/", "no_role"), "/?sign_in_error=no_role");
    assert_eq!(with_reason("/keys?a=b#c", "no_role"), "/keys?a=b&sign_in_error=no_role#c");
    assert_eq!(return_path(Some("/keys?a=b")), "/keys?a=b");
    for foreign in ["//evil.example", "/\\evil.example", "https://evil.example", "keys", "/a\r\nb", ""] {
        assert_eq!(return_path(Some(foreign)), "/", "{foreign}");
    }
    assert_eq!(return_path(None), "/");
}
