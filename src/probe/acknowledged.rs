//! Acknowledgement before commit: a read is held ready and released the moment the answer to a change is complete.
//!
//! The read starts strictly after the acknowledgement, so a stale answer is no matter of luck: the change was not visible.

use super::gate::arm;
use super::http::{Bounds, Exchange};
use super::lab::{Bench, value};
use super::template::{Seen, Values};
use super::verdict::{Ending, Verdict, answer_word};

/// Every so many rounds an account is made and used: its password hash is slow.
const ACCOUNT_EVERY: usize = 20;

pub(super) async fn run(bench: &Bench<'_>) -> Verdict {
    let owner = bench.actor(0).await?;
    let counter = bench.item(0, owner, 1_000).await?;
    let mut assessed = 0;
    for round in 0..bench.setting("rounds") {
        let there = round + round / 4;
        let seen = match round % 4 {
            _ if round % ACCOUNT_EVERY == ACCOUNT_EVERY - 1 => account(bench, there).await?,
            0 => added(bench, owner, there).await?,
            1 => created(bench, owner, there).await?,
            2 => taken(bench, owner, &counter, there).await?,
            _ => removed(bench, owner, there).await?,
        };
        assessed += usize::from(seen);
    }
    bench.fact("acknowledged", assessed);
    if assessed * 2 < bench.setting("rounds") {
        return Ending::not_assessable("most of the changes that this needs are not acknowledged.").end();
    }
    Ok(())
}

/// Sends a change to one replica; the armed read goes to the other one when the answer is there.
async fn race(
    bench: &Bench<'_>,
    there: usize,
    (change, values): (&str, &[&Values]),
    read: super::http::Request,
) -> Option<(Exchange, Exchange)> {
    let shot = super::gate::Shot { port: bench.lab.port(there), request: read };
    // A read that could not be held in time is no trial.
    let Ok(armed) = arm(shot).await else { return None };
    let changed = bench.call(there + 1, change, values).await;
    let read = armed.release(&Bounds::default()).await;
    Some((changed, read))
}

fn stale(what: &str, promised: &str, changed: &Exchange, read: &Exchange) -> Verdict {
    Ending::failed(format!("{what} was acknowledged before it was visible."))
        .expected(promised)
        .observed(format!("{} in a request that was sent after the acknowledgement was complete", answer_word(read)))
        .line("1. the change is answered with success, completely")
        .line("2. after that, the last byte of the read is sent")
        .line(format!("3. the read does not show the change: {}", answer_word(read)))
        .with([changed, read])
        .end()
}

/// A new item that the reading replica has never shown: one that keeps what it read is charged elsewhere.
async fn added(bench: &Bench<'_>, owner: &Values, there: usize) -> Result<bool, Box<Ending>> {
    let item = &bench.item(there + 1, owner, 7).await?;
    let expected = 8;
    let read = bench.request("read", &[owner, item]);
    let delta = value("delta", 1);
    let Some((changed, read)) = race(bench, there, ("add", &[owner, item, &delta]), read).await else {
        return Ok(false);
    };
    if bench.seen("add", &changed) != Seen::Ok {
        return Ok(false);
    }
    let found = bench.given("read", &read).get("stock").and_then(|stock| stock.parse::<i64>().ok());
    if found.is_some_and(|found| found < expected) {
        stale("A change of the stock", &format!("a stock of {expected}"), &changed, &read)?;
    }
    Ok(true)
}

/// The id of a new item is known only from its answer, so it is read the moment that is parsed.
async fn created(bench: &Bench<'_>, owner: &Values, there: usize) -> Result<bool, Box<Ending>> {
    let word = bench.lab.word();
    let item = Values::from([
        ("sku".to_owned(), format!("sku-{word}")),
        ("name".to_owned(), "New".to_owned()),
        ("stock".to_owned(), "1".to_owned()),
    ]);
    let changed = bench.call(there + 1, "create", &[owner, &item]).await;
    let given = bench.given("create", &changed);
    if given.is_empty() {
        return Ok(false);
    }
    let read = bench.call(there, "read", &[owner, &given]).await;
    if bench.seen("read", &read) == Seen::Refused {
        stale("A new item", "the item", &changed, &read)?;
    }
    Ok(true)
}

async fn taken(bench: &Bench<'_>, owner: &Values, item: &Values, there: usize) -> Result<bool, Box<Ending>> {
    let order = Values::from([("quantity".to_owned(), "1".to_owned()), ("key".to_owned(), bench.lab.word())]);
    let changed = bench.call(there + 1, "take", &[owner, item, &order]).await;
    let given = bench.given("take", &changed);
    if given.is_empty() {
        return Ok(false);
    }
    let read = bench.call(there, "read-order", &[owner, &given]).await;
    if bench.seen("read-order", &read) == Seen::Refused {
        stale("A new order", "the order", &changed, &read)?;
    }
    Ok(true)
}

async fn removed(bench: &Bench<'_>, owner: &Values, there: usize) -> Result<bool, Box<Ending>> {
    let item = bench.item(there, owner, 1).await?;
    let read = bench.request("read", &[owner, &item]);
    let Some((changed, read)) = race(bench, there, ("remove", &[owner, &item]), read).await else { return Ok(false) };
    if bench.seen("remove", &changed) != Seen::Ok {
        return Ok(false);
    }
    if bench.seen("read", &read) == Seen::Ok {
        stale("The removal of an item", "the item is unknown", &changed, &read)?;
    }
    Ok(true)
}

async fn account(bench: &Bench<'_>, there: usize) -> Result<bool, Box<Ending>> {
    let account = Values::from([
        ("email".to_owned(), format!("{}@example.com", bench.lab.word())),
        ("password".to_owned(), bench.lab.word()),
    ]);
    // Not held ready: a password's hash can take longer than a request may be held.
    let changed = bench.call(there + 1, "register", &[&account]).await;
    let read = bench.call(there, "login", &[&account]).await;
    if bench.seen("register", &changed) != Seen::Ok {
        return Ok(false);
    }
    if bench.seen("login", &read) == Seen::Refused {
        stale("A new account", "logging in works", &changed, &read)?;
    }
    Ok(true)
}
