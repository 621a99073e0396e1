//! One integration binary: linked once, helpers shared, modules run in parallel.

mod cli;
mod docker;
mod scripted;
mod support;
mod tidy;
