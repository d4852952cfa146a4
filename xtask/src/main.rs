//! Development: xtask.
fn main() {}
