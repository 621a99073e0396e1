//! A request to stop that long waits listen to.
//!
//! Short engine operations are never dropped half-way: one that was sent and not
//! awaited could still create a container after the clean-up.

use std::future::Future;

use tokio::sync::watch;

/// Asks a run to stop.
#[derive(Debug)]
pub struct Canceller(watch::Sender<bool>);

/// Tells whether a run was asked to stop.
#[derive(Debug, Clone)]
pub struct Cancel(watch::Receiver<bool>);

/// A wait was given up because the run was asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cancelled;

/// A pair of both ends.
pub fn pair() -> (Canceller, Cancel) {
    let (sender, receiver) = watch::channel(false);
    (Canceller(sender), Cancel(receiver))
}

impl Canceller {
    /// Asks; more than once is the same.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }
}

impl Cancel {
    /// Whether the run was asked to stop.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// The future's output, unless the run is asked to stop first.
    pub async fn or<T>(&self, future: impl Future<Output = T>) -> Result<T, Cancelled> {
        let mut receiver = self.0.clone();
        tokio::select! {
            biased;
            Ok(_) = receiver.wait_for(|asked| *asked) => Err(Cancelled),
            output = future => Ok(output),
        }
    }
}
