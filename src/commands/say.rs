//! Lines on standard output, for readers that may have gone: `takehome tasks stockroom | head`.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};

/// Prints a line. Nothing more is said once nobody reads; what a command does and how it ends stays the same.
macro_rules! say {
    ($($text:tt)*) => { $crate::commands::say::text(format_args!("{}\n", format_args!($($text)*))) };
}
pub(super) use say;

/// Prints text as it is.
///
/// # Panics
/// When standard output cannot be written for another reason, as `println!` does.
pub(super) fn text(text: Arguments<'_>) {
    let mut out = io::stdout().lock();
    match out.write_fmt(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => panic!("standard output cannot be written: {error}"),
        _ => {}
    }
}
