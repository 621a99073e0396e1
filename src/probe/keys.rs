//! What the probes of idempotency keys share: one order under one key, and how often it took effect.

use super::http::Exchange;
use super::lab::{Bench, value};
use super::tally::Tally;
use super::template::Values;
use super::verdict::{Ending, Verdict};

/// The stock that items of these probes begin with.
pub const STOCK: i64 = 50;
/// The quantity of each order.
pub const QUANTITY: i64 = 2;

/// An order of two under a new key.
pub fn order(bench: &Bench<'_>) -> Values {
    let mut order = value("quantity", QUANTITY);
    order.insert("key".to_owned(), bench.lab.word());
    order
}

/// What happened to one key.
pub struct Case<'a> {
    /// The owner of the item.
    pub owner: &'a Values,
    /// Its stock began with `STOCK`.
    pub item: &'a Values,
    /// Everything that was sent under the key, in order.
    pub sent: &'a [Exchange],
    /// For the sentence: `20 concurrent duplicates`.
    pub what: &'a str,
}

impl Case<'_> {
    /// One effect at most, one order in all answers. `settled` where one effect must exist.
    pub async fn has_one_effect(&self, bench: &Bench<'_>, settled: bool) -> Verdict {
        let tally = Tally::of(bench, "take", self.sent);
        let mut ids: Vec<String> = tally.ok.iter().filter_map(|e| bench.given("take", e).remove("order")).collect();
        ids.sort();
        ids.dedup();
        let effect = |left: i64| left == STOCK - QUANTITY || (left == STOCK && !settled);
        let (left, read) = bench.final_stock(self.owner, self.item, effect).await?;
        let effects = (STOCK - left) / QUANTITY;
        let told = |message: String| {
            Ending::failed(message)
                .expected(format!("one order, and a stock of {}", STOCK - QUANTITY))
                .observed(format!("{} different orders in the answers, and a stock of {left}", ids.len()))
                .line(format!("requests under one key: {}, acknowledged {}", self.sent.len(), tally.ok.len()))
                .line(format!("orders named in the answers: {}", ids.len()))
                .line(format!(
                    "stock before {STOCK}, each order takes {QUANTITY}, stock after {left}: {effects} effects"
                ))
                .with(tally.ok.iter().copied().take(4))
                .with([&read])
                .among(self.sent)
                .end()
        };
        if ids.len() > 1 {
            return told(format!("{}: one key made {} orders.", self.what, ids.len()));
        }
        if STOCK - left > QUANTITY {
            return told(format!("{}: one key took the stock {effects} times.", self.what));
        }
        if settled && left == STOCK {
            return told(format!("{}: the order was acknowledged, but the stock is untouched.", self.what));
        }
        if (STOCK - left) % QUANTITY != 0 {
            return told(format!("{}: the stock is {left}, which no number of orders explains.", self.what));
        }
        Ok(())
    }
}
