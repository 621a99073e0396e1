//! Keys across `kill -9`: a result that was stored is replayed, and the key of a killed request becomes free.

use std::time::{Duration, Instant};

use super::http::Exchange;
use super::keys::{Case, STOCK, order};
use super::lab::Bench;
use super::pricing::Behaviour;
use super::protocol::Ask;
use super::template::{Seen, Values};
use super::verdict::{Ending, Verdict, answer_word};

/// Between two attempts with the key of the killed request.
const PAUSE: Duration = Duration::from_millis(500);
/// On a machine that is very busy.
const PARKED: Duration = Duration::from_secs(6);
const PRICE: i64 = 700;

/// What is left to see after the restart, while other probes go on.
pub(super) struct Rest<'a> {
    owner: &'a Values,
    buyer: &'a Values,
    item: Values,
    key: Values,
    sent: Vec<Exchange>,
    killed: Instant,
    healthy: Instant,
}

/// Places one order, kills the replica while another one waits, and starts it again.
pub(super) async fn begin<'a>(bench: &Bench<'a>) -> Result<Rest<'a>, Box<Ending>> {
    let owner = bench.actor(0).await?;
    let buyer = bench.actor(1).await?;
    let stored = bench.item(0, owner, STOCK).await?;
    let stored_key = order(bench);
    let placed = bench.call(0, "take", &[buyer, &stored, &stored_key]).await;
    let id = bench.given("take", &placed).remove("order");
    if id.is_none() {
        return Ending::not_assessable("an order does not work.").with([&placed]).end();
    }
    let item = bench.item(0, owner, STOCK).await?;
    let key = order(bench);
    let gate = bench.lab.word();
    bench.lab.pricing.gate(&gate, None, None).await?;
    bench.lab.pricing.behaviour(Some(&item["sku"]), Behaviour::Hold { gate: gate.clone(), price_cents: PRICE }).await?;
    let values = [buyer, &item, &key];
    let waiting = bench.call(0, "take", &values);
    let killing = async {
        let parked = bench.lab.pricing.parked(&gate, 1, PARKED).await?;
        let at = Instant::now();
        bench.lab.orchestrator.ask(Ask::Kill { replicas: vec![0] }).await?;
        Ok::<_, Box<Ending>>((parked.now, at))
    };
    let (killed_exchange, killing) = tokio::join!(waiting, killing);
    bench.lab.pricing.release(&gate).await?;
    bench.lab.pricing.behaviour(Some(&item["sku"]), Behaviour::Price { price_cents: PRICE }).await?;
    bench.lab.start(&[0]).await?;
    let (parked, killed) = killing?;
    if parked == 0 {
        return Ending::not_assessable("an order does not ask the pricing service for its price.").end();
    }
    let healthy = Instant::now();
    bench.fact("restart_ms", u64::try_from(healthy.duration_since(killed).as_millis()).unwrap_or(u64::MAX));
    let again = bench.call(0, "take", &[buyer, &stored, &stored_key]).await;
    let replayed = bench.given("take", &again).remove("order");
    let sent = vec![placed, again];
    let what = "A repeat of an order after `kill -9` of its replica";
    Case { owner, item: &stored, sent: &sent, what }.has_one_effect(bench, true).await?;
    if replayed != id {
        return Ending::failed("After `kill -9` and a restart, a key does not give the order that it gave before.")
            .expected("201 with the same order")
            .observed(answer_word(&sent[1]))
            .with(&sent)
            .moment(killed, "kill -9")
            .end();
    }
    Ok(Rest { owner, buyer, item, key, sent: vec![killed_exchange], killed, healthy })
}

/// Repeats the order whose process was killed until its key is free.
pub(super) async fn finish(bench: &Bench<'_>, mut rest: Rest<'_>) -> Verdict {
    let free_within = Duration::from_millis(bench.setting("free_within_ms") as u64);
    let values = [rest.buyer, &rest.item, &rest.key];
    let settled = loop {
        let began = Instant::now();
        let again = bench.call(1, "take", &values).await;
        let seen = bench.seen("take", &again);
        if rest.sent.len() < 40 {
            rest.sent.push(again);
        } else if let Some(last) = rest.sent.last_mut() {
            *last = again;
        }
        match seen {
            Seen::Ok => break true,
            // An attempt that began before the key had to be free proves nothing.
            _ if began.duration_since(rest.healthy) < free_within + PAUSE => tokio::time::sleep(PAUSE).await,
            _ => break false,
        }
    };
    let took = rest.healthy.elapsed();
    bench.fact("looked_at_after_ms", u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
    let what = "A repeat of an order whose process was killed while it waited";
    Case { owner: rest.owner, item: &rest.item, sent: &rest.sent, what }.has_one_effect(bench, settled).await?;
    if settled {
        return Ok(());
    }
    let last = &rest.sent[rest.sent.len() - 1];
    Ending::failed(format!(
        "The key of an order whose process was killed still answers {} {:.0} s after the instance was healthy again.",
        answer_word(last),
        took.as_secs_f64()
    ))
    .expected(format!("the order, at most {} s after the instance is healthy again", free_within.as_secs()))
    .observed(answer_word(last))
    .line("1. an order waits for its price; its process is killed")
    .line("2. the replica is started again and healthy")
    .line(format!("3. {:.0} s later the same request is answered {}", took.as_secs_f64(), answer_word(last)))
    .with([&rest.sent[0], last])
    .moment(rest.killed, "kill -9")
    .moment(rest.healthy, "healthy again")
    .end()
}
