"""The command `predict`: what it writes, and which spellings of a table it reads."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bench import Bench
from difference import Difference
from generator.columns import NAMES, NULLABLE
from generator.tables import Spelling
from predictions import TOLERANCE, Prediction, read_table
from runner import Predicted
from takehome_suite.outcome import require

_ODD_IDS = (
    "007",
    "1e5",
    "NA",
    "null",
    "0x10",
    "1_000",
    "12.0",
    "Zo\u00eb",
    'Smith, "J"',
    "-",
    "=1+1",
    "00000001-AA",
)


def output(bench: Bench) -> Iterator[Difference]:
    """One line for each row, in its order, ids character by character, in the place of an older file."""
    rows = [replace(one, customer_id=name) for one, name in zip(bench.hidden, _ids(), strict=False)]
    older = b"customer_id,probability,label\n" + b"old,0.5,1\n" * 5_000
    predicted = bench.predict(bench.model, rows, existing=older)
    yield from _failed(predicted, "plain rows")
    if predicted.status == 0:
        found = read_table(predicted.output)
        yield from _in_order(found, [row.customer_id for row in rows])
        threshold = bench.threshold
        for line in found:
            if (
                line.label != int(line.probability >= threshold)
                and abs(line.probability - threshold) > TOLERANCE
            ):
                yield Difference(
                    f"The label of {line.probability} is {line.label}; the threshold of /metadata is {threshold}.",
                    int(line.probability >= threshold),
                    line.label,
                )
                break


def _ids() -> list[str]:
    """Ids that a reader may take for something else; some of them are there twice."""
    return [name for name in _ODD_IDS for _ in range(2)] + list(_ODD_IDS) + [f"{n:04}" for n in range(200)]


def _in_order(found: Sequence[Prediction], names: Sequence[str]) -> Iterator[Difference]:
    if len(found) != len(names):
        yield Difference("preds.csv should have one line for each row.", len(names), len(found))
        return
    for number, (line, name) in enumerate(zip(found, names, strict=True), 1):
        if line.customer_id != name:
            yield Difference(f"Line {number} of preds.csv is of another id.", name, line.customer_id[:40])
            return


def _failed(predicted: Predicted, given: str) -> Iterator[Difference]:
    if predicted.status != 0:
        yield Difference(
            f"predict does not succeed on {given}.",
            0,
            {"status": predicted.status, "log": predicted.log[-300:]},
        )


def spellings(bench: Bench) -> Iterator[Difference]:
    """A BOM, CRLF, quotes around every field, and integers as 5.0 change nothing."""
    bench.require_telling()
    count = 500
    spelling = Spelling(bom=True, crlf=True, quoted=True, whole_as_float=True)
    predicted = bench.predict(bench.model, bench.hidden[:count], spelling=spelling)
    yield from _failed(predicted, "a table with a BOM, CRLF, quotes and integers as 5.0")
    yield from _same_as_plain(bench, predicted, list(range(count)), "with another spelling of the file")


def columns(bench: Bench) -> Iterator[Difference]:
    """Another order, other columns, and no column of what is null everywhere."""
    bench.require_telling()
    rng = bench.random("columns")
    absent = rng.sample(NULLABLE, 2)
    indexes = bench.of_hidden(lambda one: all(one.features[name] is None for name in absent), 300)
    names = ["customer_id", "a note", *(name for name in NAMES if name not in absent), "score"]
    rng.shuffle(names)
    predicted = bench.predict(bench.model, [bench.hidden[index] for index in indexes], names)
    yield from _failed(predicted, "a table with the columns " + ", ".join(names))
    yield from _same_as_plain(bench, predicted, indexes, "with other columns in the file")


def _same_as_plain(
    bench: Bench, predicted: Predicted, indexes: Sequence[int], path: str
) -> Iterator[Difference]:
    if predicted.status == 0:
        found = read_table(predicted.output)
        yield from _in_order(found, [bench.hidden[index].customer_id for index in indexes])
        if len(found) == len(indexes):
            plain = [bench.scores[index] for index in indexes]
            yield from bench.same(path, plain, [line.probability for line in found])


def no_rows(bench: Bench) -> Iterator[Difference]:
    """Of a table without rows, the header comes out."""
    predicted = bench.predict(bench.model, [])
    yield from _failed(predicted, "a table without rows")
    if predicted.status == 0 and (found := read_table(predicted.output)):
        yield Difference("Without rows, preds.csv should be its header.", 0, len(found))


def invalid(bench: Bench) -> Iterator[Difference]:
    """One invalid row among good ones: the run fails, and there is no output."""
    require(bench.run_on_hidden.status == 0, "predict does not succeed on plain rows")
    rng = bench.random("invalid rows")
    cases = {
        "an empty required field": (rng.choice(("plan", "monthly_fee", "autopay", "payment_method")), None),
        "a day that is not in the calendar": (
            "signup_date",
            rng.choice(("2023-02-29", "2024-04-31", "2021-11-31")),
        ),
        "a fraction as an integer": (rng.choice(("tenure_months", "support_tickets_90d")), 2.5),
    }
    for what, (name, value) in cases.items():
        rows = [*bench.hidden[:60]]
        rows[41] = replace(rows[41], features={**rows[41].features, name: value})
        predicted = bench.predict(bench.model, rows)
        if predicted.status == 0:
            yield Difference(f"predict succeeds on {what} ({name}).", "a status other than 0", 0)
        if predicted.output is not None:
            yield Difference(
                f"predict leaves an output file for {what} ({name}).", None, f"{len(predicted.output)} bytes"
            )


def category_na(bench: Bench) -> Iterator[Difference]:
    """The region `NA` is a region: as in a request, and not the same as none."""
    indexes = bench.in_region_na
    offline = [bench.scores[index] for index in indexes]
    bench.require_online()
    online = bench.ask(bench.instances(indexes))
    yield from bench.same("region NA by predict and by the service", offline, online)
    none, one, other = (bench.variants[f"region {name}"] for name in (None, "EU", "LATAM"))
    if offline == none and one != other:
        yield Difference(
            "By predict, the region NA has the same probabilities as no region, while other regions differ.",
            "NA is a category, only the empty field is null",
            f"{len(indexes)} of {len(indexes)} customers equal",
        )
