//! `kill -9` of all replicas under load: what was acknowledged is there, and nothing is half done.
//!
//! Only processes are killed, never the machine: SQLite and every other database keep what was committed, so a
//! loss is the service's own.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::sync::oneshot;

use super::bench::{Bench, value};
use super::counter::between;
use super::http::{Exchange, NoAnswer};
use super::keys::QUANTITY;
use super::lab::POLL;
use super::pricing::Behaviour;
use super::template::{Seen, Values};
use super::verdict::{Ending, Verdict, answer_word};
use crate::inside::protocol::Ask;

const STOCK: i64 = 10_000;
/// The longest wait for enough acknowledgements before the kill.
const LOAD: Duration = Duration::from_secs(15);
/// After a restart, requests of the load are over; what was half done is visible by then.
const ATTEMPTS: usize = 3;
/// Orders that wait for their prices when the kill comes.
const WAITING: usize = 3;
/// The longest wait until they do. A price within 1 s is in time, so nobody has given it up by then.
const PARKED: Duration = Duration::from_millis(900);

/// What one writer did.
struct Writer {
    item: Values,
    /// Additions and orders, in turn.
    adds: Vec<Exchange>,
    takes: Vec<(Values, Exchange)>,
}

pub(super) async fn run(bench: &Bench<'_>) -> Verdict {
    let owner = bench.actor(0).await?;
    let buyer = bench.new_actor().await?;
    let replicas: Vec<usize> = (0..bench.lab.setup.ports.len()).collect();
    let mut restarts = Vec::new();
    let mut held = 0;
    for _ in 0..bench.setting("rounds") {
        let items = join_all((0..bench.setting("clients")).map(|n| bench.item(n, owner, STOCK))).await;
        let items = items.into_iter().collect::<Result<Vec<_>, _>>()?;
        let waiting = Waiting::new(bench, owner).await?;
        let acks = AtomicUsize::new(0);
        let stop = AtomicBool::new(false);
        let writers =
            join_all(items.into_iter().enumerate().map(|(n, item)| write(bench, owner, &buyer, item, n, &acks, &stop)));
        let (send, asked) = oneshot::channel();
        let killing = async {
            let begin = Instant::now();
            while acks.load(Ordering::Relaxed) < bench.setting("acks") && begin.elapsed() < LOAD {
                tokio::time::sleep(POLL).await;
            }
            // Not before: a service gives up a price that does not come. The other side has gone only with all of this.
            send.send(()).ok();
            let parked = bench.lab.pricing.parked(&waiting.gate, WAITING, PARKED).await;
            let at = Instant::now();
            let killed = bench.lab.orchestrator.ask(Ask::Kill { replicas: replicas.clone() }).await;
            stop.store(true, Ordering::Relaxed);
            killed?;
            held += parked?.now;
            Ok::<_, Box<Ending>>(at)
        };
        let sending = async {
            match asked.await {
                Ok(()) => waiting.send(bench, &buyer).await,
                Err(_) => Vec::new(),
            }
        };
        let (writers, killed, orders) = tokio::join!(writers, killing, sending);
        let killed = killed?;
        let down = Instant::now();
        bench.lab.start(&replicas).await?;
        restarts.push(u64::try_from(down.elapsed().as_millis()).unwrap_or(u64::MAX));
        if acks.load(Ordering::Relaxed) < bench.setting("acks") / 2 {
            return Ending::not_assessable("too few changes are acknowledged under load.").end();
        }
        waiting.examine(bench, owner, &orders, killed).await?;
        for writer in &writers {
            examine(bench, owner, &buyer, writer, killed).await?;
        }
    }
    bench.fact("restart_ms", restarts);
    bench.fact("orders_held_at_the_kill", held);
    if held == 0 {
        return Ending::inconclusive("no order waited for its price when the processes were killed.").end();
    }
    Ok(())
}

/// Orders whose prices never come: the kill ends them, so that they can never have been confirmed.
struct Waiting {
    gate: String,
    items: Vec<Values>,
    keys: Vec<Values>,
}

