//! Postgres.

pub mod embedded;

pub mod backup;
