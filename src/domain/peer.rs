//! From where a client really comes, when proxies stand in front of the gateway.
//!
//! A header is what its sender says. So the peer of the connection counts, unless it is a proxy that the operator trusts;
//! then counts what that proxy says of its own peer, and so on, from the right: the rightmost address that no trusted
//! proxy has.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// A block of addresses: `10.0.0.0/8`, `fd00::/8`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    network: IpAddr,
    length: u32,
}

impl Block {
    /// Whether the address is in it. An IPv4 address is the same when it is written as an IPv6 one.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.network, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differ = network.to_bits() ^ address.to_bits();
                differ.checked_shr(32 - self.length).unwrap_or(0) == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differ = network.to_bits() ^ address.to_bits();
                differ.checked_shr(128 - self.length).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

/// A text that is no [`Block`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an IP address or a block of them, such as \"10.0.0.0/8\" or \"fd00::1\"")]
pub struct NoBlock;

impl FromStr for Block {
    type Err = NoBlock;

    fn from_str(text: &str) -> Result<Self, NoBlock> {
        let (address, length) = match text.trim().split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u32>().map_err(|_| NoBlock)?)),
            None => (text.trim(), None),
        };
        let network: IpAddr = address.parse().map_err(|_| NoBlock)?;
        // `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
        let (network, all, inside) = match (network, network.to_canonical()) {
            (IpAddr::V6(_), IpAddr::V4(v4)) => (IpAddr::V4(v4), 32, 96),
            (network, _) => (network, if network.is_ipv4() { 32 } else { 128 }, 0),
        };
        let length = length.unwrap_or(all + inside).checked_sub(inside).ok_or(NoBlock)?;
        if length > all { Err(NoBlock) } else { Ok(Self { network, length }) }
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = if self.network.is_ipv4() { 32 } else { 128 };
        if self.length == all { self.network.fmt(f) } else { write!(f, "{}/{}", self.network, self.length) }
    }
}

impl Serialize for Block {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Block {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Block;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&NoBlock, f)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Block, E> {
                text.parse().map_err(|NoBlock| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// The client's address. `peer` has the connection; `x_forwarded_for` and `forwarded` are the values of these headers, in
/// the order of their lines. `Forwarded` (RFC 7239) counts where there is no `X-Forwarded-For`: a proxy sets one of the
/// two, and has to drop what its own client sends of the other.
pub fn client_address(
    peer: IpAddr,
    trusted: &[Block],
    x_forwarded_for: &[&str],
    forwarded: &[&str],
) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|block| block.contains(address));
    let mut nearest = peer.to_canonical();
    if !is_trusted(nearest) {
        return nearest;
    }
    let said: Vec<Option<IpAddr>> = if x_forwarded_for.is_empty() {
        forwarded.iter().flat_map(|line| split(line, ',')).map(forwarded_for).collect()
    } else {
        x_forwarded_for.iter().flat_map(|line| line.split(',')).map(address).collect()
    };
    for address in said.into_iter().rev() {
        // What a trusted proxy says of its peer in other words (`unknown`, `_hidden`) ends the way.
        let Some(address) = address else { break };
        nearest = address;
        if !is_trusted(nearest) {
            break;
        }
    }
    nearest
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address =
        bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()))?;
    Some(address.to_canonical())
}

/// The `for` of an element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let pairs = split(element, ';').filter_map(|pair| pair.split_once('='));
    let value = pairs.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?.1.trim();
    address(value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value))
}

