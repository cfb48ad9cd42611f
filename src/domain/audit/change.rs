//! A change as it will stand in the log: what was done to what, and the members that are different now.

use super::Object;
use super::mask::masked;
use serde_json::{Map, Value};
use std::fmt::Display;

/// What stands in the place of a secret.
pub const MASK: &str = "***";

/// Something that was done to an object.
///
/// What goes in are views for people, in which every secret is `***` already. As a second wall, members whose name is
/// that of a secret, whatever looks like a token, and queries of URLs are masked here once more: nothing gets out of a
/// `Change` that was not.
///
/// ```
/// use gateway::domain::audit::Change;
/// use serde_json::json;
///
/// let (before, after) = (json!({"name": "a", "enabled": true}), json!({"name": "a", "enabled": false}));
/// let change = Change::new("provider.update").on("0193", "a").between(&before, &after);
/// assert_eq!(change.after(), Some(&json!({"enabled": false})));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    action: &'static str,
    object: Object,
    before: Option<Value>,
    after: Option<Value>,
}

impl Change {
    /// `noun.verb`; the noun is the type of the object.
    pub fn new(action: &'static str) -> Self {
        let kind = action.split_once('.').map_or(action, |(noun, _)| noun).to_owned();
        Self { action, object: Object { kind, id: None, name: None }, before: None, after: None }
    }

    /// Which object, and what it is called: its new name, when that changed.
    #[must_use]
    pub fn on(self, id: impl Display, name: impl Into<String>) -> Self {
        self.id(id).name(name)
    }

    /// Which object.
    #[must_use]
    pub fn id(mut self, id: impl Display) -> Self {
        self.object.id = Some(id.to_string());
        self
    }

    /// What the object is called.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.object.name = Some(name.into());
        self
    }

    /// What was there and what is there now, without the members that are the same.
    #[must_use]
    pub fn between(mut self, before: &Value, after: &Value) -> Self {
        let (before, after) = difference(before, after).unwrap_or((Value::Null, Value::Null));
        self.before = shown(before);
        self.after = shown(after);
        self
    }

    /// What is there now and was not there before.
    #[must_use]
    pub fn made(mut self, after: Value) -> Self {
        self.after = shown(after);
        self
    }

    /// What was there and is no more.
    #[must_use]
    pub fn removed(mut self, before: Value) -> Self {
        self.before = shown(before);
        self
    }

    /// A secret was set, replaced or taken away, which views with masks don't show. `path` leads to its member.
    #[must_use]
    pub fn secret(mut self, path: &[&str], was_there: bool, is_there: bool) -> Self {
        let value = |there| if there { Value::from(MASK) } else { Value::Null };
        put(self.before.get_or_insert_with(empty), path, value(was_there));
        put(self.after.get_or_insert_with(empty), path, value(is_there));
        self
    }

    /// `noun.verb`.
    pub fn action(&self) -> &'static str {
        self.action
    }

    pub fn object(&self) -> &Object {
        &self.object
    }

    /// The members that changed, as they were. Without secrets.
    pub fn before(&self) -> Option<&Value> {
        self.before.as_ref()
    }

    /// The members that changed, as they are. Without secrets.
    pub fn after(&self) -> Option<&Value> {
        self.after.as_ref()
    }
}

fn empty() -> Value {
    Value::Object(Map::new())
}

fn shown(view: Value) -> Option<Value> {
    if view.is_null() { None } else { Some(masked(view)) }
}

fn put(place: &mut Value, path: &[&str], value: Value) {
    let [first, rest @ ..] = path else {
        *place = value;
        return;
    };
    if !place.is_object() {
        *place = empty();
    }
    if let Value::Object(members) = place {
        put(members.entry(*first).or_insert(Value::Null), rest, value);
    }
}

