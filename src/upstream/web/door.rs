//! Where a fetch may go. A model is told URLs by strangers; none of them may lead into the network that the gateway is in.

use super::FetchError;
use crate::domain::net::is_public;
use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use url::{Host, Url};

/// Looks up the addresses of a name.
pub type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// The system's own resolver.
pub fn system_lookup() -> Lookup {
    Arc::new(|name| Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) }))
}

/// How a URL is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Through the resolver that knows public addresses only.
    Public,
    /// The operator trusts this host, wherever it is.
    Trusted,
}

/// What may be fetched. `trusted` are hosts, or hosts with a port, as they stand in a URL.
pub fn check(url: &Url, trusted: &[String]) -> Result<Door, FetchError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(FetchError::Scheme(url.scheme().to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(FetchError::Credentials);
    }
    let host = url.host().ok_or_else(|| FetchError::NotAUrl("it has no host".to_owned()))?;
    let text = host.to_string();
    let name = text.trim_end_matches('.');
    let port = url.port_or_known_default().unwrap_or_default();
    let with_port = format!("{name}:{port}");
    if trusted.iter().any(|entry| *entry == name || *entry == with_port) {
        return Ok(Door::Trusted);
    }
    let address = match host {
        Host::Ipv4(address) => Some(IpAddr::V4(address)),
        Host::Ipv6(address) => Some(IpAddr::V6(address)),
        Host::Domain(_) => None,
    };
    if let Some(address) = address.filter(|address| !is_public(*address)) {
        return Err(FetchError::NotPublic { host: text, address });
    }
    // Below are the services of machines: mail, name service, shells. Web pages are not served there.
    if port < 1_024 && !matches!(port, 80 | 443) {
        return Err(FetchError::Port(port));
    }
    Ok(Door::Public)
}

/// A name has no public address.
#[derive(Debug)]
pub struct NotPublic {
    pub host: String,
    pub address: IpAddr,
}

impl fmt::Display for NotPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}, which is no public address", self.host, self.address)
    }
}

impl std::error::Error for NotPublic {}

/// Resolves names to public addresses and to nothing else. What it answers is what is connected to, so that a name can't
/// be one address when it is checked and another one when it is used.
pub struct PublicOnly(pub Lookup);

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let found = (self.0)(host.clone());
        Box::pin(async move {
            let found = found.await?;
            let public: Vec<SocketAddr> =
                found.iter().copied().filter(|found| is_public(found.ip())).collect();
            match found.first() {
                Some(first) if public.is_empty() => Err(NotPublic { host, address: first.ip() }.into()),
                _ => Ok(Box::new(public.into_iter()) as Addrs),
            }
        })
    }
}

/// Resolves any name.
pub struct Anything(pub Lookup);

