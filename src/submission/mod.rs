//! A submission.
