//! Postgres.

pub mod embedded;

pub mod backup;

pub mod logins;
