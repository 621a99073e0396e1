//! The time of a list of things that refer to others, by its length, against that of a plain list.
//!
//! A query for every row makes each row some ten times as dear. The slope is compared with that of a plain list of the same
//! service on the same machine, so that a slow machine or framework is no finding.

use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};

use super::keys::order;
use super::lab::{Bench, micros, value};
use super::template::{Seen, Values};
use super::verdict::{Ending, Verdict};

/// Requests at once while rows are made.
const MAKERS: usize = 8;
/// Two measurements must agree before a finding is one.
const RUNS: usize = 2;

pub(super) async fn run(bench: &Bench<'_>) -> Verdict {
    let owner = bench.actor(0).await?;
    let buyer = bench.new_actor().await?;
    let rows = bench.setting("rows");
    // Different items: one that is shared would be loaded once.
    let made = stream::iter(0..rows)
        .map(|n| {
            let buyer = &buyer;
            async move {
                let item = bench.item(n, owner, 9).await?;
                bench.must(n, "take", &[buyer, &item, &order(bench)], &[]).await
            }
        })
        .buffer_unordered(MAKERS)
        .collect::<Vec<_>>();
    made.await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut slopes = Vec::new();
    let mut suspicious = 0;
    for _ in 0..RUNS {
        let dear = slope(bench, "list", &buyer, rows).await?;
        let plain = slope(bench, "list-plain", &buyer, rows).await?;
        slopes.push((dear, plain));
        let floor = bench.setting("row_us") as f64;
        // A plain list whose slope drowns in noise must not make any other one look steep.
        if dear >= floor && dear * 100.0 >= plain.max(floor / 10.0) * bench.setting("ratio_percent") as f64 {
            suspicious += 1;
        } else {
            break;
        }
    }
    bench.fact("row_us", slopes.iter().map(|(dear, _)| dear.round()).collect::<Vec<_>>());
    bench.fact("plain_row_us", slopes.iter().map(|(_, plain)| plain.round()).collect::<Vec<_>>());
    if suspicious < RUNS {
        return Ok(());
    }
    let (dear, plain) = slopes[0];
    Ending::partial(format!(
        "Each row of `list` takes {dear:.0} µs, {:.0} times as long as a row of a plain list: it looks like a query for each row.",
        dear / plain.max(1.0)
    ))
    .expected("a list costs about as much a row as a plain list")
    .observed(format!("{dear:.0} µs a row, against {plain:.0} µs"))
    .line(format!("slopes in µs a row, twice: {:?}", slopes.iter().map(|(d, p)| (d.round(), p.round())).collect::<Vec<_>>()))
    .end()
}

/// Microseconds for each further row: the median slope between all pairs of lengths (Theil–Sen).
async fn slope(bench: &Bench<'_>, role: &str, actor: &Values, rows: usize) -> Result<f64, Box<Ending>> {
    let lengths = [rows / 20, rows / 4, rows / 2, rows];
    let mut times = vec![Vec::new(); lengths.len()];
    for _ in 0..bench.setting("calls") {
        for (index, length) in lengths.iter().enumerate() {
            let begin = Instant::now();
            let exchange = bench.call(0, role, &[actor, &value("limit", length)]).await;
            if bench.seen(role, &exchange) != Seen::Ok {
                return Ending::not_assessable(format!("`{role}` does not work.")).with([&exchange]).end();
            }
            times[index].push(begin.elapsed());
        }
    }
    let medians: Vec<f64> = times.iter_mut().map(|times| micros(median(times)) as f64).collect();
    let mut slopes = Vec::new();
    for i in 0..lengths.len() {
        for j in 0..i {
            slopes.push((medians[i] - medians[j]) / (lengths[i] - lengths[j]) as f64);
        }
    }
    slopes.sort_by(f64::total_cmp);
    Ok((slopes[slopes.len() / 2 - 1] + slopes[slopes.len() / 2]) / 2.0)
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}
