//! The migrations are part of the binary: a new file has to rebuild it, and cargo does not see that by itself.

#[expect(clippy::print_stdout, reason = "it is how a build script speaks to cargo")]
fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
