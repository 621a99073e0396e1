//! `takehome` grades take-home assessments of Python developers.
//!
//! A run is a straight line of values, and the modules follow it:
//! submission → plan → evidence → findings → score → report → bytes.

pub mod cli;
pub mod commands;
pub mod exit;

pub mod task;

pub mod submission;

pub mod run;

pub mod inside;
pub mod limit;
pub mod pod;
pub mod probe;
pub mod sandbox;

pub mod evidence;
pub mod junit;

pub mod judge;
pub mod score;

pub mod progress;
pub mod report;
pub mod units;
