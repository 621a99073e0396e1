//! How the program ends, as numbers that scripts can rely on.
//!
//! One enum, one place. The numbers are shown in the README and pinned by a test.

use std::process::ExitCode;

/// The exit status of `takehome`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// 0: every submission was graded, whatever the points.
    Graded,
    /// 1: `--fail-under` was asked for and not met, or `verify` found a difference.
    BelowBar,
    /// 2: usage, manifest or input error.
    Usage,
    /// 3: at least one run is inconclusive: our fault, run again.
    Inconclusive,
    /// 130: interrupted; the containers are removed.
    Interrupted,
}

impl ExitStatus {
    /// The number that the process ends with.
    pub const fn code(self) -> u8 {
        match self {
            Self::Graded => 0,
            Self::BelowBar => 1,
            Self::Usage => 2,
            Self::Inconclusive => 3,
            Self::Interrupted => 130,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}

#[cfg(test)]
mod tests {
    use super::ExitStatus::*;

    #[test]
    fn the_numbers_are_a_promise() {
        let codes = [Graded, BelowBar, Usage, Inconclusive, Interrupted].map(|s| s.code());
        assert_eq!(codes, [0, 1, 2, 3, 130]);
    }
}
