//! Steady load, open loop: each request has its moment, whether or not the ones before it are answered.
//!
//! Latency counts from the intended moment (wrk2's rule), so a stall is not hidden by requests that it kept from being sent.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use hdrhistogram::Histogram;

use super::http::{Bounds, Exchange, call};
use super::lab::{Bench, micros, value};
use super::template::{Seen, Values};
use super::verdict::{Ending, Verdict, answer_word};

/// The largest latency that is told apart: an answer within 10 s is promised.
const LONGEST: Duration = Duration::from_secs(60);

pub(super) async fn run(bench: &Bench<'_>) -> Verdict {
    let owner = bench.actor(0).await?;
    let item = bench.item(0, owner, 100_000).await?;
    let every = Duration::from_secs(1) / u32::try_from(bench.setting("rate")).unwrap_or(1);
    let count = bench.setting("rate") * bench.setting("seconds");
    let begin = Instant::now() + every;
    let sent = (0..count).map(|n| one(bench, owner, &item, n, begin + every * u32::try_from(n).unwrap_or(u32::MAX)));
    let sent = join_all(sent).await;
    let mut latency = histogram()?;
    let mut late = histogram()?;
    let mut wrong: Vec<&Exchange> = Vec::new();
    for (role, intended, exchange) in &sent {
        // Never out of bounds: longer ones count as the longest.
        latency.saturating_record(micros(exchange.done.saturating_duration_since(*intended)));
        late.saturating_record(micros(exchange.sent.saturating_duration_since(*intended)));
        if bench.seen(role, exchange) != Seen::Ok {
            wrong.push(exchange);
        }
    }
    let ms = |histogram: &Histogram<u64>, share: f64| histogram.value_at_quantile(share) as f64 / 1e3;
    for (name, share) in [("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99), ("max_ms", 1.0)] {
        bench.fact(name, ms(&latency, share));
    }
    bench.fact("sent_late_p99_ms", ms(&late, 0.99));
    bench.fact("wrong", wrong.len());
    match wrong.first() {
        None => Ok(()),
        Some(first) => Ending::partial(format!(
            "Of {count} requests at {} a second, {} were not answered with success, the first with {}.",
            bench.setting("rate"),
            wrong.len(),
            answer_word(first)
        ))
        .with(wrong.iter().copied().take(3))
        .line(format!("latency from the intended moment: p50 {} ms, p99 {} ms", ms(&latency, 0.5), ms(&latency, 0.99)))
        .end(),
    }
}

fn histogram() -> Result<Histogram<u64>, Box<Ending>> {
    Histogram::new_with_bounds(1, micros(LONGEST), 3)
        .map_err(|error| Box::new(Ending::inconclusive(format!("no histogram: {error}"))))
}

/// One request of the mix, at its moment.
async fn one(
    bench: &Bench<'_>,
    owner: &Values,
    item: &Values,
    number: usize,
    intended: Instant,
) -> (&'static str, Instant, Exchange) {
    let (role, values) = match number % 4 {
        0 => ("read", Values::new()),
        1 => ("list-plain", value("limit", 20)),
        2 => ("add", value("delta", 1)),
        _ => ("take", super::keys::order(bench)),
    };
    let request = bench.request(role, &[owner, item, &values]);
    tokio::time::sleep_until(intended.into()).await;
    (role, intended, call(bench.lab.port(number / 4), request, &Bounds::default()).await)
}
