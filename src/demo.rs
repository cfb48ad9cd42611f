//! `gateway demo` and the simulated OpenAI behind it.

pub mod simulator;
