//! Other endpoints while orders wait for their prices: a stall that comes from the wait, not from a slow machine.
//!
//! The promise is a median of at least five requests, one at a time, on the instance on which the orders wait.
//! A request that is not answered well after the promise is given up and the orders are let go, so that a service
//! that stalls altogether is still seen within seconds.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::http::{Bounds, Exchange, call};
use super::keys::{STOCK, order};
use super::lab::{Bench, value};
use super::pricing::Behaviour;
use super::tally::{Tally, words};
use super::template::Values;
use super::verdict::{Ending, Verdict, answer_word, millis};

/// Requests of each endpoint of which the median is taken.
const SAMPLES: usize = 5;
/// Orders are let go before the 2 s after which their callers may give up.
const HOLD: Duration = Duration::from_millis(1700);
/// The price of the orders that must be answered comes within the 1 s that is in time.
const SLOW: Duration = Duration::from_millis(800);
/// Waiting for a wave to gather.
const GATHER: Duration = Duration::from_millis(700);
/// An order is answered within 8 s; what a wave left is over by then.
const DRAINED: Duration = Duration::from_secs(10);
const ENDPOINTS: [&str; 4] = ["health", "read", "list", "add"];
const PRICE: i64 = 900;

pub(super) async fn run(bench: &Bench<'_>) -> Verdict {
    let owner = bench.actor(0).await?;
    let buyer = bench.actor(1).await?;
    let limit = Duration::from_millis(bench.setting("median_ms") as u64);
    let still = bench.item(0, owner, STOCK).await?;
    // The same requests without any waiting order tell how fast this machine and this service are.
    let mut idle = Vec::new();
    for endpoint in ENDPOINTS {
        let mut times = Vec::new();
        for _ in 0..SAMPLES {
            times.push(took(&ping(bench, owner, &still, endpoint, limit * 4).await));
        }
        idle.push(median(&mut times));
    }
    bench.fact("idle_ms", shown(&idle));
    if let Some(slow) = idle.iter().zip(ENDPOINTS).find(|(time, _)| **time > limit / 2) {
        return Ending::inconclusive(format!(
            "`{}` takes {:.0} ms at the median without any load; the machine is too busy to tell a stall.",
            slow.1,
            millis(*slow.0)
        ))
        .end();
    }
    let waves = waves(bench, owner, buyer, &still, limit).await?;
    bench.fact("parked_max", waves.parked.clone());
    bench.fact("waiting_ms", shown(&waves.times.iter().map(|times| median(&mut times.clone())).collect::<Vec<_>>()));
    for (index, endpoint) in ENDPOINTS.into_iter().enumerate() {
        let slow = waves.times[index].iter().filter(|time| **time > limit).count();
        if slow * 2 > SAMPLES {
            return stalled(endpoint, &waves, index, idle[index], limit);
        }
    }
    all_are_served(bench, owner, buyer).await
}

/// What was seen while orders waited.
#[derive(Default)]
struct Waves {
    parked: Vec<usize>,
    times: Vec<Vec<Duration>>,
    slowest: Vec<Option<Exchange>>,
    orders: Vec<Exchange>,
}

async fn waves(
    bench: &Bench<'_>,
    owner: &Values,
    buyer: &Values,
    still: &Values,
    limit: Duration,
) -> Result<Waves, Box<Ending>> {
    let mut waves =
        Waves { times: vec![Vec::new(); ENDPOINTS.len()], slowest: vec![None; ENDPOINTS.len()], ..Waves::default() };
    // Each wave of a service that stalls gives one slow sample of one endpoint.
    let most = bench.setting("rounds").max(ENDPOINTS.len() * SAMPLES);
    for _ in 0..most {
        let decided = |times: &Vec<Duration>| {
            times.len() >= SAMPLES || times.iter().filter(|time| **time > limit).count() * 2 > SAMPLES
        };
        if waves.times.iter().all(decided)
            || waves.times.iter().any(|times| times.iter().filter(|t| **t > limit).count() * 2 > SAMPLES)
        {
            break;
        }
        let items = join_all((0..bench.setting("orders")).map(|_| bench.item(0, owner, STOCK))).await;
        let items = items.into_iter().collect::<Result<Vec<_>, _>>()?;
        let gate = bench.lab.word();
        bench.lab.pricing.gate(&gate, None, Some(HOLD)).await?;
        for item in &items {
            let held = Behaviour::Hold { gate: gate.clone(), price_cents: PRICE };
            bench.lab.pricing.behaviour(Some(&item["sku"]), held).await?;
        }
        let keys: Vec<Values> = items.iter().map(|_| order(bench)).collect();
        let bounds = Bounds { within: DRAINED, ..Bounds::default() };
        let orders = join_all(
            items
                .iter()
                .zip(&keys)
                .map(|(item, key)| call(bench.lab.port(0), bench.request("take", &[buyer, item, key]), &bounds)),
        );
        let watching = async {
            bench.someone_is_parked(&gate).await?;
            let parked = bench.lab.pricing.parked(&gate, items.len(), GATHER).await?;
            waves.parked.push(parked.max);
            'samples: for _ in 0..SAMPLES {
                for (index, endpoint) in ENDPOINTS.into_iter().enumerate() {
                    if waves.times[index].len() >= SAMPLES {
                        continue;
                    }
                    if bench.lab.pricing.parked(&gate, 0, Duration::ZERO).await?.now == 0 {
                        break 'samples;
                    }
                    let exchange = ping(bench, owner, still, endpoint, limit + limit / 2).await;
                    // An error is no answer to what was asked.
                    let answered = matches!(&exchange.outcome, Ok(answer) if answer.status < 300);
                    let time = if answered { took(&exchange) } else { limit + limit / 2 };
                    waves.times[index].push(time);
                    if time > limit {
                        waves.slowest[index] = Some(exchange);
                        break 'samples;
                    }
                }
            }
            bench.lab.pricing.release(&gate).await?;
            Ok::<_, Box<Ending>>(())
        };
        let (orders, watched) = tokio::join!(orders, watching);
        waves.orders = orders;
        watched?;
    }
    Ok(waves)
}

