//! The admin API: what the dashboard and scripts use.

pub mod desk;

mod agents;
mod answers;
mod dashboard;
mod providers;
mod secrets;
mod session;
