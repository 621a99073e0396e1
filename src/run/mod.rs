//! One grading run: a pure plan, its execution in a pod, and what it tells the world meanwhile.

mod asks;
pub mod cancel;
pub mod event;
pub mod execute;
mod install;
pub mod plan;
mod probes;
mod turns;
