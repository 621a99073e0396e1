//! Reads across replicas: what one has acknowledged, the other shows; whole histories are linearizable.

use futures_util::future::join_all;

use super::http::Exchange;
use super::lab::{Bench, name, value};
use super::linear::{MOST, Op, What, is_linearizable, stale_read};
use super::template::{Seen, Values};
use super::verdict::{Ending, Verdict};

/// Items of the concurrent part: few, so that clients meet.
const ITEMS: usize = 4;

pub(super) async fn run(bench: &Bench<'_>) -> Verdict {
    let owner = bench.actor(0).await?;
    one_client(bench, owner).await?;
    histories(bench, owner).await
}

/// One client that changes on one replica and reads on the other.
async fn one_client(bench: &Bench<'_>, owner: &Values) -> Verdict {
    let item = bench.item(0, owner, 0).await?;
    // Both have read it before: a process that keeps what it read would show it again.
    bench.stock(0, owner, &item).await?;
    bench.stock(1, owner, &item).await?;
    let mut stock = 0;
    for round in 0..bench.setting("rounds") {
        let changed = bench.call(round, "add", &[owner, &item, &value("delta", 1)]).await;
        match bench.seen("add", &changed) {
            Seen::Ok => stock += 1,
            _ => {
                return Ending::not_assessable("adding 1 to a stock does not work.").with([&changed]).end();
            }
        }
        let read = bench.call(round + 1, "read", &[owner, &item]).await;
        let found = bench.given("read", &read).get("stock").and_then(|stock| stock.parse::<i64>().ok());
        if found != Some(stock) {
            let found = found.map_or_else(|| super::verdict::answer_word(&read), |found| found.to_string());
            return Ending::failed(format!(
                "Replica {} acknowledged a stock of {stock}; replica {} then shows {found}.",
                name(round % bench.lab.setup.ports.len()),
                name((round + 1) % bench.lab.setup.ports.len()),
            ))
            .expected(format!("a stock of {stock}"))
            .observed(format!("a stock of {found}"))
            .line(format!("acknowledged additions of 1: {stock}; the read began after the last answer was complete"))
            .with([&changed, &read])
            .end();
        }
    }
    Ok(())
}

/// Clients that write and read the same few items through both replicas.
async fn histories(bench: &Bench<'_>, owner: &Values) -> Verdict {
    let items = join_all((0..ITEMS).map(|n| bench.item(n, owner, 1))).await;
    let items = items.into_iter().collect::<Result<Vec<_>, _>>()?;
    let clients = join_all((0..bench.setting("clients")).map(|client| one_of_many(bench, owner, &items, client))).await;
    for (index, item) in items.iter().enumerate() {
        let entries: Vec<&(usize, Option<What>, Exchange)> =
            clients.iter().flatten().filter(|(at, _, _)| *at == index).take(MOST).collect();
        let mut history = Vec::new();
        let mut shown = Vec::new();
        for (_, what, exchange) in entries {
            let role = if matches!(what, Some(What::Write(_))) { "replace" } else { "read" };
            let seen = bench.seen(role, exchange);
            let what = match what {
                Some(write) => write.clone(),
                None => match bench.given("read", exchange).get("name").and_then(|name| number(name)) {
                    Some(value) => What::Read(value),
                    None => continue,
                },
            };
            if seen == Seen::Ok || seen.is_open() {
                let to = (seen == Seen::Ok).then_some(exchange.done);
                history.push(Op { from: exchange.sent, to, what });
                shown.push(exchange);
            }
        }
        if is_linearizable(0, &history) == Some(false) {
            let ending = Ending::failed(
                "Concurrent reads and changes of one item contradict each other: no order explains all answers.",
            )
            .expected("a history in which every read shows the latest change that was acknowledged before it began")
            .observed(format!("{} operations on item `{}`", history.len(), item["name"]));
            return match stale_read(&history) {
                Some([old, newer, read]) => ending
                    .line(format!("1. `{}` is written and acknowledged", word(&history[old])))
                    .line(format!("2. `{}` is written later and acknowledged", word(&history[newer])))
                    .line(format!("3. a read that begins after that shows `{}` again", word(&history[read])))
                    .with([shown[old], shown[newer], shown[read]])
                    .end(),
                None => ending.among(shown).end(),
            };
        }
    }
    Ok(())
}

type Entry = (usize, Option<What>, Exchange);

async fn one_of_many(bench: &Bench<'_>, owner: &Values, items: &[Values], client: usize) -> Vec<Entry> {
    let mut entries = Vec::new();
    let any = value("etag", "*");
    for step in 0..bench.setting("steps") {
        let index = bench.lab.below(items.len());
        let replica = bench.lab.below(bench.lab.setup.ports.len());
        if (client + step).is_multiple_of(2) {
            let written = u32::try_from(client * 1000 + step + 1).unwrap_or(u32::MAX);
            let values = value("name", format!("Value {written}"));
            let changed = bench.call(replica, "replace", &[owner, &items[index], &any, &values]).await;
            entries.push((index, Some(What::Write(written)), changed));
        } else {
            entries.push((index, None, bench.call(replica, "read", &[owner, &items[index]]).await));
        }
    }
    entries
}

/// `Value 7` is 7; the name that an item was made with is 0.
fn number(name: &str) -> Option<u32> {
    match name.strip_prefix("Value ") {
        Some(number) => number.parse().ok(),
        None => Some(0),
    }
}

fn word(op: &Op) -> String {
    match op.what {
        What::Write(value) | What::Read(value) => format!("Value {value}"),
    }
}
