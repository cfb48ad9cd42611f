//! `encrypted_content`: opaque to clients, bound to the account that got it and to the id of its item.

use serde_json::{Value, json};

use super::ids;

const PREFIX: &str = "gAAAAAB";

/// Content for this account and item, about as long as the real one.
pub(super) fn seal(user_id: &str, account_id: &str, item_id: &str) -> String {
    let filler = ids::hex(&ids::digest(&["sealed", item_id]), 64);
    let inner = json!({ "u": user_id, "a": account_id, "i": item_id, "f": filler });
    format!("{PREFIX}{}", ids::base64url(inner.to_string()))
}

/// Whether it was sealed for this account, and under this id when the item has one.
pub(super) fn opens(content: &str, user_id: &str, account_id: &str, item_id: Option<&str>) -> bool {
    let Some(bytes) = content.strip_prefix(PREFIX).and_then(ids::from_base64url) else {
        return false;
    };
    let Ok(inner) = serde_json::from_slice::<Value>(&bytes) else {
        return false;
    };
    inner["u"] == user_id && inner["a"] == account_id && item_id.is_none_or(|id| inner["i"] == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_content_opens_for_its_account_and_id_only() {
        let content = seal("user-1", "acct-1", "rs_1");
        assert!(opens(&content, "user-1", "acct-1", Some("rs_1")));
        assert!(opens(&content, "user-1", "acct-1", None));
        assert!(!opens(&content, "user-2", "acct-1", Some("rs_1")));
        assert!(!opens(&content, "user-1", "acct-2", Some("rs_1")));
        assert!(!opens(&content, "user-1", "acct-1", Some("rs_2")));
        assert!(!opens("gAAAAABxBt1hsnPXlUPGZRljE59AS5yIBTELGpq0MfYvS4dQ5f", "user-1", "acct-1", None));
    }
}
