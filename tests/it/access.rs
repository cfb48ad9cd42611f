//! Who may do what, and the walls between tenants.

mod routes;
mod tenants;
mod walls;
