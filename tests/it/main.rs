//! One integration binary: linked once, helpers shared, modules run in parallel.

// So that clippy knows the helpers for tests.
#![cfg(test)]

mod cli;
mod docker;
mod golden;
mod model;
mod scripted;
mod support;
mod tidy;
