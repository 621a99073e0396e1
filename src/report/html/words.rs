//! The sentences of the pages: what a status means, whose doing an outcome is, what to do next.

use crate::judge::FindingStatus;

/// How an interviewer reads it.
pub fn status_word(status: FindingStatus) -> &'static str {
    match status {
        FindingStatus::TimedOut => "timed out",
        FindingStatus::NotRun => "not run",
        FindingStatus::NotAssessable => "not assessable",
        same => same.code(),
    }
}

/// What it says about the submission.
pub fn status_meaning(status: FindingStatus) -> &'static str {
    match status {
        FindingStatus::Passed => "All that was promised was seen.",
        FindingStatus::Partial => "Some of its tests passed, or the invariant holds but not the whole contract.",
        FindingStatus::Failed => "A proof shows that the promise is not kept.",
        FindingStatus::TimedOut => "The time of the suite ended before this check; it earns nothing.",
        FindingStatus::NotRun => "It did not report; it earns nothing.",
        FindingStatus::NotAssessable => "Something that it needs is broken, so that it could not be looked at.",
        FindingStatus::Errored => {
            "The grader's own test broke. It says nothing about the submission, and its points left the total."
        }
        FindingStatus::Inconclusive => {
            "A condition of the grader was not met, such as quiet timing. It says nothing about the submission, \
             and its points left the total."
        }
    }
}

/// What the interviewer can do about a rejection.
pub fn after_rejection(reason: &str) -> &'static str {
    match reason {
        "missing-run-sh" => "Look whether run.sh lies one folder deeper, or was left out of the archive.",
        "too-large" | "too-many-files" => {
            "Look for a virtual environment, caches or data that were handed in beside the code."
        }
        "hostile-archive" => "Do not unpack the archive by hand. Ask how it was made.",
        "broken-archive" => "Ask for the archive again; it may have been cut off on its way.",
        "unsafe-path" | "not-a-regular-file" => {
            "Ask for an archive that holds plain files below one root, and no links."
        }
        "case-collision" => "Ask for names that also differ on file systems that ignore upper and lower case.",
        "not-utf8" => "Ask for names and texts in UTF-8.",
        "dependency-unavailable" => "Compare the pinned dependencies with the packages that the brief allows.",
        "crashed-at-start" => "Read the end of its log below: it says why the service ended.",
        "out-of-memory" => "Read its log below, and compare with the memory limit of the brief.",
        "never-ready" => {
            "Read its log below: the service may listen on another port or address, or wait for something."
        }
        _ => "Read the message, and the log below if there is one.",
    }
}

/// What the interviewer, or who runs the grader, can do about a fault.
pub fn after_fault(fault: &str) -> &'static str {
    match fault {
        "docker-unavailable" => "Start the Docker engine; `takehome doctor` says what it sees. Then grade again.",
        "image-missing" => "Run `takehome images build`, then grade again.",
        "no-space" => "Free disk space of the engine (`takehome sweep`, `takehome images prune`), then grade again.",
        "engine-failed" => "Run `takehome doctor`, then grade again.",
        "examiner-crashed" => {
            "Grade again with the same seed. If it happens again, the output of pytest in the evidence folder \
             says where the suite broke."
        }
        "untrusted-result" => {
            "Read the JUnit files in the evidence folder before you grade again: the results contradict the \
             rubric or themselves. A fault of the suite is the usual cause."
        }
        "interrupted" => "Grade again.",
        _ => "Grade again. If it happens again, report the fault with the evidence folder.",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// The codes that the published schema lists for a verdict.
    fn codes(verdict: &str) -> Vec<String> {
        let schema: Value = serde_json::from_str(include_str!("../../../docs/report.schema.json")).expect("is JSON");
        let codes = schema["$defs"][verdict]["enum"].as_array().expect("is a list");
        codes.iter().map(|code| code.as_str().expect("is text").to_owned()).collect()
    }

    #[test]
    fn every_reason_has_its_own_advice() {
        for reason in codes("reason") {
            assert_ne!(after_rejection(&reason), after_rejection("unknown"), "{reason}");
        }
    }

    #[test]
    fn every_fault_has_its_own_advice() {
        for fault in codes("fault").iter().filter(|fault| *fault != "internal") {
            assert_ne!(after_fault(fault), after_fault("unknown"), "{fault}");
        }
    }

    #[test]
    fn words_are_the_stable_codes_without_hyphens() {
        use FindingStatus::*;
        for status in [Passed, Partial, Failed, Errored, TimedOut, NotRun, NotAssessable, Inconclusive] {
            assert_eq!(status_word(status), status.code().replace('-', " "));
        }
    }
}
