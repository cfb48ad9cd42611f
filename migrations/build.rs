//! The migrations are part of the binary: a new file has to rebuild it, and cargo does not see that by itself.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