impl Waiting {
    async fn new(bench: &Bench<'_>, owner: &Values) -> Result<Self, Box<Ending>> {
        let items = join_all((0..WAITING).map(|n| bench.item(n, owner, STOCK))).await;
        let items = items.into_iter().collect::<Result<Vec<_>, _>>()?;
        let gate = bench.lab.word();
        bench.lab.pricing.gate(&gate, None, None).await?;
        for item in &items {
            let held = Behaviour::Hold { gate: gate.clone(), price_cents: 1 };
            bench.lab.pricing.behaviour(Some(&item["sku"]), held).await?;
        }
        let keys = items.iter().map(|_| super::keys::order(bench)).collect();
        Ok(Self { gate, items, keys })
    }

    /// Sends the orders; they end with the kill.
    async fn send(&self, bench: &Bench<'_>, buyer: &Values) -> Vec<Exchange> {
        let orders = self.items.iter().zip(&self.keys).enumerate();
        join_all(orders.map(|(n, (item, key))| async move { bench.call(n, "take", &[buyer, item, key]).await })).await
    }

    async fn examine(&self, bench: &Bench<'_>, owner: &Values, orders: &[Exchange], killed: Instant) -> Verdict {
        for (item, order) in self.items.iter().zip(orders) {
            let (left, read) = bench.final_stock(owner, item, |left| left == STOCK).await?;
            if left != STOCK {
                return Ending::failed(format!(
                    "`kill -9` left an order half done: its price never came, but the stock of {STOCK} is {left} after the restart."
                ))
                .expected(format!("a stock of {STOCK}: until an order is confirmed, the stock is unchanged"))
                .observed(format!("a stock of {left}"))
                .line("1. an order asks for its price, which does not come")
                .line("2. both processes are killed and started again")
                .line(format!("3. the stock is {left} instead of {STOCK}, without any order"))
                .with([order, &read])
                .moment(killed, "kill -9 of all replicas")
                .end();
            }
        }
        Ok(())
    }
}

async fn write(
    bench: &Bench<'_>,
    owner: &Values,
    buyer: &Values,
    item: Values,
    number: usize,
    acks: &AtomicUsize,
    stop: &AtomicBool,
) -> Writer {
    let mut writer = Writer { item, adds: Vec::new(), takes: Vec::new() };
    let mut step = number;
    while !stop.load(Ordering::Relaxed) {
        let exchange = if step.is_multiple_of(2) {
            let added = bench.call(step, "add", &[owner, &writer.item, &value("delta", 3)]).await;
            writer.adds.push(added.clone());
            added
        } else {
            let key = super::keys::order(bench);
            let taken = bench.call(step, "take", &[buyer, &writer.item, &key]).await;
            writer.takes.push((key, taken.clone()));
            taken
        };
        let acked = matches!(&exchange.outcome, Ok(answer) if answer.status < 300);
        if acked {
            acks.fetch_add(1, Ordering::Relaxed);
        } else if matches!(exchange.outcome, Err(NoAnswer::NotSent(_))) {
            // The kill has begun: both replicas are going.
            tokio::time::sleep(POLL).await;
        }
        step += 1;
    }
    writer
}

