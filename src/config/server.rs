//! `gateway`: the listener, its token and its limits.

use super::section::section;
use super::values::{self, Host, HttpUrl, Origin};
use crate::domain::peer::Block;
use secrecy::SecretString;
use std::path::PathBuf;

section! {
    /// The listener, its token and its limits.
    Server {
        /// Address to listen on: an IP address or a name. `0.0.0.0` is every network.
        #[serde(deserialize_with = "values::text::<Host, _>")]
        host: String = "127.0.0.1".into(),
        /// Port to listen on; 0 takes any free one.
        #[serde(deserialize_with = "values::within::<0, 65_535, _, _>")]
        port: u16 = 18_790,
        /// The owner's bearer token. Without one, a token is made and kept in the data directory.
        #[serde(with = "values::secret")]
        token: Option<SecretString> = None,
        /// Other origins whose pages may call the API, as `https://host[:port]`, or `*`.
        #[serde(deserialize_with = "values::texts::<Origin, _>")]
        allowed_origins: Vec<String> = Vec::new(),
        /// Proxies in front of the gateway, by address or block (`10.0.0.0/8`): what they say of their clients' addresses
        /// (`X-Forwarded-For`, `Forwarded`) is believed.
        trusted_proxies: Vec<Block> = Vec::new(),
        /// The address that people use, when it is not the listener's (behind a proxy).
        #[serde(deserialize_with = "values::maybe_text::<HttpUrl, _>")]
        public_url: Option<String> = None,
        /// Seconds of silence on a client's stream after which a heartbeat is sent.
        #[serde(deserialize_with = "values::within::<1, 3_600, _, _>")]
        heartbeat_seconds: u64 = 15,
        /// Seconds to wait for the first visible event before the response's head is sent; a failure within them is
        /// an HTTP error, later ones are events.
        #[serde(deserialize_with = "values::within::<0, 600, _, _>")]
        head_grace_seconds: u64 = 15,
        /// Seconds that open streams get to finish at shutdown.
        #[serde(deserialize_with = "values::within::<0, 3_600, _, _>")]
        shutdown_grace_seconds: u64 = 30,
        /// The largest body of a model call, in MiB.
        #[serde(deserialize_with = "values::within::<1, 1_024, _, _>")]
        max_body_mib: usize = 32,
        /// Most open connections of a listener; more are answered 503.
        #[serde(deserialize_with = "values::within::<1, 1_000_000, _, _>")]
        max_connections: usize = 2_048,
        /// Most open connections from one address (of IPv6: one /64) to a listener; more are answered 503. Those of
        /// `trusted_proxies` are not counted.
        #[serde(deserialize_with = "values::within::<1, 1_000_000, _, _>")]
        max_connections_per_address: usize = 1_024,
        /// Seconds for which browsers that came over TLS are told to come over nothing else (HSTS); 0: they are not.
        #[serde(deserialize_with = "values::within::<0, 63_072_000, _, _>")]
        hsts_seconds: u32 = 31_536_000,
        /// Seconds from a connection to the whole head of its first request, and for a TLS handshake.
        #[serde(deserialize_with = "values::within::<1, 600, _, _>")]
        request_head_seconds: u64 = 15,
        /// Seconds that a connection is kept without a request.
        #[serde(deserialize_with = "values::within::<1, 86_400, _, _>")]
        keep_alive_seconds: u64 = 120,
        /// Seconds without progress after which a client that does not read its answer, or does not send its body, is
        /// cut off.
        #[serde(deserialize_with = "values::within::<1, 3_600, _, _>")]
        stall_seconds: u64 = 60,
        /// TLS of every listener.
        tls: Tls = Tls::default(),
        /// A listener of its own for the dashboard and the admin API.
        admin: Admin = Admin::default(),
    }
}

section! {
    /// TLS, ended by the gateway itself. Both files, or none; they are read anew when they change.
    Tls {
        /// The certificate and those between it and its root, as PEM.
        certificate: Option<PathBuf> = None,
        /// Its private key, as PEM.
        key: Option<PathBuf> = None,
    }
}

section! {
    /// A listener of its own for everything that is not for clients of models: with a port, the main listener serves
    /// the model routes, `/mcp`, `/v1/me`, `/healthz` and `/readyz` alone.
    Admin {
        /// Address to listen on.
        #[serde(deserialize_with = "values::text::<Host, _>")]
        host: String = "127.0.0.1".into(),
        /// Port to listen on; 0 takes any free one. Without one, the main listener serves everything.
        #[serde(deserialize_with = "values::maybe_within::<0, 65_535, _, _>")]
        port: Option<u16> = None,
    }
}

impl Server {
    /// The address that people use, without a slash at the end. `bound`: the port that was really bound.
    pub fn address(&self, bound: Option<u16>) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => self.own_url(&self.host, bound.unwrap_or(self.port)),
        }
    }

    /// The address of a listener of ours.
    pub fn own_url(&self, host: &str, port: u16) -> String {
        let scheme = if self.tls.certificate.is_some() { "https" } else { "http" };
        // A listener on every address is reached through loopback from here.
        let host = match host {
            "0.0.0.0" | "::" => "127.0.0.1".to_owned(),
            host if host.contains(':') => format!("[{host}]"),
            host => host.to_owned(),
        };
        format!("{scheme}://{host}:{port}")
    }
}
