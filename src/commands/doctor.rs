//! stub
use super::Failure;
use crate::exit::ExitStatus;
pub(super) async fn run() -> Result<ExitStatus, Failure> {
    Ok(ExitStatus::Graded)
}
