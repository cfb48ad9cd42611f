//! The life of the process: its tasks, and its way out.
//!
//! The first signal turns readiness off and stops accepting; open streams get their grace and are then told to end,
//! which they do with a typed terminal event; last the background tasks stop, so that what the streams left behind
//! is still written. A second signal ends it at once.

mod shutdown;
mod signals;
mod tasks;

pub use shutdown::{Ended, Limits, Shutdown, StreamGuard};
pub use signals::{Signal, signals};
pub use tasks::Tasks;
