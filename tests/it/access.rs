//! Who may do what, and the walls between tenants.

mod bodies;
mod routes;
mod secrets;
mod tenants;
mod walls;
