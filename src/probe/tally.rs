//! What a round of exchanges says in numbers: acknowledged, refused, open, broken.

use super::http::Exchange;
use super::lab::Bench;
use super::template::Seen;
use super::verdict::{Ending, Verdict, answer_word};

/// The exchanges of one role in one round.
#[derive(Debug, Default)]
pub struct Tally<'e> {
    /// Acknowledged.
    pub ok: Vec<&'e Exchange>,
    /// Refused as the API promises.
    pub refused: Vec<&'e Exchange>,
    /// No answer, or a 5xx: the effect may exist.
    pub open: Vec<&'e Exchange>,
    /// Answered 5xx.
    pub broken: Vec<&'e Exchange>,
    /// Answered with a status that the API does not promise.
    pub odd: Vec<&'e Exchange>,
}

impl<'e> Tally<'e> {
    /// Sorts exchanges by what they say.
    pub fn of(bench: &Bench<'_>, role: &str, exchanges: impl IntoIterator<Item = &'e Exchange>) -> Self {
        let mut tally = Self::default();
        for exchange in exchanges {
            let seen = bench.seen(role, exchange);
            match seen {
                Seen::Ok => tally.ok.push(exchange),
                Seen::Refused => tally.refused.push(exchange),
                Seen::Odd => tally.odd.push(exchange),
                Seen::Broken => tally.broken.push(exchange),
                Seen::Unknown | Seen::NotSent => {}
            }
            if seen.is_open() {
                tally.open.push(exchange);
            }
        }
        tally
    }

    /// Everything that no client should see: 5xx, no answer, unpromised statuses.
    pub fn impolite(&self) -> Vec<&'e Exchange> {
        let mut all = self.open.clone();
        all.extend(&self.odd);
        all
    }

    /// The invariant holds; here are answers that the contract does not allow.
    pub fn is_polite(&self, what: &str, round: &[Exchange]) -> Verdict {
        let rude = self.impolite();
        let Some(first) = rude.first() else { return Ok(()) };
        Ending::partial(format!(
            "{what}: nothing was lost, but {} of {} concurrent requests got {}.",
            rude.len(),
            round.len(),
            answer_word(first)
        ))
        .expected("every concurrent request gets an answer that the contract names")
        .observed(words(round))
        .with(rude.iter().copied().take(3))
        .among(round)
        .end()
    }
}

/// `3 × 201, 17 × 409`.
pub fn words(exchanges: &[Exchange]) -> String {
    let mut counts: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for exchange in exchanges {
        *counts.entry(answer_word(exchange)).or_default() += 1;
    }
    let words: Vec<String> = counts.iter().map(|(word, count)| format!("{count} × {word}")).collect();
    words.join(", ")
}
