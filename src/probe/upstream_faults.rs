//! A pricing service that is slow or broken: time limits, retries, and nothing saved without a price.
//!
//! All cases of a probe run at once, each on an item of its own.

use std::time::Duration;

use futures_util::future::join_all;

use super::http::{Bounds, call};
use super::keys::{QUANTITY, STOCK, order};
use super::lab::Bench;
use super::pricing::{Behaviour, Call};
use super::template::{Seen, Values};
use super::verdict::{Ending, Verdict, answer_word};

/// Beyond the promised time, before an answer counts as missing.
const SLACK: Duration = Duration::from_millis(500);
const PRICE: i64 = 1_200;
const OTHER_PRICE: i64 = 77;

/// One way in which the pricing service misbehaves.
struct Fault {
    /// For the sentence: `a pricing service that hangs`.
    what: &'static str,
    behaviour: Behaviour,
    /// Calls that the service may make at most.
    calls: usize,
    /// Whether an order may come of it as well.
    may_succeed: bool,
}

/// Hangs, drips, and answers that come too slowly to be added up.
pub(super) async fn slow(bench: &Bench<'_>) -> Verdict {
    let late = |after_ms, then| Behaviour::Late { after_ms, then: Box::new(then) };
    let price = Behaviour::Price { price_cents: PRICE };
    let retried = |then: Behaviour| Behaviour::Sequence {
        then: vec![
            late(1_500, Behaviour::Status { status: 503 }),
            late(1_500, Behaviour::Status { status: 503 }),
            then,
        ],
    };
    let fault = |what, behaviour, calls| Fault { what, behaviour, calls, may_succeed: false };
    let faults = vec![
        // A time-out is not retried.
        fault("a pricing service that never answers", Behaviour::Hang, 1),
        fault(
            "an answer of the pricing service that comes byte by byte",
            Behaviour::Drip { every_ms: 400, price_cents: PRICE },
            1,
        ),
        fault("a price that comes after 4 s", late(4_000, price), 1),
        fault("a pricing service that takes 1.5 s to fail, and then hangs", retried(Behaviour::Hang), 3),
    ];
    let limit = Duration::from_millis(bench.setting("answer_ms") as u64);
    bench_faults(bench, &faults, limit).await
}