/// What differs, from both sides; `None` when nothing does. Objects are compared member by member.
fn difference(before: &Value, after: &Value) -> Option<(Value, Value)> {
    if before == after {
        return None;
    }
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        return Some((before.clone(), after.clone()));
    };
    let (mut was, mut is) = (Map::new(), Map::new());
    for (name, value) in old {
        match new.get(name) {
            None => drop(was.insert(name.clone(), value.clone())),
            Some(other) => {
                if let Some((before, after)) = difference(value, other) {
                    was.insert(name.clone(), before);
                    is.insert(name.clone(), after);
                }
            }
        }
    }
    for (name, value) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
        is.insert(name.clone(), value.clone());
    }
    Some((Value::Object(was), Value::Object(is)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn json_values() -> impl Strategy<Value = Value> {
        let leaf =
            prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), (0..3).prop_map(Value::from)];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[a-c]", inner, 0..4)
                    .prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    /// `before` with what `is` has, and without what only `was` has.
    fn applied(before: &Value, was: &Value, is: &Value) -> Value {
        let (Value::Object(old), Value::Object(was), Value::Object(is)) = (before, was, is) else {
            return is.clone();
        };
        let mut result = old.clone();
        for (name, value) in was {
            match (is.get(name), old.get(name)) {
                (None, _) => drop(result.shift_remove(name)),
                (Some(new), Some(old)) => drop(result.insert(name.clone(), applied(old, value, new))),
                (Some(new), None) => drop(result.insert(name.clone(), new.clone())),
            }
        }
        for (name, value) in is.iter().filter(|(name, _)| !was.contains_key(*name)) {
            result.insert(name.clone(), value.clone());
        }
        Value::Object(result)
    }

    proptest! {
        #[test]
        fn what_differs_is_all_that_is_needed_to_come_from_one_to_the_other(
            before in json_values(), after in json_values()
        ) {
            match difference(&before, &after) {
                None => prop_assert_eq!(before, after),
                Some((was, is)) => prop_assert_eq!(applied(&before, &was, &is), after),
            }
        }
    }

    #[test]
    fn members_that_did_not_change_are_left_out_at_every_depth() {
        let before = json!({"name": "a", "settings": {"x": 1, "y": 2, "gone": true}, "models": [1]});
        let after = json!({"name": "a", "settings": {"x": 1, "y": 3}, "models": [1, 2]});
        let change = Change::new("provider.update").on(7, "a").between(&before, &after);
        assert_eq!(change.before(), Some(&json!({"settings": {"y": 2, "gone": true}, "models": [1]})));
        assert_eq!(change.after(), Some(&json!({"settings": {"y": 3}, "models": [1, 2]})));
        assert_eq!(change.object().kind, "provider");
        let nothing = Change::new("provider.update").between(&before, &before);
        assert_eq!((nothing.before(), nothing.after()), (None, None));
    }

    #[test]
    fn a_secret_that_changed_is_told_without_telling_it() {
        let view = json!({"name": "a", "api_key": "***"});
        let change = Change::new("provider.update").between(&view, &view).secret(&["api_key"], true, true);
        assert_eq!(change.before(), Some(&json!({"api_key": "***"})));
        assert_eq!(change.after(), Some(&json!({"api_key": "***"})));
        let gone = Change::new("mcp_server.update").secret(&["env", "TOKEN"], true, false);
        assert_eq!(gone.before(), Some(&json!({"env": {"TOKEN": "***"}})));
        assert_eq!(gone.after(), Some(&json!({"env": {"TOKEN": null}})));
    }

    #[test]
    fn a_secret_that_a_view_forgot_to_mask_does_not_get_in() {
        let before = json!({"api_key": "sk-old-0123456789abcdefghij", "url": "https://a/mcp?key=abc"});
        let after = json!({"api_key": "sk-new-0123456789abcdefghij", "url": "https://a/mcp?key=def"});
        let change = Change::new("provider.update").between(&before, &after);
        let both = [change.before(), change.after()];
        for view in both {
            assert_eq!(
                view,
                Some(&json!({"api_key": "***", "url": "https://a/mcp?***"})),
                "and still seen to change"
            );
        }
    }
}
