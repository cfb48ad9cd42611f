mod providers;
mod support;
mod tokens;
mod vault;
