//! Level 0 of what is written in Python: the parts of suites that run without pytest and without a submission.

use std::process::Command;

use crate::support::root;

#[test]
fn what_suites_show_is_bounded() {
    let python = Command::new("python3")
        .args(["-I", "-B", "-m", "unittest", "discover", "tests/suite"])
        .current_dir(root())
        .output()
        .expect("python3 starts");
    assert!(python.status.success(), "{}", String::from_utf8_lossy(&python.stderr));
}
