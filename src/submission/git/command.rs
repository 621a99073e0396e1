//! Runs the `git` on the `PATH`, hardened, within one deadline for all commands and one bound on the disk.
//!
//! Nothing of the user's or the machine's git configuration applies, nothing prompts, only one transport is
//! allowed, hooks and background maintenance are off. Each command is a process group of its own, watched by a
//! thread that kills the whole group when time or room is used up. Dropping a [`Running`] kills it too.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::submission::Limits;

/// The only configuration that git sees besides the repository's own.
const CONFIGURATION: &str = "\
[core]
\thooksPath = /dev/null
\tfsmonitor = false
\tbigFileThreshold = 16m
[safe]
\tdirectory = *
[gc]
\tauto = 0
[maintenance]
\tauto = false
[submodule]
\trecurse = false
[transfer]
\tunpackLimit = 1
[pack]
\tthreads = 2
";

/// What git needs of the environment: to be found, to reach its host, and the user's keys for ssh.
const KEPT_VARIABLES: &[&str] = &[
    "PATH",
    "HOME",
    "TMPDIR",
    "SSH_AUTH_SOCK",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
];

/// Never asks, never forwards anything, and leaves no shared connection behind that would outlive the command.
const SSH_COMMAND: &str = "ssh -oBatchMode=yes -oConnectTimeout=20 -oForwardAgent=no -oClearAllForwardings=yes \
     -oPermitLocalCommand=no -oControlMaster=no -oControlPath=none";

const MAX_STDOUT: u64 = 64 << 10;
const MAX_STDERR: u64 = 64 << 10;
const WATCH_INTERVAL: Duration = Duration::from_millis(50);
const EXIT_INTERVAL: Duration = Duration::from_millis(5);

/// git with a scratch folder, which is removed when this is dropped.
pub(super) struct Git {
    scratch: tempfile::TempDir,
    transport: &'static str,
    deadline: Instant,
    max_scratch_bytes: u64,
}

/// What a command that ran to its end left.
pub(super) struct Output {
    pub(super) success: bool,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

/// Why a command did not run to its end.
#[derive(Debug)]
pub(super) enum Ended {
    NotInstalled,
    TimedOut,
    TooLarge,
    Io(io::Error),
}

impl Git {
    pub(super) fn new(transport: &'static str, limits: &Limits) -> io::Result<Git> {
        let scratch = tempfile::Builder::new().prefix("takehome-git-").tempdir()?;
        fs::write(scratch.path().join("config"), CONFIGURATION)?;
        Ok(Git {
            scratch,
            transport,
            deadline: Instant::now() + limits.git_timeout,
            max_scratch_bytes: limits.max_unpacked_bytes,
        })
    }

    /// Runs a command that says little, to its end.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<Output, Ended> {
        let mut running = self.start(arguments)?;
        drop(running.take_stdin());
        let mut stdout = Vec::new();
        if let Some(pipe) = running.take_stdout() {
            pipe.take(MAX_STDOUT).read_to_end(&mut stdout).map_err(Ended::Io)?;
        }
        let output = running.finish()?;
        // It may have been done between two looks of the watching thread.
        if size_on_disk(self.scratch.path()) > self.max_scratch_bytes {
            return Err(Ended::TooLarge);
        }
        Ok(Output { stdout, ..output })
    }

    /// Starts a command whose output is read as a stream.
    pub(super) fn start(&self, arguments: &[&str]) -> Result<Running, Ended> {
        let mut child = self.command(arguments).spawn().map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound { Ended::NotInstalled } else { Ended::Io(error) }
        })?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take();
        let stderr = child.stderr.take().map(collect);
        let watched = Arc::new(Mutex::new(Watched { child, done: false, stopped: None }));
        let (done, is_done) = mpsc::channel();
        let watch = Watch {
            watched: Arc::clone(&watched),
            is_done,
            deadline: self.deadline,
            scratch: self.scratch.path().to_owned(),
            max_scratch_bytes: self.max_scratch_bytes,
        };
        thread::spawn(move || watch.run());
        Ok(Running { watched, stdin, stdout, stderr, _done: done })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        let kept = KEPT_VARIABLES.iter().filter_map(|name| Some((*name, std::env::var_os(name)?)));
        let kept: Vec<(&str, OsString)> = kept.collect();
        command
            .args(arguments)
            .env_clear()
            .envs(kept)
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", self.scratch.path().join("config"))
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", "true")
            .env("GIT_ALLOW_PROTOCOL", self.transport)
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_LFS_SKIP_SMUDGE", "1")
            .env("GIT_SSH_COMMAND", SSH_COMMAND)
            .current_dir(self.scratch.path())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

