//! `gateway`: the listener, its token and its limits.

use super::section::section;
use super::values::{self, Host, HttpUrl, Origin};
use crate::domain::peer::Block;
use secrecy::SecretString;

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
    }
}

impl Server {
    /// The address that people use, without a slash at the end. `bound`: the port that was really bound.
    pub fn address(&self, bound: Option<u16>) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => {
                let port = bound.unwrap_or(self.port);
                // A listener on every address is reached through loopback from here.
                let host = match self.host.as_str() {
                    "0.0.0.0" | "::" => "127.0.0.1",
                    host => host,
                };
                format!("http://{host}:{port}")
            }
        }
    }
}
