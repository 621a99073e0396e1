//! Rubric + findings → points, in integers. Pure.
//!
//! A check earns its points for a pass and the floor of its share otherwise, which
//! is always less. Checks that we could not decide leave the denominator. A failed
//! critical check caps its criterion.

use crate::judge::Finding;
use crate::task::{Check, Rubric};

/// The points of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// Sum of the criteria.
    pub points: u32,
    /// What could be earned in this run.
    pub max_points: u32,
    /// In the rubric's order; criteria without a check in this run are left out.
    pub criteria: Vec<CriterionScore>,
}

/// The points of a criterion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CriterionScore {
    /// The criterion.
    pub id: String,
    /// After the cap.
    pub points: u32,
    /// What could be earned in this run.
    pub max_points: u32,
    /// The critical check that caps it.
    pub capped_by: Option<String>,
    /// Each check with its points and what it could earn.
    pub checks: Vec<(String, u32, u32)>,
}

/// Scores findings.
pub fn score(rubric: &Rubric, findings: &[Finding]) -> Score {
    let criteria: Vec<CriterionScore> = rubric
        .criteria
        .iter()
        .filter_map(|criterion| {
            let found: Vec<(&Check, &Finding)> = criterion
                .checks
                .iter()
                .filter_map(|check| Some((check, findings.iter().find(|finding| finding.check == check.id)?)))
                .collect();
            if found.is_empty() {
                return None;
            }
            let checks: Vec<(String, u32, u32)> = found
                .iter()
                .map(|(check, finding)| {
                    let (points, max_points) = points_of(check.points, finding);
                    (check.id.clone(), points, max_points)
                })
                .collect();
            let sum: u32 = checks.iter().map(|(_, points, _)| points).sum();
            let max_points: u32 = checks.iter().map(|(_, _, max)| max).sum();
            let cap = max_points * criterion.cap_percent / 100;
            let critical = found.iter().find(|(_, finding)| finding.critical);
            let capped_by = critical.filter(|_| sum > cap).map(|(check, _)| check.id.clone());
            let points = if capped_by.is_some() { cap } else { sum };
            Some(CriterionScore { id: criterion.id.clone(), points, max_points, capped_by, checks })
        })
        .collect();
    Score {
        points: criteria.iter().map(|criterion| criterion.points).sum(),
        max_points: criteria.iter().map(|criterion| criterion.max_points).sum(),
        criteria,
    }
}

/// Earned points and what could be earned.
fn points_of(points: u32, finding: &Finding) -> (u32, u32) {
    let (earned, all) = finding.share;
    (points * earned).checked_div(all).map_or((0, 0), |earned| (earned, points))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::judge::FindingStatus;
    use crate::task::{Bucket, Criterion};

    fn rubric(points: &[u32], cap_percent: u32) -> Rubric {
        let checks = points
            .iter()
            .enumerate()
            .map(|(index, points)| Check {
                id: format!("c{index}"),
                title: String::new(),
                points: *points,
                critical: index == 0,
                bucket: Bucket::Must,
                tests: vec![],
                hint: String::new(),
            })
            .collect();
        let total = points.iter().sum();
        Rubric {
            criteria: vec![Criterion { id: "k".into(), title: String::new(), points: total, cap_percent, checks }],
        }
    }

    fn finding(index: usize, share: (u32, u32), critical: bool) -> Finding {
        let status = if share.0 == share.1 { FindingStatus::Passed } else { FindingStatus::Failed };
        Finding { check: format!("c{index}"), status, share, critical, message: String::new(), proofs: vec![] }
    }

    #[track_caller]
    fn check(findings: &[Finding], expected: (u32, u32, Option<&str>)) {
        let score = score(&rubric(&[4, 6], 40), findings);
        let capped = score.criteria[0].capped_by.as_deref();
        assert_eq!((score.points, score.max_points, capped), expected);
    }

    #[test]
    fn points_add_up() {
        check(&[finding(0, (4, 4), false), finding(1, (2, 2), false)], (10, 10, None));
        check(&[finding(0, (3, 4), false), finding(1, (0, 2), false)], (3, 10, None));
        // 5 of 6 halves of 6 points is 5; a share never rounds up to a pass.
        check(&[finding(0, (0, 2), false), finding(1, (5, 6), false)], (5, 10, None));
    }

    #[test]
    fn undecided_checks_leave_the_denominator() {
        check(&[finding(0, (0, 0), false), finding(1, (2, 2), false)], (6, 6, None));
    }

    #[test]
    fn a_critical_failure_caps_its_criterion() {
        check(&[finding(0, (0, 2), true), finding(1, (2, 2), false)], (4, 10, Some("c0")));
        // Below the cap there is nothing to take.
        check(&[finding(0, (0, 2), true), finding(1, (1, 2), false)], (3, 10, None));
    }

    proptest! {
        #[test]
        fn never_outside_its_bounds_and_one_more_pass_never_lowers_it(
            points in prop::collection::vec(1_u32..20, 1..8),
            earned in prop::collection::vec(0_u32..=6, 8),
            critical: bool,
            raised in 0_usize..8,
        ) {
            let rubric = rubric(&points, 40);
            let findings = |earned: &[u32]| -> Vec<Finding> {
                (0..points.len()).map(|i| finding(i, (earned[i], 6), critical && i == 0 && earned[0] < 6)).collect()
            };
            let before = score(&rubric, &findings(&earned));
            prop_assert!(before.points <= before.max_points);
            prop_assert_eq!(before.max_points, points.iter().sum::<u32>());
            let mut more = earned.clone();
            more[raised] = (more[raised] + 2).min(6);
            let after = score(&rubric, &findings(&more));
            prop_assert!(after.points >= before.points);
        }
    }
}