impl Resolve for Anything {
    fn resolve(&self, name: Name) -> Resolving {
        let found = (self.0)(name.as_str().to_owned());
        Box::pin(async move { Ok(Box::new(found.await?.into_iter()) as Addrs) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(url: &str, trusted: &[&str]) -> Result<Door, String> {
        let trusted: Vec<String> = trusted.iter().map(|&entry| entry.to_owned()).collect();
        let url = Url::parse(url).map_err(|error| error.to_string())?;
        check(&url, &trusted).map_err(|error| error.to_string())
    }

    #[test]
    fn an_inner_address_is_refused_in_every_way_of_writing_it() {
        for url in [
            "http://127.0.0.1/",
            "http://127.0.0.1:80/",
            "http://127.1/",
            "http://127.0.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0x7f.0.0.1/",
            "http://0x7F.1/",
            "http://017700000001/",
            "http://0177.0.0.1/",
            "http://0177.0.0.01/",
            "http://127.0.0.1./",
            "http://0/",
            "http://0.0.0.0/",
            "http://00000000177.0.0.1/",
            "http://127.0.0.0x1/",
            "http://%31%32%37.0.0.1/",
            "http://127。0。0。1/",
            "http://①②⑦.⓪.⓪.①/",
            "http://１２７.0.0.1/",
            "http:127.0.0.1/",
            "http:/127.0.0.1/",
            "http:\\\\127.0.0.1\\",
            "http://\t127.0.0.1/",
            "http://127.0.\n0.1/",
            "HTTP://127.0.0.1/",
            "https://127.0.0.1:443/",
            "http://[::1]/",
            "http://[::]/",
            "http://[0:0:0:0:0:0:0:1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[::127.0.0.1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[64:ff9b::10.0.0.1]/",
            "http://[2002:7f00:1::]/",
            "http://[2001:0:1::1]/",
            "http://[fe80::1]/",
            "http://[fc00::1]/",
            "http://[fd00:ec2::254]/",
            "http://[ff02::1]/",
            "http://10.0.0.1/",
            "http://192.168.1.1/",
            "http://172.16.0.1/",
            "http://172.31.255.255/",
            "http://169.254.169.254/latest/",
            "http://2852039166/",
            "http://0xa9fea9fe/",
            "http://0251.0376.0251.0376/",
            "http://100.100.100.200/",
            "http://168.63.129.16/",
            "http://192.0.0.192/",
            "http://224.0.0.1/",
            "http://255.255.255.255/",
        ] {
            let refusal = checked(url, &[]).expect_err(url);
            assert!(refusal.contains("no public address"), "{url}: {refusal}");
        }
    }

    #[test]
    fn what_is_no_plain_web_address_is_refused_with_the_reason() {
        for (url, part) in [
            ("file:///etc/passwd", "http:// and https://"),
            ("ftp://example.com/", "http:// and https://"),
            ("gopher://127.0.0.1:25/", "http:// and https://"),
            ("data:text/html,hi", "http:// and https://"),
            ("javascript:alert(1)", "http:// and https://"),
            ("unix:/var/run/docker.sock", "http:// and https://"),
            ("http://user@127.0.0.1/", "user name"),
            ("http://example.com@127.0.0.1/", "user name"),
            ("http://example.com:80@127.0.0.1/", "user name"),
            ("http://:secret@example.com/", "user name"),
            ("http://example.com:22/", "port 22"),
            ("http://example.com:25/", "port 25"),
            ("https://example.com:1023/", "port 1023"),
            ("http://[fe80::1%25eth0]/", "IPv6"),
            ("http://[::1", "IPv6"),
            ("http://256.256.256.256/", "IPv4"),
            ("http://1.2.3.4.5/", "IPv4"),
            ("http://0x100000000/", "IPv4"),
            ("http://", "host"),
            ("http://exa mple.com/", "domain"),
            ("/etc/passwd", "relative"),
        ] {
            let refusal = checked(url, &[]).expect_err(url);
            assert!(refusal.contains(part), "{url}: {refusal}");
        }
    }

    #[test]
    fn public_hosts_are_let_through_and_trusted_ones_by_host_and_port() {
        for url in [
            "https://example.com/",
            "http://example.com:8080/",
            "http://8.8.8.8/",
            "http://[2606:4700::1111]/",
        ] {
            assert_eq!(checked(url, &[]), Ok(Door::Public), "{url}");
        }
        let trusted = ["wiki.internal", "10.0.0.7:8080", "[::1]:9000"];
        for url in [
            "http://wiki.internal/",
            "https://WIKI.internal.:8443/x",
            "http://10.0.0.7:8080/",
            "http://167772167:8080/",
            "http://[::1]:9000/",
        ] {
            assert_eq!(checked(url, &trusted), Ok(Door::Trusted), "{url}");
        }
        for url in ["http://10.0.0.7/", "http://10.0.0.7:8081/", "http://10.0.0.8:8080/", "http://[::1]/"] {
            assert!(checked(url, &trusted).is_err(), "{url}");
        }
        assert_eq!(checked("http://evil.wiki.internal/", &trusted), Ok(Door::Public));
    }

    #[tokio::test]
    async fn of_a_names_addresses_the_public_ones_are_used_and_no_other() {
        let lookup = |addresses: &'static [&str]| -> Lookup {
            Arc::new(move |_| {
                let found =
                    addresses.iter().map(|a| SocketAddr::new(a.parse().expect("an address"), 0)).collect();
                Box::pin(async move { Ok(found) })
            })
        };
        let resolved = async |addresses| {
            let name = "name.example".parse().expect("a name");
            let found = PublicOnly(lookup(addresses)).resolve(name).await;
            found.map(|found| found.map(|found| found.ip().to_string()).collect::<Vec<_>>())
        };
        assert_eq!(resolved(&["10.0.0.1", "8.8.8.8", "::1"]).await.expect("one is public"), ["8.8.8.8"]);
        let refusal = resolved(&["10.0.0.1", "::1"]).await.expect_err("none is public");
        assert!(refusal.downcast_ref::<NotPublic>().is_some_and(|refusal| refusal.host == "name.example"));
    }
}
