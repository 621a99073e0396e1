//! Lost updates of a counter: concurrent additions through all replicas, the first ones released at once.
//!
//! The oracle is an interval: the final value lies between what was acknowledged and that plus what got no clear answer.

use futures_util::future::join_all;

use super::http::Exchange;
use super::lab::{Bench, value};
use super::tally::{Tally, words};
use super::template::{Seen, Values};
use super::verdict::{Ending, Verdict};

/// What the additions of a round are.
struct Round {
    start: i64,
    deltas: [i64; 2],
}

/// Additions only, additions and removals, and removals that would go below zero.
fn round(number: usize, calls: i64) -> Round {
    match number % 3 {
        0 => Round { start: 5, deltas: [1, 1] },
        1 => Round { start: calls * 2, deltas: [3, -2] },
        _ => Round { start: calls / 3, deltas: [-1, -1] },
    }
}

pub(super) async fn run(bench: &Bench<'_>) -> Verdict {
    let owner = bench.actor(0).await?;
    let item = bench.item(0, owner, 5).await?;
    bench.must(0, "add", &[owner, &item, &value("delta", 2)], &[]).await?;
    if bench.stock(0, owner, &item).await? != 7 {
        return Ending::not_assessable("adding 2 to a stock of 5 does not give 7, without any concurrency.").end();
    }
    let (clients, steps) = (bench.setting("clients"), bench.setting("steps"));
    let mut impolite = Ok(());
    let mut turns = bench.turns(bench.setting("rounds"));
    while let Some(number) = turns.next(bench) {
        let plan = round(number, (clients * steps) as i64);
        let item = bench.item(number, owner, plan.start).await?;
        let exchanges = race(bench, owner, &item, &plan).await?;
        judge(bench, owner, &item, &plan, &exchanges).await?;
        if impolite.is_ok() {
            let all: Vec<Exchange> = exchanges.into_iter().map(|(exchange, _)| exchange).collect();
            impolite = Tally::of(bench, "add", &all).is_polite("Concurrent additions", &all);
        }
    }
    impolite?;
    bench.rounds_suffice()
}

/// The first addition of each client is gated, the others follow freely. Each with its delta.
async fn race(
    bench: &Bench<'_>,
    owner: &Values,
    item: &Values,
    plan: &Round,
) -> Result<Vec<(Exchange, i64)>, Box<Ending>> {
    let delta = |client: usize| plan.deltas[client % 2];
    let shots = (0..bench.setting("clients"))
        // The replica changes slower than the delta, so that both meet on both.
        .map(|client| bench.shot(client / 2, "add", &[owner, item, &value("delta", delta(client))]))
        .collect();
    let volley = bench.volley(shots).await?;
    let more = (0..bench.setting("clients")).map(|client| async move {
        let mut sent = Vec::new();
        for step in 1..bench.setting("steps") {
            let values = value("delta", delta(client));
            sent.push((bench.call(client / 2 + step, "add", &[owner, item, &values]).await, delta(client)));
        }
        sent
    });
    let first = volley.exchanges.into_iter().enumerate().map(|(client, exchange)| (exchange, delta(client)));
    let more = join_all(more).await;
    Ok(first.chain(more.into_iter().flatten()).collect())
}

async fn judge(
    bench: &Bench<'_>,
    owner: &Values,
    item: &Values,
    plan: &Round,
    exchanges: &[(Exchange, i64)],
) -> Verdict {
    let (mut acked, mut least, mut most) = (0, 0, 0);
    let (mut acks, mut open) = (0_i64, 0_i64);
    for (exchange, delta) in exchanges {
        let seen = bench.seen("add", exchange);
        if seen == Seen::Ok {
            acked += delta;
            acks += 1;
        } else if seen.is_open() {
            open += 1;
            least += delta.min(&0);
            most += delta.max(&0);
        }
    }
    let expected = plan.start + acked;
    let fits = |stock: i64| stock >= 0 && (expected + least..=expected + most).contains(&stock);
    let (end, read) = bench.final_stock(owner, item, fits).await?;
    let after = bench.given("read", &read);
    let all: Vec<&Exchange> = exchanges.iter().map(|(exchange, _)| exchange).collect();
    let told = |ending: Ending| {
        ending
            .expected(format!("a stock of {}", between(expected + least, expected + most)))
            .observed(format!("a stock of {end}"))
            .line(format!("start {}", plan.start))
            .line(format!("acknowledged {acks} of {} additions, together {acked:+}", exchanges.len()))
            .line(format!("without a clear answer: {open}, together from {least} to {most:+}"))
            .line(format!("expected {}, found {end}", between(expected + least, expected + most)))
            .among(all.iter().copied())
            .with([&read])
            .end()
    };
    if end < 0 || acked + plan.start < 0 && open == 0 {
        return told(Ending::failed(format!(
            "Concurrent removals took a stock of {} below zero: it is {end}, and {acks} removals were acknowledged.",
            plan.start
        )));
    }
    if !fits(end) {
        let lost = (expected - end).abs();
        return told(Ending::failed(format!(
            "Concurrent additions are lost: {acks} acknowledged additions change {} to {expected}, but the stock is {end} ({lost} off).",
            plan.start
        )));
    }
    // The version moves with every change; a stock that is right can hide a version that was lost.
    let number = |values: &Values| values.get("version").and_then(|version| version.parse::<i64>().ok());
    if let (Some(before), Some(now)) = (number(item), number(&after)) {
        let moved = now - before;
        if moved < acks || moved > acks + open {
            return Ending::partial(format!(
                "No addition is lost, but {acks} acknowledged changes moved the version by {moved}."
            ))
            .expected(format!("the version moves by {}", between(acks, acks + open)))
            .observed(format!("from {before} to {now}"))
            .line(words(&exchanges.iter().map(|(exchange, _)| exchange.clone()).collect::<Vec<_>>()))
            .with([&read])
            .among(all)
            .end();
        }
    }
    Ok(())
}

/// `5`, or `5 to 7`.
pub(super) fn between(low: i64, high: i64) -> String {
    if low == high { low.to_string() } else { format!("{low} to {high}") }
}
