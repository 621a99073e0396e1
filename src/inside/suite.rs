//! Runs pytest on the hidden suite and hands over its JUnit file, bounded.
//!
//! What pytest prints only drives the progress line; it never decides anything.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

use super::GRADER_DIR;
use super::asks;
use super::protocol::Line;
use crate::limit;

/// Bytes of the JUnit file.
const JUNIT_CAP: u64 = 16 << 20;
/// Bytes of printed output that are kept, from the end.
const OUTPUT_CAP: usize = 64 << 10;
/// From the interrupt to the kill: pytest writes its report in between.
const WRITE_UP: Duration = Duration::from_secs(10);

pub(super) async fn run(run: &Path, files: &[String], within: Duration) -> Result<(), String> {
    let junit = Path::new(GRADER_DIR).join("junit.xml");
    remove_if_there(&junit).map_err(|error| format!("{}: {error}", junit.display()))?;
    let mut child = command(run, files, &junit).spawn().map_err(|error| format!("pytest: {error}"))?;
    let stdout = child.stdout.take().ok_or("pytest has no output")?;
    let watch = tokio::spawn(watch(BufReader::new(stdout)));
    let mut timed_out = false;
    let socket = Path::new(GRADER_DIR).join("ask.sock");
    let ended = async {
        tokio::select! {
            status = child.wait() => status,
            served = asks::serve(&socket) => Err(served.err().unwrap_or_else(|| std::io::Error::other("the socket ended"))),
        }
    };
    let status = match limit::within(within, ended).await {
        Some(status) => status,
        None => {
            timed_out = true;
            interrupt(&mut child).await
        }
    }
    .map_err(|error| format!("pytest: {error}"))?;
    let output = watch.await.unwrap_or_default();
    let mut bytes = Vec::new();
    if let Ok(file) = tokio::fs::File::open(&junit).await {
        file.take(JUNIT_CAP).read_to_end(&mut bytes).await.map_err(|error| format!("{}: {error}", junit.display()))?;
    }
    Line::Done {
        exit_code: status.code().unwrap_or(-1),
        timed_out,
        junit: base64::engine::general_purpose::STANDARD.encode(bytes),
        output,
    }
    .print();
    Ok(())
}

fn command(run: &Path, files: &[String], junit: &Path) -> Command {
    let suite = format!("{GRADER_DIR}/suite");
    let mut command = Command::new("/opt/venv/bin/python");
    command
        .args(["-I", "-u", "-m", "pytest", "-v", "--color=no", "-c"])
        .arg(format!("{suite}/pytest.ini"))
        .args(["--rootdir", &suite])
        .args(["-p", "takehome_suite.plugin", "-p", "no:cacheprovider"])
        .arg(format!("--junitxml={}", junit.display()))
        .args(files.iter().map(|file| format!("{suite}/{file}")))
        .current_dir(GRADER_DIR)
        .env_clear()
        .envs([
            ("PATH", "/opt/venv/bin:/usr/bin:/bin"),
            ("HOME", GRADER_DIR),
            ("TMPDIR", GRADER_DIR),
            ("LANG", "C.UTF-8"),
            ("TZ", "UTC"),
            ("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1"),
            ("COLUMNS", "200"),
        ])
        .env("TAKEHOME_RUN", run)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // Warnings and tracebacks of pytest itself stay in the examiner's own log.
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    command
}

pub(super) fn remove_if_there(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

async fn interrupt(child: &mut Child) -> std::io::Result<std::process::ExitStatus> {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        rustix::process::kill_process(pid, rustix::process::Signal::INT)?;
    }
    match tokio::time::timeout(WRITE_UP, child.wait()).await {
        Ok(status) => status,
        Err(_) => {
            child.kill().await?;
            child.wait().await
        }
    }
}

async fn watch(mut lines: BufReader<tokio::process::ChildStdout>) -> String {
    let mut kept = Vec::new();
    let mut total = 0;
    let mut done = 0;
    let mut line = Vec::new();
    loop {
        line.clear();
        // A line is bounded as well: a test's name is ours, its output may not be.
        match (&mut lines).take(OUTPUT_CAP as u64).read_until(b'\n', &mut line).await {
            Ok(read) if read > 0 => {}
            _ => break,
        }
        kept.extend_from_slice(&line);
        if kept.len() > OUTPUT_CAP {
            kept.drain(..kept.len() - OUTPUT_CAP);
        }
        let text = String::from_utf8_lossy(&line);
        if let Some(count) = collected(&text) {
            total = count;
        } else if text.contains("::") && text.trim_end().ends_with("%]") {
            done += 1;
        } else {
            continue;
        }
        Line::Progress { done, total }.print();
    }
    String::from_utf8_lossy(&kept).into_owned()
}

/// `collecting ... collected 12 items`
fn collected(line: &str) -> Option<u32> {
    let (_, rest) = line.split_once("collected ")?;
    rest.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_of_tests_is_read() {
        assert_eq!(collected("collecting ... collected 12 items"), Some(12));
        assert_eq!(collected("test_a.py::test_b PASSED [ 10%]"), None);
    }
}