/// Statuses, broken connections, prices that are none, redirects.
pub(super) async fn broken(bench: &Bench<'_>) -> Verdict {
    let calls = bench.setting("calls");
    let status = |status| Behaviour::Status { status };
    let body = |text: &str| Behaviour::Body {
        status: 200,
        content_type: "application/json".to_owned(),
        body: text.to_owned(),
    };
    let elsewhere = format!("elsewhere-{}", bench.lab.word());
    bench.lab.pricing.behaviour(Some(&elsewhere), Behaviour::Price { price_cents: OTHER_PRICE }).await?;
    let location = format!("http://127.0.0.1:{}/v1/price/{elsewhere}", bench.lab.setup.pricing_port);
    let fault = |what, behaviour, calls| Fault { what, behaviour, calls, may_succeed: false };
    let faults = vec![
        fault("a pricing service that answers 500", status(500), 1),
        fault("a pricing service that answers 404", status(404), 1),
        fault("a pricing service that answers 429", status(429), 1),
        fault("a pricing service that answers 502", status(502), calls),
        fault("a pricing service that answers 503", status(503), calls),
        fault("a pricing service that answers 504", status(504), calls),
        fault("a pricing service that closes its connections", Behaviour::Close, calls),
        fault("an answer of the pricing service that is cut off", Behaviour::Cut, calls),
        fault("a negative price", body(r#"{"price_cents": -5}"#), 1),
        fault("a price of zero", body(r#"{"price_cents": 0}"#), 1),
        fault("a price that is a string", body(r#"{"price_cents": "5"}"#), 1),
        fault("a price that is not a whole number", body(r#"{"price_cents": 5.5}"#), 1),
        fault("a price that is not a number", body(r#"{"price_cents": NaN}"#), 1),
        fault("a pricing answer that is not JSON", body("<html>no price</html>"), 1),
        fault("a redirect of the pricing service", Behaviour::Redirect { location }, 1),
        Fault {
            what: "a pricing service that answers 503 once and then a price",
            behaviour: Behaviour::Sequence { then: vec![status(503), Behaviour::Price { price_cents: PRICE }] },
            calls,
            may_succeed: true,
        },
    ];
    bench_faults(bench, &faults, Duration::from_millis(8_000)).await
}

async fn bench_faults(bench: &Bench<'_>, faults: &[Fault], limit: Duration) -> Verdict {
    let owner = bench.actor(0).await?;
    let buyer = bench.actor(2).await?;
    let verdicts =
        join_all(faults.iter().enumerate().map(|(n, fault)| one(bench, owner, buyer, fault, n, limit))).await;
    let mut worst: Option<Box<Ending>> = None;
    let mut wrong = 0;
    for verdict in verdicts {
        if let Err(ending) = verdict {
            wrong += 1;
            let rank = |ending: &Ending| match ending.outcome {
                super::protocol::Outcome::Failed => 0,
                super::protocol::Outcome::Partial => 1,
                _ => 2,
            };
            if worst.as_ref().is_none_or(|known| rank(&ending) < rank(known)) {
                worst = Some(ending);
            }
        }
    }
    match worst {
        None => Ok(()),
        Some(mut ending) => {
            ending.arithmetic.push(format!("{wrong} of {} ways to misbehave were handled wrongly", faults.len()));
            Err(ending)
        }
    }
}

async fn one(
    bench: &Bench<'_>,
    owner: &Values,
    buyer: &Values,
    fault: &Fault,
    replica: usize,
    limit: Duration,
) -> Verdict {
    let item = bench.item(replica, owner, STOCK).await?;
    bench.lab.pricing.behaviour(Some(&item["sku"]), fault.behaviour.clone()).await?;
    let key = order(bench);
    let request = bench.request("take", &[buyer, &item, &key]);
    let bounds = Bounds { within: limit + SLACK * 4, ..Bounds::default() };
    let ordered = call(bench.lab.port(replica), request, &bounds).await;
    let took = ordered.done.saturating_duration_since(ordered.sent);
    let calls = bench.lab.pricing.calls(&item["sku"]).await?;
    let seen = bench.seen("take", &ordered);
    let status = ordered.outcome.as_ref().map(|answer| answer.status).unwrap_or_default();
    if took > limit + SLACK || status == 0 {
        return Ending::failed(format!(
            "With {}, an order {} within {:.0} s.",
            fault.what,
            if status == 0 { "is not answered" } else { "is answered, but not" },
            limit.as_secs_f64()
        ))
        .expected(format!("503 within {:.0} s of the request", limit.as_secs_f64()))
        .observed(format!("{} after {:.1} s", answer_word(&ordered), took.as_secs_f64()))
        .line(told(&calls))
        .with([&ordered])
        .end();
    }
    let succeeded = seen == Seen::Ok;
    if succeeded && !fault.may_succeed {
        return Ending::failed(format!("With {}, an order is confirmed.", fault.what))
            .expected("503, and nothing is saved")
            .observed(answer_word(&ordered))
            .line(told(&calls))
            .with([&ordered])
            .end();
    }
    let read = bench.call(replica + 1, "read", &[owner, &item]).await;
    let left = bench.given("read", &read).get("stock").and_then(|stock| stock.parse::<i64>().ok());
    let expected = if succeeded { STOCK - QUANTITY } else { STOCK };
    if left != Some(expected) {
        return Ending::failed(format!("With {}, an order is answered {status}, but the stock changes.", fault.what))
            .expected(format!("a stock of {expected}"))
            .observed(format!("a stock of {}", left.map_or_else(|| "?".to_owned(), |left| left.to_string())))
            .with([&ordered, &read])
            .end();
    }
    if !succeeded && status != 503 {
        return Ending::partial(format!("With {}, an order is answered {status}.", fault.what))
            .expected("503")
            .observed(status.to_string())
            .line(told(&calls))
            .with([&ordered])
            .end();
    }
    if calls.len() > fault.calls {
        return Ending::partial(format!(
            "With {}, one order makes {} calls of the pricing service; {} are allowed.",
            fault.what,
            calls.len(),
            fault.calls
        ))
        .expected(format!("at most {} calls", fault.calls))
        .observed(format!("{} calls", calls.len()))
        .line(told(&calls))
        .with([&ordered])
        .end();
    }
    if succeeded {
        return Ok(());
    }
    // The key of an order that failed is free.
    bench.lab.pricing.behaviour(Some(&item["sku"]), Behaviour::Price { price_cents: PRICE }).await?;
    let again = bench.call(replica + 1, "take", &[buyer, &item, &key]).await;
    if bench.seen("take", &again) == Seen::Ok {
        return Ok(());
    }
    Ending::partial(format!(
        "After {}, the key of the order that failed is not free: it answers {}.",
        fault.what,
        answer_word(&again)
    ))
    .expected("201, as a request that failed leaves its key free")
    .observed(answer_word(&again))
    .with([&ordered, &again])
    .end()
}

/// The calls that the pricing service saw, in a line.
fn told(calls: &[Call]) -> String {
    let at: Vec<String> = calls
        .iter()
        .take(12)
        .map(|call| format!("{:.1} s", f64::from(u32::try_from(call.at_ms - calls[0].at_ms).unwrap_or(u32::MAX)) / 1e3))
        .collect();
    format!("calls that the pricing service received for this order: {} (at {})", calls.len(), at.join(", "))
}
