//! `routing`: how a request finds its account. Pools themselves are in the database.

use super::section::section;
use super::values;

section! {
    /// How a request finds its account.
    Routing {
        /// Minutes of rest after which a conversation has no home any more.
        #[serde(deserialize_with = "values::within::<1, 10_080, _, _>")]
        conversation_ttl_minutes: u64 = 60,
        /// Seconds to wait when no account can serve and one is about to. 0 answers at once.
        #[serde(deserialize_with = "values::within::<0, 600, _, _>")]
        max_wait_seconds: u64 = 0,
        /// Requests that one account serves at a time; null is no limit.
        #[serde(deserialize_with = "values::maybe_within::<1, 10_000, _, _>")]
        max_concurrent_per_account: Option<u32> = None,
        /// Seconds that a request waits for its turn when every account serves as many as it may. 0 answers at once.
        #[serde(deserialize_with = "values::within::<0, 600, _, _>")]
        max_queue_seconds: u64 = 30,
    }
}
