"""The command `predict`: what it writes, and which spellings of a table it reads."""

from collections.abc import Iterator, Sequence

from bench import Bench
from difference import Difference
from given import INVALID
from predictions import TOLERANCE, Prediction, read_table
from runner import Predicted
from takehome_suite.outcome import require


def output(bench: Bench) -> Iterator[Difference]:
    """One line for each row, in its order, ids character by character, in the place of an older file."""
    rows, predicted = bench.given["output"].customers, bench.predicted("output")
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
    yield from _failed(bench.predicted("spellings"), "a table with a BOM, CRLF, quotes and integers as 5.0")
    yield from _same_as_plain(bench, "spellings", "with another spelling of the file")


def columns(bench: Bench) -> Iterator[Difference]:
    """Another order, other columns, and no column of what is null everywhere."""
    bench.require_telling()
    names = bench.given["columns"].names
    yield from _failed(bench.predicted("columns"), "a table with the columns " + ", ".join(names))
    yield from _same_as_plain(bench, "columns", "with other columns in the file")


def _same_as_plain(bench: Bench, name: str, path: str) -> Iterator[Difference]:
    predicted, indexes = bench.predicted(name), bench.given[name].indexes
    if predicted.status == 0:
        found = read_table(predicted.output)
        yield from _in_order(found, [bench.hidden[index].customer_id for index in indexes])
        if len(found) == len(indexes):
            plain = [bench.scores[index] for index in indexes]
            yield from bench.same(path, plain, [line.probability for line in found])


def no_rows(bench: Bench) -> Iterator[Difference]:
    """Of a table without rows, the header comes out."""
    predicted = bench.predicted("no rows")
    yield from _failed(predicted, "a table without rows")
    if predicted.status == 0 and (found := read_table(predicted.output)):
        yield Difference("Without rows, preds.csv should be its header.", 0, len(found))


def invalid(bench: Bench) -> Iterator[Difference]:
    """One invalid row among good ones: the run fails, and there is no output."""
    require(bench.run_on_hidden.status == 0, "predict does not succeed on plain rows")
    for name in INVALID:
        flaw, predicted = bench.given[name].flaw, bench.predicted(name)
        if predicted.status == 0:
            yield Difference(f"predict succeeds on {flaw}.", "a status other than 0", 0)
        if predicted.output is not None:
            yield Difference(
                f"predict leaves an output file for {flaw}.", None, f"{len(predicted.output)} bytes"
            )


def category_na(bench: Bench) -> Iterator[Difference]:
    """The region `NA` is a region: as in a request, and not the same as none."""
    indexes = bench.in_region_na
    offline = [bench.scores[index] for index in indexes]
    bench.require_online()
    online = bench.ask(bench.instances(indexes))
    yield from bench.same("region NA by predict and by the service", offline, online)
    variants = bench.parts("variants")
    none, one, other = (variants[f"region {name}"] for name in (None, "EU", "LATAM"))
    if offline == none and one != other:
        yield Difference(
            "By predict, the region NA has the same probabilities as no region, while other regions differ.",
            "NA is a category, only the empty field is null",
            f"{len(indexes)} of {len(indexes)} customers equal",
        )
