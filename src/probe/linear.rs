//! Whether a history of one register is linearizable: a small Wing–Gong–Lowe search with memory. Pure.
//!
//! Wing and Gong, "Testing and Verifying Concurrent Objects" (1993), with the memory of
//! configurations of Lowe (2017). Histories of one key have some dozens of operations.

use std::collections::HashSet;
use std::time::Instant;

/// The most operations of one history.
pub const MOST: usize = 128;

/// One operation on the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Op {
    /// When it was sent.
    pub from: Instant,
    /// When its answer had arrived; `None` where none came, so that it may take effect at any time or never.
    pub to: Option<Instant>,
    /// What it did.
    pub what: What,
}

/// What an operation did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Wrote a value.
    Write(u32),
    /// Read a value.
    Read(u32),
}

/// Whether some order of the operations explains all answers. `None` where the history is too long to decide.
pub fn is_linearizable(initial: u32, history: &[Op]) -> Option<bool> {
    if history.len() > MOST {
        return None;
    }
    // A read without an answer says nothing.
    let ops: Vec<&Op> = history.iter().filter(|op| op.to.is_some() || matches!(op.what, What::Write(_))).collect();
    let definite = ops.iter().enumerate().filter(|(_, op)| op.to.is_some()).fold(0_u128, |set, (i, _)| set | 1 << i);
    let mut visited = HashSet::new();
    let mut open = vec![(0_u128, initial)];
    while let Some((done, value)) = open.pop() {
        if done & definite == definite {
            return Some(true);
        }
        if !visited.insert((done, value)) {
            continue;
        }
        let undone = |i: &usize| done & (1 << i) == 0;
        // Nothing may be ordered after an operation that had ended before it began.
        let horizon = (0..ops.len()).filter(undone).filter_map(|i| ops[i].to).min();
        for i in (0..ops.len()).filter(undone) {
            if horizon.is_some_and(|horizon| ops[i].from > horizon) {
                continue;
            }
            match ops[i].what {
                What::Write(written) => open.push((done | 1 << i, written)),
                What::Read(read) if read == value => open.push((done | 1 << i, value)),
                What::Read(_) => {}
            }
        }
    }
    Some(false)
}

/// A stale read in three operations: the write of what was read, the acknowledged write that
/// came wholly after it, and the read that began wholly after that one.
pub fn stale_read(history: &[Op]) -> Option<[usize; 3]> {
    for (r, read) in history.iter().enumerate() {
        let What::Read(value) = read.what else { continue };
        let Some(_) = read.to else { continue };
        let Some(old) = history.iter().position(|op| op.what == What::Write(value)) else { continue };
        let Some(old_end) = history[old].to else { continue };
        let newer = history.iter().position(|op| {
            matches!(op.what, What::Write(_)) && op.from > old_end && op.to.is_some_and(|to| to < read.from)
        });
        if let Some(newer) = newer {
            return Some([old, newer, r]);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn op(base: Instant, from: u64, to: Option<u64>, what: What) -> Op {
        let at = |ms| base + Duration::from_millis(ms);
        Op { from: at(from), to: to.map(at), what }
    }

    #[test]
    fn a_read_of_an_overwritten_value_is_found() {
        let t = Instant::now();
        let mut history = vec![
            op(t, 0, Some(1), What::Write(1)),
            op(t, 2, Some(3), What::Write(2)),
            op(t, 4, Some(5), What::Read(1)),
        ];
        assert_eq!(is_linearizable(0, &history), Some(false));
        assert_eq!(stale_read(&history), Some([0, 1, 2]));
        // The same read while the second write is under way may see either.
        history[2].from = t + Duration::from_micros(2500);
        assert_eq!(is_linearizable(0, &history), Some(true));
        // A write without an answer may take effect late, or never.
        history[1].to = None;
        history[2].from = t + Duration::from_millis(4);
        assert_eq!(is_linearizable(0, &history), Some(true));
        history.push(op(t, 6, Some(7), What::Read(2)));
        history.push(op(t, 8, Some(9), What::Read(1)));
        assert_eq!(is_linearizable(0, &history), Some(false));
    }

    #[test]
    fn a_long_history_is_not_decided() {
        let t = Instant::now();
        let history: Vec<Op> = (0..129).map(|i| op(t, i, Some(i + 1), What::Read(0))).collect();
        assert_eq!(is_linearizable(0, &history), None);
    }

    /// Tries every order of every subset that holds all definite operations.
    fn by_force(initial: u32, history: &[Op]) -> bool {
        fn extend(history: &[Op], order: &mut Vec<usize>, value: u32) -> bool {
            if (0..history.len()).all(|i| order.contains(&i) || history[i].to.is_none()) {
                return true;
            }
            for i in 0..history.len() {
                if order.contains(&i) {
                    continue;
                }
                let late = (0..history.len())
                    .any(|j| j != i && !order.contains(&j) && history[j].to.is_some_and(|to| to < history[i].from));
                let next = match history[i].what {
                    What::Write(written) => Some(written),
                    What::Read(read) => (read == value).then_some(value),
                };
                if let (false, Some(next)) = (late, next) {
                    order.push(i);
                    if extend(history, order, next) {
                        return true;
                    }
                    order.pop();
                }
            }
            false
        }
        extend(history, &mut Vec::new(), initial)
    }

    proptest! {
        #[test]
        fn agrees_with_trying_everything(
            raw in prop::collection::vec((0_u64..20, 0_u64..8, any::<bool>(), 0_u32..3, prop::bool::weighted(0.15)), 0..7)
        ) {
            let t = Instant::now();
            let history: Vec<Op> = raw
                .into_iter()
                .map(|(from, length, write, value, lost)| {
                    let what = if write { What::Write(value) } else { What::Read(value) };
                    op(t, from, (!lost).then_some(from + length), what)
                })
                .filter(|op| op.to.is_some() || matches!(op.what, What::Write(_)))
                .collect();
            prop_assert_eq!(is_linearizable(0, &history), Some(by_force(0, &history)));
        }
    }
}
