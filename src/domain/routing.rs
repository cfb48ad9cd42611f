//! Which account serves, and what a failure means.

pub mod decide;

pub mod failover;

pub mod refusal;
