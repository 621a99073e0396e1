//! SIGTERM with requests in flight: what was received is answered, the process ends in time.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::bench::Bench;
use super::http::Exchange;
use super::keys::{Case, STOCK, order};
use super::lab::name;
use super::pricing::Behaviour;
use super::tally::{Tally, words};
use super::template::Values;
use super::verdict::{Ending, Verdict};
use crate::inside::protocol::Ask;

/// From SIGTERM until the prices come: long enough for a process to end that does not wait for what is in flight.
const AFTER_SIGNAL: Duration = Duration::from_millis(400);
/// A price within 1 s is in time; the hold ends before, whatever happens.
const HOLD: Duration = Duration::from_millis(950);
const PARKED: Duration = Duration::from_millis(400);
const PRICE: i64 = 300;
/// To hear that a process has ended which has ended.
const MOMENT_MS: u64 = 500;
/// The replica that is stopped: the last one, as others look at the first.
fn stopped(bench: &Bench<'_>) -> usize {
    bench.lab.setup.ports.len() - 1
}

pub(super) async fn run(bench: &Bench<'_>) -> Verdict {
    let owner = bench.actor(0).await?;
    let buyer = bench.actor(1).await?;
    let replica = stopped(bench);
    let verdict = stop(bench, owner, buyer, replica).await;
    // Whatever came out, the other probes find the replica running again.
    let within = Duration::from_millis(bench.lab.setup.stop_within_ms);
    if !bench.lab.orchestrator.ask(Ask::AwaitEnd { replica, within_ms: MOMENT_MS }).await? {
        bench.lab.orchestrator.ask(Ask::Kill { replicas: vec![replica] }).await?;
        bench.lab.start(&[replica]).await?;
        verdict?;
        return Ending::failed(format!("A replica is still running {} s after SIGTERM.", within.as_secs()))
            .expected(format!("it ends within {} s", within.as_secs()))
            .observed("it has to be killed")
            .end();
    }
    bench.lab.start(&[replica]).await?;
    verdict
}

async fn stop(bench: &Bench<'_>, owner: &Values, buyer: &Values, replica: usize) -> Verdict {
    let count = bench.setting("waiting");
    let items = join_all((0..count).map(|_| bench.item(0, owner, STOCK))).await;
    let items = items.into_iter().collect::<Result<Vec<_>, _>>()?;
    let gate = bench.lab.word();
    bench.lab.pricing.gate(&gate, None, Some(HOLD)).await?;
    for item in &items {
        let held = Behaviour::Hold { gate: gate.clone(), price_cents: PRICE };
        bench.lab.pricing.behaviour(Some(&item["sku"]), held).await?;
    }
    let keys: Vec<Values> = items.iter().map(|_| order(bench)).collect();
    let orders = join_all(
        items
            .iter()
            .zip(&keys)
            .map(|(item, key)| async move { bench.call(replica, "take", &[buyer, item, key]).await }),
    );
    let stopping = async {
        bench.someone_is_parked(&gate).await?;
        let parked = bench.lab.pricing.parked(&gate, count, PARKED).await?;
        if parked.now == 0 {
            return Ending::inconclusive("the machine is too busy to hold some orders at once.").end();
        }
        let signal = Instant::now();
        bench.lab.orchestrator.ask(Ask::Terminate { replica }).await?;
        tokio::time::sleep(AFTER_SIGNAL).await;
        bench.lab.pricing.release(&gate).await?;
        Ok((signal, parked.now))
    };
    let (orders, stopping) = tokio::join!(orders, stopping);
    let (signal, parked) = stopping?;
    let within_ms =
        bench.lab.setup.stop_within_ms.saturating_sub(u64::try_from(signal.elapsed().as_millis()).unwrap_or(0));
    bench.lab.orchestrator.ask(Ask::AwaitEnd { replica, within_ms }).await?;
    bench.fact("ended_after_ms", u64::try_from(signal.elapsed().as_millis()).unwrap_or(u64::MAX));
    for ((item, key), exchange) in items.iter().zip(&keys).zip(&orders) {
        // Through the other replica: what became of the order that was in flight.
        let again = bench.call(0, "take", &[buyer, item, key]).await;
        let sent = [exchange.clone(), again];
        let what = "An order in flight at SIGTERM, and its repeat";
        Case { owner, item, sent: &sent, what }.has_one_effect(bench, false).await?;
    }
    judge(bench, &orders, signal, parked)
}

fn judge(bench: &Bench<'_>, orders: &[Exchange], signal: Instant, parked: usize) -> Verdict {
    let tally = Tally::of(bench, "take", orders);
    // What waited for no price may not have been received: a server with few workers takes one order after the other.
    let received = parked.min(orders.len());
    if tally.ok.len() >= received {
        return Ok(());
    }
    let lost: Vec<&Exchange> = orders.iter().filter(|e| !tally.ok.iter().any(|ok| std::ptr::eq(*ok, *e))).collect();
    Ending::failed(format!(
        "On SIGTERM, {} of {received} orders that waited for their prices on replica {} are not answered.",
        received - tally.ok.len(),
        name(stopped(bench))
    ))
    .expected("requests already received are answered; the process ends afterwards")
    .observed(words(orders))
    .line(format!("orders that waited for their prices when SIGTERM was sent: {parked}"))
    .line(format!("the prices came {} ms later; answers: {}", AFTER_SIGNAL.as_millis(), words(orders)))
    .with(lost.iter().copied().take(3))
    .among(orders)
    .moment(signal, "SIGTERM")
    .end()
}