async fn examine(bench: &Bench<'_>, owner: &Values, buyer: &Values, writer: &Writer, killed: Instant) -> Verdict {
    let mut taken = 0_i64;
    let mut unclear = 0_i64;
    for (_, exchange) in &writer.takes {
        match bench.seen("take", exchange) {
            Seen::Ok => {
                taken += 1;
                still_there(bench, buyer, exchange, killed).await?;
            }
            seen if seen.is_open() => unclear += 1,
            _ => {}
        }
    }
    let seen = |exchange: &&Exchange| bench.seen("add", exchange);
    let added = writer.adds.iter().filter(|e| seen(e) == Seen::Ok).count() as i64 * 3;
    let perhaps = writer.adds.iter().filter(|e| seen(e).is_open()).count() as i64 * 3;
    let sum = STOCK + added - taken * QUANTITY;
    let (low, high) = (sum - unclear * QUANTITY, sum + perhaps);
    let (left, read) = bench.final_stock(owner, &writer.item, |left| (low..=high).contains(&left)).await?;
    if (low..=high).contains(&left) {
        return half_orders(bench, owner, buyer, writer, sum, perhaps, killed).await;
    }
    Ending::failed(format!(
        "After `kill -9` and a restart the stock is {left}; what was acknowledged makes {}.",
        between(low, high)
    ))
    .expected(format!("a stock of {}", between(low, high)))
    .observed(format!("a stock of {left}"))
    .line(format!("start {STOCK}; additions of 3 acknowledged: {}, without an answer: {}", added / 3, perhaps / 3))
    .line(format!("orders of {QUANTITY} acknowledged: {taken}, without an answer: {unclear}"))
    .line(format!("{STOCK} + {added} - {} = {sum}; found {left}", taken * QUANTITY))
    .with([&read])
    .among(writer.adds.iter().rev().take(8))
    .among(writer.takes.iter().rev().take(8).map(|(_, exchange)| exchange))
    .moment(killed, "kill -9 of all replicas")
    .end()
}

/// An acknowledged order is there, and its key gives it.
async fn still_there(bench: &Bench<'_>, buyer: &Values, acknowledged: &Exchange, killed: Instant) -> Verdict {
    let given = bench.given("take", acknowledged);
    let read = bench.call(0, "read-order", &[buyer, &given]).await;
    if bench.seen("read-order", &read) == Seen::Ok {
        return Ok(());
    }
    Ending::failed("An order that was acknowledged before `kill -9` does not exist after the restart.")
        .expected("200 with the order")
        .observed(answer_word(&read))
        .with([acknowledged, &read])
        .moment(killed, "kill -9 of all replicas")
        .end()
}

/// An order without an answer either exists with its stock taken, or neither.
async fn half_orders(
    bench: &Bench<'_>,
    owner: &Values,
    buyer: &Values,
    writer: &Writer,
    sum: i64,
    perhaps: i64,
    killed: Instant,
) -> Verdict {
    // With an addition in doubt as well, the stock alone cannot tell.
    let open: Vec<&(Values, Exchange)> =
        writer.takes.iter().filter(|(_, exchange)| bench.seen("take", exchange).is_open()).collect();
    let [(key, exchange)] = open.as_slice() else { return Ok(()) };
    if perhaps > 0 {
        return Ok(());
    }
    let before = bench.stock(0, owner, &writer.item).await?;
    let mut again = bench.call(0, "take", &[buyer, &writer.item, key]).await;
    let mut attempts = 1;
    while bench.seen("take", &again) == Seen::Refused && attempts < ATTEMPTS {
        tokio::time::sleep(POLL).await;
        again = bench.call(0, "take", &[buyer, &writer.item, key]).await;
        attempts += 1;
    }
    if bench.seen("take", &again) != Seen::Ok {
        // The key may still be held for some seconds; a probe of its own waits for that.
        return Ok(());
    }
    let after = bench.stock(0, owner, &writer.item).await?;
    // Existed: before = sum - quantity and nothing moves. Did not: before = sum and it is taken now.
    if after == sum - QUANTITY {
        return Ok(());
    }
    Ending::failed("An order that was interrupted by `kill -9` was half done: its stock and its order disagree.")
        .expected(format!("a stock of {} once its key has given the order", sum - QUANTITY))
        .observed(format!("a stock of {before} before, and of {after} after the repeat"))
        .line(format!("stock by all acknowledged changes: {sum}"))
        .line(format!(
            "one order of {QUANTITY} got no answer; repeated under its key it is answered {}",
            answer_word(&again)
        ))
        .line(format!("{sum} - {QUANTITY} = {}; found {after}", sum - QUANTITY))
        .with([exchange, &again])
        .moment(killed, "kill -9 of all replicas")
        .end()
}
