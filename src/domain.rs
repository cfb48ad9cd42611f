//! The pure core. Nothing here is async, reads a clock, makes a random number or touches the world.

pub mod ids;

pub mod access;
pub mod agent;
pub mod mcp;
pub mod people;
pub mod provider;
pub mod session;
pub mod tool;

pub mod net;
pub mod peer;

pub mod claims;
pub mod oauth;
pub mod placement;
pub mod token;

pub mod responses;

pub mod chat;

pub mod quota;

pub mod catalogue;
pub mod pool;
pub mod routing;

pub mod api_key;
pub mod limits;

pub mod agent_loop;

pub mod activity;
pub mod usage;

pub mod csv;

pub mod audit;
