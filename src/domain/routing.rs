//! Which account serves, and what a failure means.

pub mod failover;
