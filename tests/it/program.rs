//! The real program: its commands, its start, its end, and two of it on one database.

pub mod process;

mod audit;
mod commands;
mod doors;
mod life;
mod replicas;
mod settings;
mod storage;
