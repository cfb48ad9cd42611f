//! Postgres.

pub mod db;

pub mod embedded;

pub mod backup;

pub mod installation;

pub mod providers;

pub mod grants;

pub mod logins;
