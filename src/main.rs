//! Parse, run, exit.

use std::process::ExitCode;

use clap::Parser;
use takehome::cli::Cli;
use takehome::commands;
use takehome::exit::ExitStatus;

fn main() -> ExitCode {
    let cli = Cli::parse();
    init_tracing(cli.verbose);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the async runtime could not be started: {error}");
            return ExitStatus::Inconclusive.into();
        }
    };
    let status = runtime.block_on(commands::run(cli)).unwrap_or_else(|failure| {
        eprintln!("error: {failure}");
        failure.status
    });
    // A blocking read, such as a killed child's pipe, must not hold the exit.
    runtime.shutdown_background();
    status.into()
}

fn init_tracing(verbose: u8) {
    let level = match verbose {
        0 => "off",
        1 => "takehome=debug",
        _ => "debug",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("TAKEHOME_LOG").unwrap_or_else(|_| level.into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
