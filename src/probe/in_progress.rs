//! A duplicate while the first request waits for its price, and a client that goes away while it waits.

use std::time::{Duration, Instant};

use super::gate::Shot;
use super::http::{Bounds, Exchange, NoAnswer, call};
use super::keys::{Case, STOCK, order};
use super::lab::{Bench, POLL};
use super::pricing::Behaviour;
use super::template::{Seen, Values};
use super::verdict::{Ending, Verdict, answer_word};

/// A price within 1 s is in time: everything that is held is let go before.
const HOLD: Duration = Duration::from_millis(900);
/// How long the duplicate may take to say "in progress" before the first is let go.
const LOOK: Duration = Duration::from_millis(500);
/// After a client went away, its order exists or its key is free by then: 8 s for the order, and some to spare.
const SETTLED: Duration = Duration::from_secs(12);
const PRICE: i64 = 400;

pub(super) async fn run(bench: &Bench<'_>) -> Verdict {
    let owner = bench.actor(0).await?;
    let buyer = bench.actor(1).await?;
    for round in 0..bench.setting("rounds") {
        duplicate(bench, owner, buyer, round).await?;
        goes_away(bench, owner, buyer, round).await?;
    }
    Ok(())
}

/// Holds the price of a new item at a gate.
async fn held_item(bench: &Bench<'_>, owner: &Values, replica: usize) -> Result<(Values, String), Box<Ending>> {
    let item = bench.item(replica, owner, STOCK).await?;
    let gate = bench.lab.word();
    bench.lab.pricing.gate(&gate, None, Some(HOLD)).await?;
    let held = Behaviour::Hold { gate: gate.clone(), price_cents: PRICE };
    bench.lab.pricing.behaviour(Some(&item["sku"]), held).await?;
    Ok((item, gate))
}

async fn duplicate(bench: &Bench<'_>, owner: &Values, buyer: &Values, round: usize) -> Verdict {
    let (item, gate) = held_item(bench, owner, round).await?;
    let key = order(bench);
    let values = [buyer, &item, &key];
    let first = bench.call(round, "take", &values);
    let others = async {
        bench.someone_is_parked(&gate).await?;
        // One through the other replica, one through the same.
        let duplicates =
            futures_util::future::join(bench.call(round + 1, "take", &values), bench.call(round, "take", &values));
        let release = async {
            tokio::time::sleep(LOOK).await;
            bench.lab.pricing.release(&gate).await
        };
        let ((one, two), released) = tokio::join!(duplicates, release);
        released?;
        Ok::<_, Box<Ending>>([one, two])
    };
    let (first, others) = tokio::join!(first, others);
    let mut sent: Vec<Exchange> = others?.into();
    sent.insert(0, first);
    let settled = sent.iter().any(|exchange| bench.seen("take", exchange) == Seen::Ok);
    let what = "A duplicate while the first order waited for its price";
    Case { owner, item: &item, sent: &sent, what }.has_one_effect(bench, settled).await?;
    let wrong = sent.iter().enumerate().find(|(index, exchange)| match bench.seen("take", exchange) {
        Seen::Ok => false,
        Seen::Refused => *index == 0,
        _ => true,
    });
    match wrong {
        None => Ok(()),
        Some((index, exchange)) => Ending::partial(format!(
            "While an order waited for its price, {} was answered {}.",
            if index == 0 { "the order itself" } else { "its duplicate" },
            answer_word(exchange)
        ))
        .expected("201 for the first; for the duplicates 409 at once, or the same 201 later")
        .with(&sent)
        .end(),
    }
}

async fn goes_away(bench: &Bench<'_>, owner: &Values, buyer: &Values, round: usize) -> Verdict {
    let (item, gate) = held_item(bench, owner, round).await?;
    let key = order(bench);
    let shot: Shot = bench.shot(round, "take", &[buyer, &item, &key]);
    // A client that waits for a moment only: its connection is closed while the price is held.
    let short = Bounds { within: Duration::from_millis(250), ..Bounds::default() };
    let gone = call(shot.port, shot.request, &short).await;
    if matches!(gone.outcome, Err(NoAnswer::NotSent(_))) {
        return Ending::inconclusive("the machine is too busy to send an order within 250 ms.").end();
    }
    if gone.outcome != Err(NoAnswer::TimedOut) {
        return Ending::not_assessable(format!("an order whose price is held is answered {}.", answer_word(&gone)))
            .with([&gone])
            .end();
    }
    let left = Instant::now();
    bench.lab.pricing.release(&gate).await?;
    let price = Behaviour::Price { price_cents: PRICE };
    bench.lab.pricing.behaviour(Some(&item["sku"]), price).await?;
    let mut sent = vec![gone];
    let settled = loop {
        let again = bench.call(round + 1, "take", &[buyer, &item, &key]).await;
        let seen = bench.seen("take", &again);
        sent.push(again);
        match seen {
            Seen::Ok => break true,
            Seen::Refused if left.elapsed() < SETTLED => tokio::time::sleep(POLL * 5).await,
            _ => break false,
        }
    };
    let what = "A client that went away while its order waited, and came back";
    Case { owner, item: &item, sent: &sent, what }.has_one_effect(bench, settled).await?;
    if settled {
        return Ok(());
    }
    let last = &sent[sent.len() - 1];
    Ending::failed(format!(
        "A client went away while its order waited; {:.0} s later the same key still answers {}.",
        left.elapsed().as_secs_f64(),
        answer_word(last)
    ))
    .expected("the order, or a free key")
    .observed(answer_word(last))
    .with([&sent[0], last])
    .moment(left, "the client goes away")
    .end()
}
