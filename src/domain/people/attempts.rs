//! How many sign-ins may fail. Counted per account and per address; an address from which the person has signed in
//! before counts for itself, so that an attack from elsewhere locks nobody out at their own desk.

use sha2::{Digest, Sha256};
use std::net::IpAddr;

/// The bounds, in failures of one window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Of one account: from all addresses that are new to it together, and from each that it knows.
    pub per_account: u32,
    /// Of one address, over all accounts that don't know it.
    pub per_address: u32,
}

/// A counter, and how far it may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub name: String,
    pub most: u32,
}

/// The counters that an attempt takes from, in the order in which they are taken. `known`: the person signed in from
/// there before.
pub fn buckets(email: &str, address: &str, known: bool, bounds: Bounds) -> Vec<Bucket> {
    // Not the address itself: people type passwords into the wrong field.
    let account = hex::encode(&Sha256::digest(email.as_bytes())[..16]);
    if known {
        return vec![Bucket { name: format!("account:{account}@{address}"), most: bounds.per_account }];
    }
    vec![
        Bucket { name: format!("account:{account}"), most: bounds.per_account },
        Bucket { name: format!("address:{address}"), most: bounds.per_address },
    ]
}

/// The counter of sign-ins at an issuer's page that did not come to a good end: who comes is not known before.
pub fn issuer_bucket(address: &str, bounds: Bounds) -> Bucket {
    Bucket { name: format!("issuer:{address}"), most: bounds.per_address }
}

/// What counts as one address: all of a /64, since a host has that many of IPv6.
pub fn address_key(address: Option<IpAddr>) -> String {
    match address.map(|address| address.to_canonical()) {
        None => "local".to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", std::net::Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { per_account: 10, per_address: 30 };

    #[test]
    fn an_address_that_the_person_knows_shares_no_counter_with_any_other() {
        let home = buckets("ada@example.com", "10.0.0.1", true, BOUNDS);
        for elsewhere in [
            buckets("ada@example.com", "10.0.0.2", false, BOUNDS),
            buckets("ada@example.com", "10.0.0.2", true, BOUNDS),
            buckets("bob@example.com", "10.0.0.1", false, BOUNDS),
            buckets("bob@example.com", "10.0.0.1", true, BOUNDS),
        ] {
            assert!(elsewhere.iter().all(|bucket| home.iter().all(|own| own.name != bucket.name)));
        }
    }

    #[test]
    fn new_addresses_share_the_accounts_counter_and_each_has_its_own() {
        let one = buckets("ada@example.com", "10.0.0.1", false, BOUNDS);
        let two = buckets("ada@example.com", "10.0.0.2", false, BOUNDS);
        assert_eq!(one[0], two[0]);
        assert_ne!(one[1], two[1]);
        assert!(!one[0].name.contains("ada"), "{}", one[0].name);
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let key = |text: &str| address_key(Some(text.parse().unwrap()));
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:10.0.0.1"), key("10.0.0.1"));
        assert_eq!(address_key(None), "local");
    }
}
