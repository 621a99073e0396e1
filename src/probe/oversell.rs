//! More takers than stock: freely, and held together at the price so that all of them have read the stock.
//!
//! Never more than the stock is acknowledged, and the stock that is left is what was not taken.

use std::time::Duration;

use super::counter::between;
use super::http::Exchange;
use super::lab::{Bench, value};
use super::pricing::Behaviour;
use super::tally::{Tally, words};
use super::template::Values;
use super::verdict::{Ending, Verdict};

/// A price that is answered within 1 s is in time, by the contract.
const HOLD: Duration = Duration::from_millis(800);
const PRICE: i64 = 250;

pub(super) async fn run(bench: &Bench<'_>) -> Verdict {
    let owner = bench.actor(0).await?;
    control(bench, owner).await?;
    let mut impolite = barrier(bench, owner).await?;
    let mut turns = bench.turns(bench.setting("rounds"));
    while let Some(number) = turns.next(bench) {
        let stock = if number % 2 == 0 { 1 } else { 5 };
        let item = bench.item(number, owner, stock).await?;
        // Half the rounds have one buyer, half have many: a lock for each session can hide a race.
        let buyers = buyers(bench, number % 4 < 2, bench.setting("clients")).await?;
        let shots = buyers
            .iter()
            .enumerate()
            .map(|(client, buyer)| bench.shot(client, "take", &[buyer, &item, &order(bench)]))
            .collect();
        let volley = bench.volley(shots).await?;
        judge(bench, owner, &item, stock, &volley.exchanges, "").await?;
        if impolite.is_ok() {
            impolite =
                Tally::of(bench, "take", &volley.exchanges).is_polite("More orders than stock", &volley.exchanges);
        }
    }
    impolite?;
    bench.rounds_suffice()
}

/// One after the other, the second order of a stock of 1 is refused.
async fn control(bench: &Bench<'_>, owner: &Values) -> Verdict {
    let item = bench.item(0, owner, 1).await?;
    bench.must(0, "take", &[owner, &item, &order(bench)], &[]).await?;
    let second = bench.call(1, "take", &[owner, &item, &order(bench)]).await;
    if Tally::of(bench, "take", [&second]).refused.is_empty() {
        return Ending::not_assessable("an order beyond the stock is not refused, without any concurrency.")
            .with([&second])
            .end();
    }
    Ok(())
}

/// All orders wait for their price at once; then all are answered.
async fn barrier(bench: &Bench<'_>, owner: &Values) -> Result<Verdict, Box<Ending>> {
    let clients = bench.setting("barrier_clients");
    let mut impolite = Ok(());
    let mut parked = Vec::new();
    let mut turns = bench.turns(bench.setting("barrier_rounds"));
    while let Some(number) = turns.next(bench) {
        let stock = if number % 2 == 0 { 1 } else { 3 };
        let item = bench.item(number, owner, stock).await?;
        let gate = bench.lab.word();
        bench.lab.pricing.gate(&gate, Some(clients), Some(HOLD)).await?;
        let held = Behaviour::Hold { gate: gate.clone(), price_cents: PRICE };
        bench.lab.pricing.behaviour(Some(&item["sku"]), held).await?;
        let buyers = buyers(bench, number % 4 < 2, clients).await?;
        let shots = buyers
            .iter()
            .enumerate()
            .map(|(client, buyer)| bench.shot(client, "take", &[buyer, &item, &order(bench)]))
            .collect();
        let volley = bench.volley(shots).await?;
        parked.push(bench.lab.pricing.parked(&gate, 0, Duration::ZERO).await?.max);
        judge(bench, owner, &item, stock, &volley.exchanges, " while they waited for their prices").await?;
        if impolite.is_ok() {
            impolite =
                Tally::of(bench, "take", &volley.exchanges).is_polite("Orders held at the price", &volley.exchanges);
        }
    }
    bench.fact("parked_max", parked);
    Ok(impolite)
}

async fn buyers<'a>(bench: &Bench<'a>, one: bool, count: usize) -> Result<Vec<&'a Values>, Box<Ending>> {
    let mut buyers = Vec::new();
    for index in 0..count {
        buyers.push(bench.actor(if one { 1 } else { index }).await?);
    }
    Ok(buyers)
}

/// A quantity of 1 under a key of its own.
fn order(bench: &Bench<'_>) -> Values {
    let mut order = value("quantity", 1);
    order.insert("key".to_owned(), bench.lab.word());
    order
}

async fn judge(
    bench: &Bench<'_>,
    owner: &Values,
    item: &Values,
    stock: i64,
    round: &[Exchange],
    when: &str,
) -> Verdict {
    let tally = Tally::of(bench, "take", round);
    let (sold, open) = (tally.ok.len() as i64, tally.open.len() as i64);
    let (left, read) = bench
        .final_stock(owner, item, |left| left >= 0 && (stock - sold - open..=stock - sold).contains(&left))
        .await?;
    let told = |ending: Ending| {
        ending
            .expected(format!(
                "at most {stock} sold, and a stock of {}",
                between((stock - sold - open).max(0), (stock - sold).max(0))
            ))
            .observed(format!("{sold} sold, and a stock of {left}"))
            .line(format!("stock before {stock}; {} orders of 1 each{when}: {}", round.len(), words(round)))
            .line(format!("acknowledged {sold}, without a clear answer {open}"))
            .line(format!("{stock} - {sold} = {}; the stock is {left}", stock - sold))
            .with(tally.ok.iter().copied().take(4))
            .with([&read])
            .among(round)
            .end()
    };
    if sold > stock {
        return told(Ending::failed(format!(
            "{sold} orders of 1 were confirmed{when} on a stock of {stock}: it is oversold."
        )));
    }
    if left < 0 {
        return told(Ending::failed(format!("The stock is {left} after {} concurrent orders{when}.", round.len())));
    }
    if left > stock - sold || left < stock - sold - open {
        return told(Ending::failed(format!(
            "{sold} orders of 1 were confirmed{when} on a stock of {stock}, but {left} are left."
        )));
    }
    // Refusing what could be sold is no lost write, but it is not what was promised either.
    if sold + open < stock.min(round.len() as i64) {
        return Ending::partial(format!(
            "Only {sold} of {} concurrent orders were confirmed on a stock of {stock}; {left} are left unsold.",
            round.len()
        ))
        .expected(format!("{} sold", stock.min(round.len() as i64)))
        .observed(words(round))
        .with([&read])
        .among(round)
        .end();
    }
    Ok(())
}
