//! What the integration tests share.

pub mod database;
pub mod leaks;
pub mod statements;
pub mod world;
