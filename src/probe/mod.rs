//! What measures a running service from beside it, on loopback.

pub mod gate;
pub mod http;
pub mod pricing;
