//! One integration binary: linked once, helpers shared, modules run in parallel.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers as well")]

mod cli;
mod docker;
mod golden;
mod model;
mod scripted;
mod support;
mod tidy;