/// The parts between separators outside of quotes.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |c: char| {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            c => return c == separator && !quoted,
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn blocks(texts: &[&str]) -> Vec<Block> {
        texts.iter().map(|text| text.parse().expect("a block")).collect()
    }

    #[test]
    fn blocks_are_written_as_people_write_them() {
        for (text, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("0.0.0.0/0", "203.0.113.1", "::1"),
            ("fd00::/8", "fd12::1", "fe80::1"),
            ("::1", "::1", "::2"),
            ("10.0.0.1/31", "10.0.0.0", "10.0.0.2"),
            ("::/0", "2001:db8::1", "10.0.0.1"),
        ] {
            let block: Block = text.parse().expect("a block");
            assert!(block.contains(ip(inside)) && !block.contains(ip(outside)), "{text}");
            assert_eq!(block.to_string(), text);
        }
        let mapped: Block = "::ffff:10.0.0.0/104".parse().expect("a block");
        assert!(mapped.contains(ip("10.1.2.3")) && mapped.contains(ip("::ffff:10.1.2.3")));
        for wrong in
            ["", "10.0.0.0/33", "::/129", "10.0.0", "host", "10.0.0.0/", "10.0.0.0/-1", "::ffff:10.0.0.0/95"]
        {
            assert_eq!(wrong.parse::<Block>(), Err(NoBlock), "{wrong}");
        }
    }

    #[test]
    fn the_rightmost_address_that_no_trusted_proxy_has_is_the_clients() {
        let trusted = blocks(&["10.0.0.0/8", "::1"]);
        let of = |peer: &str, x: &[&str], f: &[&str]| client_address(ip(peer), &trusted, x, f).to_string();
        assert_eq!(of("10.0.0.1", &["192.0.2.9, 198.51.100.1, 10.0.0.2"], &[]), "198.51.100.1");
        assert_eq!(
            of("10.0.0.1", &["192.0.2.9", "198.51.100.1"], &[]),
            "198.51.100.1",
            "two lines are one list"
        );
        assert_eq!(of("::ffff:10.0.0.1", &["198.51.100.1:4711"], &[]), "198.51.100.1");
        assert_eq!(of("::1", &["[2001:db8::1]:80"], &[]), "2001:db8::1");
        assert_eq!(of("10.0.0.1", &["10.0.0.3, 10.0.0.2"], &[]), "10.0.0.3", "all of them are ours");
        assert_eq!(of("10.0.0.1", &["192.0.2.9, junk, 10.0.0.2"], &[]), "10.0.0.2", "nobody knows further");
        assert_eq!(of("10.0.0.1", &[], &[]), "10.0.0.1");
        let f = "for=192.0.2.9;by=x, For=\"[2001:db8::1]:4711\";proto=https";
        assert_eq!(of("10.0.0.1", &[], &[f]), "2001:db8::1");
        assert_eq!(of("10.0.0.1", &[], &["for=\"a,b;for=192.0.2.9\", for=10.0.0.2"]), "10.0.0.2");
        assert_eq!(of("10.0.0.1", &["198.51.100.1"], &["for=192.0.2.9"]), "198.51.100.1");
        assert_eq!(of("198.51.100.7", &["192.0.2.9"], &["for=192.0.2.9"]), "198.51.100.7");
    }

    fn addresses() -> impl Strategy<Value = IpAddr> {
        prop_oneof![
            any::<u32>().prop_map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits))),
            any::<u8>().prop_map(|last| IpAddr::V4(Ipv4Addr::new(10, 0, 0, last))),
            any::<u128>().prop_map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits)).to_canonical()),
        ]
    }

    proptest! {
        #[test]
        fn what_a_peer_says_that_is_no_trusted_proxy_never_counts(
            peer in addresses(), x in "[0-9a-f:., \\[\\]]{0,60}", f in "[ -~]{0,60}"
        ) {
            let trusted = blocks(&["10.0.0.0/8"]);
            prop_assume!(!trusted[0].contains(peer));
            prop_assert_eq!(client_address(peer, &trusted, &[&x], &[&f]), peer);
            prop_assert_eq!(client_address(peer, &[], &[&x], &[]), peer);
        }

        #[test]
        fn whatever_a_client_writes_in_front_of_it_the_proxys_word_counts(
            client in addresses(), spoofed in "[ -~]{0,80}", in_line: bool
        ) {
            let trusted = blocks(&["10.0.0.0/8"]);
            prop_assume!(!trusted[0].contains(client));
            let proxy = ip("10.0.0.1");
            let own = client.to_string();
            let appended = format!("{spoofed}, {own}");
            let x: Vec<&str> = if in_line { vec![&appended] } else { vec![&spoofed, &own] };
            prop_assert_eq!(client_address(proxy, &trusted, &x, &[&spoofed]), client);
            let own = format!("for=\"{}\"", if client.is_ipv4() { own } else { format!("[{own}]") });
            // In a line of its own: a quote that the client left open can't swallow it.
            prop_assert_eq!(client_address(proxy, &trusted, &[], &[&spoofed, &own]), client);
        }

        #[test]
        fn a_block_holds_what_has_its_beginning(bits: u32, length in 0..=32_u32, other: u32) {
            let block: Block = format!("{}/{length}", Ipv4Addr::from_bits(bits)).parse().expect("a block");
            let same = length == 0 || bits >> (32 - length) == other >> (32 - length);
            prop_assert_eq!(block.contains(Ipv4Addr::from_bits(other).into()), same);
        }
    }
}