/// One request of an endpoint on the first replica; a second of patience beyond its limit.
async fn ping(bench: &Bench<'_>, owner: &Values, item: &Values, endpoint: &str, within: Duration) -> Exchange {
    let request = match endpoint {
        "health" => super::http::Request::new("GET", &bench.lab.setup.health),
        "add" => bench.request("add", &[owner, item, &value("delta", 1)]),
        role => bench.request(role, &[owner, item, &value("limit", 10)]),
    };
    call(bench.lab.port(0), request, &Bounds { within, ..Bounds::default() }).await
}

fn took(exchange: &Exchange) -> Duration {
    exchange.done.saturating_duration_since(exchange.sent)
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn shown(times: &[Duration]) -> Vec<f64> {
    times.iter().map(|time| millis(*time)).collect()
}

fn stalled(endpoint: &str, waves: &Waves, index: usize, idle: Duration, limit: Duration) -> Verdict {
    let mut times = waves.times[index].clone();
    let parked = waves.parked.iter().max().copied().unwrap_or_default();
    let slow = median(&mut times);
    Ending::failed(format!(
        "While orders wait for their prices, `{endpoint}` takes more than {:.0} ms at the median; without them {:.0} ms.",
        millis(slow).min(millis(limit + limit / 2)),
        millis(idle)
    ))
    .expected(format!("a median of at most {} ms while up to {} orders wait", limit.as_millis(), waves.orders.len()))
    .observed(format!("{} requests one at a time: {:?} ms", times.len(), shown(&times)))
    .line(format!("orders sent at once: {}; of these at most {parked} reached the pricing service together", waves.orders.len()))
    .line(format!("median of `{endpoint}` without waiting orders: {:.1} ms", millis(idle)))
    .line(format!("median with waiting orders: over {:.0} ms (a request is given up after {:.0} ms)", millis(limit), millis(limit + limit / 2)))
    .with(waves.slowest[index].iter())
    .among(&waves.orders)
    .end()
}

/// Orders whose prices come in time are all answered: a service that serialises them is too slow for some.
async fn all_are_served(bench: &Bench<'_>, owner: &Values, buyer: &Values) -> Verdict {
    let items = join_all((0..bench.setting("orders")).map(|_| bench.item(0, owner, STOCK))).await;
    let items = items.into_iter().collect::<Result<Vec<_>, _>>()?;
    for item in &items {
        let then = Box::new(Behaviour::Price { price_cents: PRICE });
        let slow = Behaviour::Late { after_ms: SLOW.as_millis() as u64, then };
        bench.lab.pricing.behaviour(Some(&item["sku"]), slow).await?;
    }
    let keys: Vec<Values> = items.iter().map(|_| order(bench)).collect();
    let bounds = Bounds { within: DRAINED, ..Bounds::default() };
    let begin = Instant::now();
    let orders = join_all(
        items
            .iter()
            .zip(&keys)
            .map(|(item, key)| call(bench.lab.port(0), bench.request("take", &[buyer, item, key]), &bounds)),
    )
    .await;
    bench.fact("served_ms", millis(begin.elapsed()));
    let tally = Tally::of(bench, "take", &orders);
    let late: Vec<&Exchange> = orders.iter().filter(|exchange| took(exchange) > Duration::from_secs(8)).collect();
    if tally.ok.len() == orders.len() && late.is_empty() {
        return Ok(());
    }
    let worst = orders.iter().max_by_key(|exchange| took(exchange));
    Ending::partial(format!(
        "Of {} orders at once whose prices came after {} ms, {} were confirmed within 8 s.",
        orders.len(),
        SLOW.as_millis(),
        tally.ok.iter().filter(|exchange| took(exchange) <= Duration::from_secs(8)).count()
    ))
    .expected("every order is confirmed within 8 s of its request")
    .observed(words(&orders))
    .line(format!(
        "the slowest took {:.1} s: {}",
        worst.map_or(0.0, |e| took(e).as_secs_f64()),
        worst.map_or_else(String::new, answer_word)
    ))
    .with(worst)
    .among(&orders)
    .end()
}
