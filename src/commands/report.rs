//! `takehome report RUN`: renders a saved run again, without Docker.

use super::Failure;
use super::say;
use super::view::view;
use crate::cli::{Audience, Format, ReportArgs};
use crate::evidence::Record;
use crate::exit::ExitStatus;
use crate::report::{self, CandidateReport};

pub(super) fn run(args: &ReportArgs) -> Result<ExitStatus, Failure> {
    let evidence = args.run.join("evidence");
    if !evidence.is_dir() {
        let message = format!(
            "{}: holds no evidence of a run\nhint: name a folder that `takehome grade` wrote",
            args.run.display()
        );
        return Err(Failure::usage(message));
    }
    let report = view(&Record::load(&evidence).map_err(Failure::usage)?);
    let colour = console::colors_enabled();
    let text = match args.audience {
        Audience::Interviewer => match args.format {
            Format::Terminal => report::terminal(&report, colour),
            Format::Html => report::html(&report).map_err(Failure::fault)?,
            Format::Json => json(&report)?,
            Format::Junit => report::junit(&report),
        },
        Audience::Candidate => {
            let report = CandidateReport::of(&report);
            match args.format {
                Format::Terminal => report::candidate_terminal(&report, colour),
                Format::Html => report::candidate_html(&report).map_err(Failure::fault)?,
                Format::Json => json(&report)?,
                Format::Junit => {
                    let message = "--format junit names hidden checks and is for interviewers only\nhint: use json";
                    return Err(Failure::usage(message));
                }
            }
        }
    };
    say::text(format_args!("{text}"));
    Ok(ExitStatus::Graded)
}

fn json(report: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(report).map(|text| text + "\n").map_err(Failure::fault)
}
