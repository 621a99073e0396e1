//! Races to create what may exist once: a key of one owner, an account.

use super::http::Exchange;
use super::lab::{Bench, value};
use super::tally::{Tally, words};
use super::template::{Seen, Values};
use super::verdict::{Ending, Verdict};

pub(super) async fn run(bench: &Bench<'_>) -> Verdict {
    let owner = bench.actor(0).await?;
    let taken = bench.item(0, owner, 1).await?;
    let again = bench.call(1, "create", &[owner, &taken]).await;
    if bench.seen("create", &again) != Seen::Refused {
        return Ending::not_assessable("a second item with the same key is not refused, without any concurrency.")
            .with([&again])
            .end();
    }
    let mut impolite = Ok(());
    let mut turns = bench.turns(bench.setting("rounds"));
    while turns.next(bench).is_some() {
        let mut item = value("sku", format!("sku-{}", bench.lab.word()));
        item.insert("stock".to_owned(), "1".to_owned());
        let names: Vec<Values> = (0..bench.setting("clients")).map(|n| value("name", format!("Copy {n}"))).collect();
        let shots = names.iter().enumerate().map(|(n, name)| bench.shot(n, "create", &[owner, &item, name])).collect();
        let volley = bench.volley(shots).await?;
        let what = format!("items with sku `{}` of one owner", item["sku"]);
        one_at_most(bench, "create", &what, &volley.exchanges)?;
        let some = one_at_least(bench, "create", &what, &volley.exchanges);
        impolite = impolite.and(some);
        if impolite.is_ok() {
            impolite = Tally::of(bench, "create", &volley.exchanges)
                .is_polite("Creating one item many times", &volley.exchanges);
        }
    }
    let mut turns = bench.turns(bench.setting("account_rounds"));
    while turns.next(bench).is_some() {
        let word = bench.lab.word();
        let password = bench.lab.word();
        let shots = (0..bench.setting("account_clients"))
            .map(|n| {
                // Every third differs in case only.
                let local = if n % 3 == 2 { word.to_ascii_uppercase() } else { word.clone() };
                let account = Values::from([
                    ("email".to_owned(), format!("{local}@example.com")),
                    ("password".to_owned(), password.clone()),
                ]);
                bench.shot(n, "register", &[&account])
            })
            .collect();
        let volley = bench.volley(shots).await?;
        // Two spellings of one address are a check of their own; here they count only where one spelling is doubled.
        let same: Vec<Exchange> =
            volley.exchanges.iter().enumerate().filter(|(n, _)| n % 3 != 2).map(|(_, e)| e.clone()).collect();
        one_at_most(bench, "register", "accounts with one email", &same)?;
        impolite = impolite.and(one_at_least(bench, "register", "accounts with one email", &volley.exchanges));
        if impolite.is_ok() {
            impolite = Tally::of(bench, "register", &volley.exchanges)
                .is_polite("Registering one email many times", &volley.exchanges);
        }
    }
    impolite?;
    bench.rounds_suffice()
}

fn one_at_most(bench: &Bench<'_>, role: &str, what: &str, round: &[Exchange]) -> Verdict {
    let tally = Tally::of(bench, role, round);
    if tally.ok.len() > 1 {
        return Ending::failed(format!("{} {what} were created at once.", tally.ok.len()))
            .expected("exactly one success; every other request is refused")
            .observed(words(round))
            .line(format!("created: {}, allowed: 1", tally.ok.len()))
            .with(tally.ok.iter().copied().take(4))
            .among(round)
            .end();
    }
    Ok(())
}

fn one_at_least(bench: &Bench<'_>, role: &str, what: &str, round: &[Exchange]) -> Verdict {
    let tally = Tally::of(bench, role, round);
    if tally.ok.is_empty() && tally.open.is_empty() {
        return Ending::partial(format!("Of {} concurrent attempts to create {what}, none succeeded.", round.len()))
            .expected("exactly one success")
            .observed(words(round))
            .among(round)
            .end();
    }
    Ok(())
}
