//! Who may do what, and the walls between tenants.

mod bodies;
mod everybody;
mod foreign;
mod routes;
mod secrets;
mod tenants;
mod walls;
