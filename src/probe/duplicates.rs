//! Duplicates of one key at once, over all replicas: one effect, and every answer is its result or "in progress".

use super::keys::{Case, STOCK, order};
use super::lab::Bench;
use super::tally::{Tally, words};
use super::template::Seen;
use super::verdict::{Ending, Verdict};

pub(super) async fn run(bench: &Bench<'_>) -> Verdict {
    let owner = bench.actor(0).await?;
    let buyer = bench.actor(1).await?;
    let mut impolite = Ok(());
    let mut turns = bench.turns(bench.setting("rounds"));
    while let Some(number) = turns.next(bench) {
        let item = bench.item(number, owner, STOCK).await?;
        let key = order(bench);
        let shots =
            (0..bench.setting("clients")).map(|client| bench.shot(client, "take", &[buyer, &item, &key])).collect();
        let volley = bench.volley(shots).await?;
        let mut sent = volley.exchanges;
        let tally = Tally::of(bench, "take", &sent);
        let settled = !tally.ok.is_empty();
        if impolite.is_ok() {
            impolite = tally.is_polite("Duplicates of one order", &sent);
            if impolite.is_ok() && !settled {
                impolite = Ending::partial("Of concurrent duplicates of an order, none was answered with its result.")
                    .expected("one 201; the others are the same 201, or 409 while it is in progress")
                    .observed(words(&sent))
                    .among(&sent)
                    .end();
            }
        }
        // Afterwards the key gives the result, through whichever replica.
        let again = bench.call(number, "take", &[buyer, &item, &key]).await;
        let replayed = bench.seen("take", &again) == Seen::Ok;
        sent.push(again);
        let what = format!("{} concurrent duplicates", bench.setting("clients"));
        Case { owner, item: &item, sent: &sent, what: &what }.has_one_effect(bench, settled || replayed).await?;
        if settled && !replayed && impolite.is_ok() {
            impolite = Ending::partial("After concurrent duplicates the key does not give its result.")
                .expected("201 with the first order")
                .with(sent.last())
                .among(&sent)
                .end();
        }
    }
    impolite?;
    bench.rounds_suffice()
}
