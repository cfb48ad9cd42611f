//! Which account serves, and what a failure means.

pub mod failover;

pub mod health;

pub mod incident;

pub mod rotation;

pub mod affinity;

pub mod score;

pub mod decide;

pub mod replay;

pub mod refusal;
