//! stub
use super::{Context, Failure};
use crate::cli::VerifyArgs;
use crate::exit::ExitStatus;
pub(super) async fn run(_c: &Context, _a: VerifyArgs) -> Result<ExitStatus, Failure> {
    Ok(ExitStatus::Graded)
}
