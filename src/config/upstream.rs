//! `upstream`: time limits of calls to providers. There is no total limit: an answer may take as long as it streams.

use super::section::section;
use super::values;

section! {
    /// Time limits of calls to providers.
    Upstream {
        /// Seconds to a connection, TLS included.
        #[serde(deserialize_with = "values::within::<1, 600, _, _>")]
        connect_timeout_seconds: u64 = 10,
        /// Seconds from the request to the first byte of the answer.
        #[serde(deserialize_with = "values::within::<1, 3_600, _, _>")]
        first_byte_timeout_seconds: u64 = 120,
        /// Seconds of silence within an answer.
        #[serde(deserialize_with = "values::within::<1, 3_600, _, _>")]
        idle_timeout_seconds: u64 = 300,
    }
}
