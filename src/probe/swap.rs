//! Lost updates of compare-and-swap: changes that all carry one `If-Match`. Exactly one may win.

use futures_util::future::join_all;

use super::http::Exchange;
use super::lab::{Bench, value};
use super::tally::{Tally, words};
use super::template::{Seen, Values};
use super::verdict::{Ending, Verdict};

/// Attempts of one client of the chain before it gives up.
const ATTEMPTS: usize = 200;

pub(super) async fn run(bench: &Bench<'_>) -> Verdict {
    let owner = bench.actor(0).await?;
    control(bench, owner).await?;
    let mut impolite = Ok(());
    let mut turns = bench.turns(bench.setting("rounds"));
    while let Some(number) = turns.next(bench) {
        let item = bench.item(number, owner, 5).await?;
        let etag = bench.must(number, "read", &[owner, &item], &["etag"]).await?;
        let names: Vec<String> = (0..bench.setting("clients")).map(|client| format!("Writer {client}")).collect();
        let shots = names
            .iter()
            .enumerate()
            .map(|(client, name)| bench.shot(client, "replace", &[owner, &item, &etag, &value("name", name)]))
            .collect();
        let volley = bench.volley(shots).await?;
        // Not the replica that was asked for the ETag: one that keeps what it read is charged elsewhere.
        let read = bench.call(number + 1, "read", &[owner, &item]).await;
        judge(bench, &names, &volley.exchanges, &read)?;
        if impolite.is_ok() {
            let tally = Tally::of(bench, "replace", &volley.exchanges);
            impolite = tally.is_polite("Changes with one ETag", &volley.exchanges);
            if impolite.is_ok() && tally.ok.is_empty() {
                impolite = Ending::partial("Of concurrent changes with a current ETag, none won.")
                    .expected("exactly one success")
                    .observed(words(&volley.exchanges))
                    .among(&volley.exchanges)
                    .end();
            }
        }
    }
    chain(bench, owner).await?;
    impolite?;
    bench.rounds_suffice()
}

/// Without concurrency the second of two changes with one ETag is refused.
async fn control(bench: &Bench<'_>, owner: &Values) -> Verdict {
    let item = bench.item(0, owner, 5).await?;
    let etag = bench.must(0, "read", &[owner, &item], &["etag"]).await?;
    bench.must(0, "replace", &[owner, &item, &etag, &value("name", "First")], &[]).await?;
    let second = bench.call(1, "replace", &[owner, &item, &etag, &value("name", "Second")]).await;
    if bench.seen("replace", &second) == Seen::Refused {
        return Ok(());
    }
    Ending::not_assessable("a stale ETag is not refused, without any concurrency.").with([&second]).end()
}

fn judge(bench: &Bench<'_>, names: &[String], round: &[Exchange], read: &Exchange) -> Verdict {
    let winners: Vec<(&Exchange, &String)> =
        round.iter().zip(names).filter(|(exchange, _)| bench.seen("replace", exchange) == Seen::Ok).collect();
    if winners.len() >= 2 {
        return Ending::failed(format!(
            "{} of {} concurrent changes with the same ETag succeeded; all but one of them are lost.",
            winners.len(),
            round.len()
        ))
        .expected("one 2xx; every other request is refused, as its ETag is stale by then")
        .observed(words(round))
        .line(format!("changes that were acknowledged: {}", winners.len()))
        .line(format!("changes that exist afterwards: 1, of {}", winners.len()))
        .with(winners.iter().map(|(exchange, _)| *exchange).take(4))
        .with([read])
        .among(round)
        .end();
    }
    let after = bench.given("read", read);
    if let ([(winner, name)], Some(found)) = (winners.as_slice(), after.get("name"))
        && *name != found
    {
        return Ending::failed(format!(
            "The change that was acknowledged is not there: `{name}` won, but `{found}` is read."
        ))
        .expected(format!("name `{name}`"))
        .observed(format!("name `{found}`"))
        .with([*winner, read])
        .among(round)
        .end();
    }
    Ok(())
}

/// Clients that read and change until each has won: the version counts the wins.
async fn chain(bench: &Bench<'_>, owner: &Values) -> Verdict {
    let item = bench.item(0, owner, 5).await?;
    let Some(before) = item.get("version").and_then(|version| version.parse::<usize>().ok()) else { return Ok(()) };
    let wins = bench.setting("wins");
    let clients = join_all((0..4).map(|client| climb(bench, owner, &item, client, wins))).await;
    let clients = clients.into_iter().collect::<Result<Vec<_>, _>>()?;
    let (won, open) = clients.iter().fold((0, 0), |(won, open), (w, o)| (won + w, open + o));
    let values = [owner, &item];
    let reads = join_all((0..bench.lab.setup.ports.len()).map(|n| bench.call(n, "read", &values))).await;
    // Of replicas that disagree, the one that knows more: stale reads are charged elsewhere.
    let version = |read: &Exchange| bench.given("read", read).get("version").and_then(|v| v.parse::<usize>().ok());
    let Some(read) = reads.into_iter().max_by_key(version) else { return Ok(()) };
    let after = bench.given("read", &read);
    let Some(now) = after.get("version").and_then(|version| version.parse::<usize>().ok()) else { return Ok(()) };
    if now < before + won || now > before + won + open {
        return Ending::failed(format!(
            "{won} changes were acknowledged, but the version went from {before} to {now}."
        ))
        .expected(format!(
            "a version of {}",
            super::counter::between((before + won) as i64, (before + won + open) as i64)
        ))
        .observed(format!("a version of {now}"))
        .line(format!("version before {before}, acknowledged changes {won}, without a clear answer {open}"))
        .line(format!("expected at least {}, found {now}", before + won))
        .with([&read])
        .end();
    }
    if won < wins * 4 {
        return Ending::partial(format!(
            "Clients that read and change in turn won {won} times in {ATTEMPTS} attempts each; {} were expected.",
            wins * 4
        ))
        .end();
    }
    Ok(())
}

/// How often one client won, and how often it got no clear answer.
async fn climb(
    bench: &Bench<'_>,
    owner: &Values,
    item: &Values,
    client: usize,
    wins: usize,
) -> Result<(usize, usize), Box<Ending>> {
    let (mut won, mut open) = (0, 0);
    for attempt in 0..ATTEMPTS {
        if won == wins {
            break;
        }
        let etag = bench.must(client + attempt, "read", &[owner, item], &["etag"]).await?;
        let name = value("name", format!("Climber {client}.{attempt}"));
        let changed = bench.call(client + attempt, "replace", &[owner, item, &etag, &name]).await;
        match bench.seen("replace", &changed) {
            Seen::Ok => won += 1,
            seen if seen.is_open() => open += 1,
            _ => {}
        }
    }
    Ok((won, open))
}
