//! `takehome` grades take-home assessments of Python developers.

pub mod submission;
