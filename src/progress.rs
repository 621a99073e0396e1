//! Events → a live line on a terminal, plain lines elsewhere. The only file that knows indicatif.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::run::event::{Event, Sink};

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A line that moves.
    Live,
    /// One line an event.
    Lines,
    /// Nothing.
    Quiet,
}

impl Mode {
    /// Live on a terminal, lines elsewhere, nothing where it is not wanted.
    pub fn choose(quiet: bool, verbose: bool) -> Self {
        if quiet {
            Self::Quiet
        } else if console::user_attended_stderr() && !verbose {
            Self::Live
        } else {
            Self::Lines
        }
    }
}

/// Shows the events of one run on standard error.
#[derive(Debug)]
pub struct Progress {
    mode: Mode,
    prefix: String,
    bar: ProgressBar,
    lines: Mutex<Lines>,
}

#[derive(Debug)]
struct Lines {
    last: Instant,
    done: u32,
}

/// Plain lines of a phase that goes on come at most this often.
const PACE: Duration = Duration::from_secs(5);

impl Progress {
    /// Shows a run, called `prefix`.
    pub fn new(mode: Mode, prefix: &str) -> Self {
        let bar = if mode == Mode::Live { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix:.bold}  {wide_msg} {elapsed:.dim}") {
            bar.set_style(style);
        }
        bar.set_prefix(prefix.to_owned());
        // Ticks by itself: a grade that waits must not look hung.
        if mode == Mode::Live {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        let lines = Mutex::new(Lines { last: Instant::now(), done: 0 });
        Self { mode, prefix: prefix.to_owned(), bar, lines }
    }

    fn line(&self, text: &str) {
        eprintln!("{}: {text}", self.prefix);
    }

    /// Whether a line of an ongoing phase is due.
    fn is_due(&self) -> bool {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let due = lines.last.elapsed() >= PACE;
        if due {
            lines.last = Instant::now();
        }
        due
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Sink for Progress {
    fn event(&self, event: Event) {
        if self.mode == Mode::Quiet {
            return;
        }
        let live = self.mode == Mode::Live;
        match event {
            Event::Began(phase) if live => self.bar.set_message(phase.title()),
            Event::Began(phase) => self.line(phase.title()),
            Event::Ended(phase, took) if !live => {
                self.line(&format!("{} took {:.1} s", phase.title(), took.as_secs_f64()));
            }
            Event::Ended(..) => {}
            Event::Progress { done, total } => {
                let text = format!("hidden suite  {done} of {total} tests");
                if live {
                    self.bar.set_message(text);
                } else {
                    let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
                    let moved = lines.done != done;
                    lines.done = done;
                    drop(lines);
                    if moved && self.is_due() {
                        self.line(&text);
                    }
                }
            }
            Event::Probing { name, done, total } => {
                let text = format!("probes  {} of {total}, {name}", done + 1);
                if live {
                    self.bar.set_message(text);
                } else {
                    self.line(&text);
                }
            }
            Event::Build { image, line } if live => self.bar.set_message(format!("image {image}: {line}")),
            Event::Build { image, line } => {
                if line.starts_with("Step ")
                    || line.starts_with("pulling")
                    || line.starts_with("no registry")
                    || self.is_due()
                {
                    self.line(&format!("image {image}: {line}"));
                }
            }
            Event::Note(text) if live => self.bar.suspend(|| self.line(&text)),
            Event::Note(text) => self.line(&text),
        }
    }
}
