//! `quota`: how often the accounts' usage is asked for, and how long its history is kept.

use super::section::section;
use super::values;

section! {
    /// How often the accounts' usage is asked for, and how long its history is kept.
    Quota {
        /// Ask the usage endpoint in the background. Without it, only the answers themselves tell of the quota.
        poll: bool = true,
        /// Seconds between two questions about an account that serves, while its answers tell nothing.
        #[serde(deserialize_with = "values::within::<30, 86_400, _, _>")]
        active_interval_seconds: u32 = 300,
        /// Seconds between two questions about an account that does not serve.
        #[serde(deserialize_with = "values::within::<60, 86_400, _, _>")]
        idle_interval_seconds: u32 = 3_600,
        /// Most questions at once.
        #[serde(deserialize_with = "values::within::<1, 64, _, _>")]
        max_concurrent_polls: usize = 4,
        /// Days that the history is kept; after one day, a figure an hour.
        #[serde(deserialize_with = "values::within::<1, 3_650, _, _>")]
        history_days: u32 = 60,
    }
}
