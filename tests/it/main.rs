mod backup;
mod embedded;
mod providers;
mod support;
mod tokens;
mod vault;
