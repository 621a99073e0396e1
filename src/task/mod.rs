//! What is graded and how points are given: manifests read from `tasks/` and `graders/`.
//!
//! `task.toml` is public, `rubric.toml`, `suite.toml` and `probes.toml` are hidden. Each file is
//! read once into a type that cannot be wrong; all mistakes of a file are
//! reported together. Only `catalog` touches the file system.

pub mod catalog;
pub mod fields;
mod manifest;
mod probes;
pub mod reference;
mod rubric;
mod suite;

pub use catalog::{Catalog, CatalogError, Grader};
pub use manifest::{Analysis, Limits, Model, Service, Task, Work};
pub use probes::{Operation, PREFIX as PROBE_PREFIX, Probe, Probes};
pub use rubric::{Bucket, Check, Criterion, Rubric};
pub use suite::{Instance, Phase, Readiness, SuitePlan};
