//! How many connections come from one address: one client must not take every place of a listener.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The open connections by address.
#[derive(Clone, Debug, Default)]
pub struct Crowd(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub struct Place {
    crowd: Crowd,
    address: IpAddr,
}

impl Crowd {
    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more from there; `None`: there are `most` of them.
    pub fn enter(&self, address: IpAddr, most: usize) -> Option<Place> {
        let address = network(address);
        let mut all = self.lock();
        let count = all.entry(address).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Place { crowd: self.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.crowd.lock();
        if let Some(count) = all.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.address);
            }
        }
    }
}

/// What counts as one address: all of a /64, since a host has that many of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_its_places_and_gets_them_back() {
        let crowd = Crowd::default();
        let from = |text: &str| crowd.enter(text.parse().unwrap(), 2);
        let (first, second) = (from("10.0.0.1").unwrap(), from("::ffff:10.0.0.1").unwrap());
        assert!(from("10.0.0.1").is_none() && from("10.0.0.2").is_some());
        drop(first);
        let third = from("10.0.0.1");
        assert!(third.is_some() && from("10.0.0.1").is_none());
        drop((second, third));
        assert!(crowd.lock().is_empty());
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let crowd = Crowd::default();
        let from = |text: &str| crowd.enter(text.parse().unwrap(), 1);
        let _one = from("2001:db8:1:2::1").unwrap();
        assert!(from("2001:db8:1:2:ffff::9").is_none() && from("2001:db8:1:3::1").is_some());
    }
}