/// A git that has been started.
pub(super) struct Running {
    watched: Arc<Mutex<Watched>>,
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
    stderr: Option<Receiver<Vec<u8>>>,
    /// Dropped with this: tells the watching thread to end.
    _done: Sender<()>,
}

impl Running {
    pub(super) fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.stdin.take()
    }

    pub(super) fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.stdout.take()
    }

    /// Waits for the end, which the deadline bounds.
    pub(super) fn finish(&mut self) -> Result<Output, Ended> {
        self.stdin = None;
        let success = loop {
            if let Some(success) = lock(&self.watched).poll()? {
                break success;
            }
            thread::sleep(EXIT_INTERVAL);
        };
        Ok(Output { success, stdout: Vec::new(), stderr: self.said() })
    }

    /// Kills it, for the reason that it was stopped for before or for what it said.
    pub(super) fn stop(&mut self) -> Result<Output, Ended> {
        let stopped = {
            let mut watched = lock(&self.watched);
            watched.kill();
            watched.stopped.take()
        };
        match stopped {
            Some(ended) => Err(ended),
            None => Ok(Output { success: false, stdout: Vec::new(), stderr: self.said() }),
        }
    }

    /// A process that left the group could hold the pipe open: don't wait for it long.
    fn said(&mut self) -> Vec<u8> {
        let stderr = self.stderr.take();
        stderr.and_then(|said| said.recv_timeout(Duration::from_secs(1)).ok()).unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        lock(&self.watched).kill();
    }
}

struct Watched {
    child: Child,
    /// Waited for: its process id may be another's by now.
    done: bool,
    stopped: Option<Ended>,
}

impl Watched {
    /// `Some` when it ended: whether with success, or why it was stopped.
    fn poll(&mut self) -> Result<Option<bool>, Ended> {
        let status = self.child.try_wait().map_err(Ended::Io)?;
        if status.is_some() {
            self.done = true;
            if let Some(stopped) = self.stopped.take() {
                return Err(stopped);
            }
        }
        Ok(status.map(|status| status.success()))
    }

    fn kill(&mut self) {
        if self.done {
            return;
        }
        // Fails only when there is nothing left to kill.
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
        self.done = true;
    }
}

struct Watch {
    watched: Arc<Mutex<Watched>>,
    is_done: Receiver<()>,
    deadline: Instant,
    scratch: std::path::PathBuf,
    max_scratch_bytes: u64,
}

impl Watch {
    fn run(self) {
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            match self.is_done.recv_timeout(left.min(WATCH_INTERVAL)) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
            }
            let reason = if Instant::now() >= self.deadline {
                Ended::TimedOut
            } else if size_on_disk(&self.scratch) > self.max_scratch_bytes {
                Ended::TooLarge
            } else {
                continue;
            };
            let mut watched = lock(&self.watched);
            if !watched.done {
                watched.stopped = Some(reason);
                // Not waited for here: whoever waits learns the reason.
                let _ = kill_process_group(Pid::from_child(&watched.child), Signal::KILL);
            }
            return;
        }
    }
}

fn lock(watched: &Mutex<Watched>) -> MutexGuard<'_, Watched> {
    watched.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads what git says to its end, so that it never blocks on it, and keeps the beginning.
fn collect(mut stderr: ChildStderr) -> Receiver<Vec<u8>> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut kept = Vec::new();
        let _ = stderr.by_ref().take(MAX_STDERR).read_to_end(&mut kept);
        let _ = io::copy(&mut stderr, &mut io::sink());
        let _ = send.send(kept);
    });
    receive
}

/// Bytes of all files below a folder that changes meanwhile; what vanishes counts nothing.
fn size_on_disk(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    entries
        .flatten()
        .filter_map(|entry| Some((entry.path(), entry.metadata().ok()?)))
        .map(|(path, metadata)| if metadata.is_dir() { size_on_disk(&path) } else { metadata.len() })
        .sum()
}
