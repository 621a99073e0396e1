"""The service: how it starts, what it says about itself, what it answers, and what it refuses."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bench import HEALTHY_SECONDS, READY_SECONDS, Bench
from difference import Difference
from generator.columns import FEATURES, NAMES, NULLABLE
from machine import CROWDED
from predictions import TOLERANCE, instance, is_number, read_answer, request
from takehome_suite.client import Answer
from takehome_suite.outcome import Inconclusive, NoAnswer, Partial, Unmet, short
from wire import strict_object

MOST_INSTANCES = 5_000
MOST_BYTES = 8 << 20
_REFUSED = (400, 422)
_STATUSES = (400, 413, 422)


def lifecycle(bench: Bench) -> Iterator[Difference]:
    """Up in ten seconds, ready in thirty, and 503 in between. Of two starts the better one counts for the times."""
    for name in ("a", "b"):
        service = bench.service(name)
        start = bench.starts[name]
        shown = {"states": start.states[-5:], "log": service.log()[-300:]}
        if start.wrong:
            yield Difference(
                f"While the service starts, {start.wrong[0]}.", "503 until it is ready", start.wrong[:5]
            )
        if start.healthy_at is None:
            yield Difference("/healthz is never 200.", 200, shown)
        elif start.ready_at is None:
            yield Difference("/readyz is never 200.", 200, shown)
        if start.ready_at is None:
            return
    starts = [bench.starts[name] for name in ("a", "b")]
    times = {
        ("/healthz", HEALTHY_SECONDS): [start.healthy_at or 0.0 for start in starts],
        ("/readyz", READY_SECONDS): [start.ready_at or 0.0 for start in starts],
    }
    for (path, limit), seconds in times.items():
        if min(seconds) > limit:
            if max(start.crowding for start in starts) > CROWDED:
                raise Inconclusive("Inconclusive: the machine was busy with something else during the start.")
            yield Difference(f"{path} is not 200 within {limit:.0f} s.", f"{limit:.0f} s", seconds)


def metadata(bench: Bench) -> Iterator[Difference]:
    """What `/metadata` promises."""
    found = strict_object(_ok(bench.wire("a").get("/metadata"), "/metadata"))
    for name in ("name", "version"):
        if not isinstance(found.get(name), str) or not found[name]:
            yield Difference(f"{name} of /metadata is no string.", "a string", short(found.get(name)))
    try:
        offset = datetime.fromisoformat(found.get("trained_at", "")).utcoffset()
    except (TypeError, ValueError):
        offset = None
    if offset is None:
        yield Difference(
            "trained_at of /metadata is no ISO 8601 time with an offset.",
            "2025-07-01T12:00:00+00:00",
            short(found.get("trained_at")),
        )
    if not is_number(found.get("threshold")):
        yield Difference("threshold of /metadata is no number.", "a number", short(found.get("threshold")))
    yield from _features(found.get("features"))
    metrics = found.get("metrics")
    shown = metrics.get("auc") if isinstance(metrics, dict) else None
    try:
        stated = bench.document("metrics.json").get("auc")
    except Unmet:
        # Charged by the check of metrics.json.
        stated = None
    if not is_number(shown) or (is_number(stated) and abs(shown - stated) > 0.001):
        yield Difference("metrics.auc of /metadata is not that of metrics.json.", short(stated), short(shown))


def _features(found: Any) -> Iterator[Difference]:
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        yield Difference("features of /metadata is no list of objects.", "twelve objects", short(found))
        return
    by_name = {str(one.get("name")): one for one in found}
    expected = {one.name: one for one in FEATURES}
    if len(found) != len(expected) or by_name.keys() != expected.keys():
        yield Difference(
            "/metadata should list exactly the twelve features.", sorted(expected), sorted(by_name)[:20]
        )
        return
    for name, feature in expected.items():
        wanted = {"type": feature.type, "required": not feature.nullable, "nullable": feature.nullable}
        shown = {member: by_name[name].get(member) for member in wanted}
        if shown != wanted:
            yield Difference(f"/metadata describes {name} in another way.", wanted, shown)


def _ok(answer: Answer, what: str) -> Answer:
    if answer.status != 200:
        raise Unmet(f"{what} is answered with {answer.status}.", expected=200, observed=short(answer.text))
    return answer


def answers(bench: Bench) -> Iterator[Difference]:
    """One prediction for each instance, labels by the threshold, the id as it was sent; up to 5,000 of them."""
    wire = bench.wire("a")
    rng = bench.random("ids of requests")
    ids: list[Any] = ["r-1", "x", "y" * 200, "\u00fcber \u2603", None, str(rng.randrange(10**9))]
    for count, identity in zip((0, 1, 2, 100, 1_000, MOST_INSTANCES), ids, strict=True):
        instances = [instance(one) for one in bench.hidden[:count]]
        members = {} if identity is None else {"id": identity}
        answer = wire.post(request(instances, **members))
        found = read_answer(answer, count)
        body = strict_object(answer)
        if body.get("id") != identity:
            yield Difference("The id of a request is not echoed.", identity, short(body.get("id")))
        if body.get("model_version") != bench.metadata.get("version"):
            yield Difference(
                "model_version is not the version of /metadata.",
                short(bench.metadata.get("version")),
                short(body.get("model_version")),
            )
        threshold = bench.threshold
        for one in found:
            if (
                one.label != int(one.probability >= threshold)
                and abs(one.probability - threshold) > TOLERANCE
            ):
                yield Difference(
                    f"The label of {one.probability} is {one.label}; the threshold is {threshold}.",
                    int(one.probability >= threshold),
                    one.label,
                )
                break
    answer = wire.post(request([instance(bench.hidden[0])], id=None))
    if answer.status != 200 or strict_object(answer).get("id") is not None:
        yield Difference(
            "An id of null should be as none.",
            {"status": 200, "id": None},
            {"status": answer.status, "body": short(answer.text)},
        )


def invalid_rows(bench: Bench) -> Iterator[Difference]:
    """One row that is not valid: refused as a whole, with its index; and the next request is as ever."""
    bench.require_online()
    rng = bench.random("invalid rows")
    for what, name, text in _INVALID:
        row = rng.choice((0, 1, 2)) if rng.random() < 0.3 else rng.randrange(20, 90)
        named = not what.startswith("literal")
        yield from _refuses(bench, what, name, text, row, named)
    yield from bench.same("after invalid requests", bench.online, bench.ask(bench.instances(bench.probe)))


def missing_fields(bench: Bench) -> Iterator[Difference]:
    """A required feature that is missing or null: refused, with the index."""
    bench.require_online()
    rng = bench.random("missing fields")
    for feature in FEATURES:
        if not feature.nullable:
            row = rng.randrange(20, 90)
            for what, text in (("missing", None), ("null", "null")):
                yield from _refuses(bench, what, feature.name, text, row, True)


# (what, feature, the value as it stands in the body)
_INVALID = (
    ("a number as text", "monthly_fee", '"5"'),
    ("a number as text", "usage_gb_30d", '"12.5"'),
    ("true as a number", "monthly_fee", "true"),
    ("true as an integer", "tenure_months", "true"),
    ("an integer as text", "support_tickets_90d", '"5"'),
    ("a fraction as an integer", "days_since_last_login", "5.5"),
    ("1 as a boolean", "autopay", "1"),
    ("0 as a boolean", "autopay", "0"),
    ("a boolean as text", "autopay", '"true"'),
    ("a number as a category", "plan", "3"),
    ("an array as a category", "region", '["EU"]'),
    ("an object as a number", "discount_pct", "{}"),
    ("false as a category", "payment_method", "false"),
    ("a day that is not in the calendar", "signup_date", '"2024-02-30"'),
    ("a day that is not in the calendar", "signup_date", '"2023-02-29"'),
    ("a month that is not in the calendar", "signup_date", '"2024-13-01"'),
    ("a number as a date", "signup_date", "20240101"),
    ("literal NaN", "monthly_fee", "NaN"),
    ("literal NaN", "usage_gb_30d", "NaN"),
    ("literal Infinity", "discount_pct", "Infinity"),
    ("literal -Infinity", "tenure_months", "-Infinity"),
    ("literal beyond a double", "monthly_fee", "1e400"),
)


def _refuses(
    bench: Bench, what: str, name: str, text: str | None, row: int, named: bool
) -> Iterator[Difference]:
    instances = [instance(one) for one in bench.hidden[: max(row + 3, 4)]]
    parts = [json.dumps(one) for one in instances]
    parts[row] = _with(instances[row], name, text)
    answer = bench.wire("a").post(f'{{"instances": [{", ".join(parts)}]}}'.encode())
    given = f"{what} ({name})"
    if answer.status not in _REFUSED:
        yield Difference(f"{given} is answered with {answer.status}.", "400 or 422", short(answer.text))
        return
    body = strict_object(answer)
    if "predictions" in body:
        yield Difference(
            f"{given} is refused, and scored all the same.", "no predictions", short(answer.text)
        )
    # A bound of letters only, as `row3` would be no number by itself, and `instances.3.plan` names it.
    if named and not re.search(rf"(?<![0-9A-Za-z]){row}(?![0-9A-Za-z])", answer.text):
        yield Difference(f"The answer to {given} does not name the row.", row, short(answer.text, 300))


def _with(one: dict[str, Any], name: str, text: str | None) -> str:
    """The instance as JSON, with this text as the value of one member; without it if there is no text.

    Members stay in the usual order: what another one does is asked by `field_order`.
    """
    texts = {key: json.dumps(value) for key, value in one.items() if key != name}
    if text is not None:
        texts[name] = text
    return "{" + ", ".join(f"{json.dumps(key)}: {texts[key]}" for key in NAMES if key in texts) + "}"


def bodies(bench: Bench) -> Iterator[Difference]:
    """Bodies that are no such request, ids that are none: refused with 400 or 422."""
    bench.require_online()
    wire = bench.wire("a")
    row = json.dumps(instance(bench.hidden[0]))
    cases = {
        "an empty object": b"{}",
        "an array": f"[{row}]".encode(),
        "null": b"null",
        "a text": b'"instances"',
        "instances as an object": f'{{"instances": {row}}}'.encode(),
        "instances as text": b'{"instances": "all"}',
        "instances as null": b'{"instances": null}',
        "an instance that is a number": f'{{"instances": [{row}, 5]}}'.encode(),
        "an instance that is an array": f'{{"instances": [{row}, []]}}'.encode(),
        "an instance that is null": b'{"instances": [null]}',
        "half a body": f'{{"instances": [{row}'.encode(),
        "no body": b"",
        "an id that is a number": f'{{"id": 5, "instances": [{row}]}}'.encode(),
        "an id that is an object": f'{{"id": {{}}, "instances": [{row}]}}'.encode(),
        "an empty id": f'{{"id": "", "instances": [{row}]}}'.encode(),
        "an id of 201 characters": f'{{"id": "{"x" * 201}", "instances": [{row}]}}'.encode(),
    }
    for what, body in cases.items():
        answer = wire.post(body)
        if answer.status not in _REFUSED:
            yield Difference(f"{what} is answered with {answer.status}.", "400 or 422", short(answer.text))
        else:
            strict_object(answer)
    deep = wire.post(b'{"instances": ' + b"[" * 5_000 + b"]" * 5_000 + b"}")
    if deep.status not in _REFUSED:
        raise Partial(
            f"5,000 arrays in each other are answered with {deep.status}.",
            expected="400 or 422",
            observed=short(deep.text),
        )


def extremes(bench: Bench) -> Iterator[Difference]:
    """What the dictionary makes impossible is scored or refused; whatever happens, it is no fault of the service."""
    bench.require_online()
    wire = bench.wire("a")
    cases: list[tuple[str, Any]] = [
        ("monthly_fee", -1.5),
        ("monthly_fee", 1e300),
        ("monthly_fee", 10**40),
        ("tenure_months", 2**63),
        ("tenure_months", 10**400),
        ("tenure_months", -7),
        ("support_tickets_90d", 2**70),
        ("days_since_last_login", 10**30),
        ("discount_pct", -1e300),
        ("discount_pct", 5e-324),
        ("usage_gb_30d", 1.7976931348623157e308),
        ("signup_date", "9999-12-31"),
        ("signup_date", "0001-01-01"),
        ("signup_date", "2031-05-05"),
    ]
    for name, value in cases:
        answer = wire.post(request([instance(bench.hidden[0], **{name: value})]))
        if answer.status == 200:
            read_answer(answer, 1)
        elif answer.status not in _REFUSED:
            yield Difference(
                f"{name} of {short(value, 40)} is answered with {answer.status}.",
                "200, 400 or 422",
                short(answer.text),
            )


def limits(bench: Bench) -> Iterator[Difference]:
    """More than 5,000 instances and more than 8 MiB are refused; a body just below is read."""
    bench.require_online()
    wire = bench.wire("a")
    instances = [instance(one) for one in bench.hidden[: MOST_INSTANCES + 1]]
    answer = wire.post(request(instances))
    if answer.status not in _STATUSES:
        yield Difference(
            f"5,001 instances are answered with {answer.status}.", "400, 413 or 422", short(answer.text)
        )
    note = "n" * (MOST_BYTES - 4096)
    answer = wire.post(request([instance(bench.hidden[bench.probe[0]], note=note)]))
    if answer.status != 200:
        yield Difference(f"A body of almost 8 MiB is answered with {answer.status}.", 200, short(answer.text))
    try:
        answer = wire.post(request([instance(bench.hidden[0], note=note * 2)]))
    except NoAnswer as error:
        if error.observed == "no complete answer in time":
            yield Difference("A body of 16 MiB gets no answer.", "413 or a closed connection", error.observed)
    else:
        if answer.status != 413:
            yield Difference(
                f"A body of 16 MiB is answered with {answer.status}.",
                "413 or a closed connection",
                short(answer.text),
            )
    yield from bench.same(
        "after requests that are too large", bench.online, bench.ask(bench.instances(bench.probe))
    )


def ignored_fields(bench: Bench) -> Iterator[Difference]:
    """Fields that are no features change nothing, whatever they hold."""
    bench.require_online()
    rng = bench.random("other fields")
    values: tuple[Any, ...] = (None, 0, "x", [1, [2]], {"a": {"b": None}}, True, -1.5)
    names = ("note", "Plan", "churn", "score", "index", "plan_", "\u00e9", "probability")
    extra = [
        {rng.choice(names): rng.choice(values), **instance(bench.hidden[index])} for index in bench.probe
    ]
    yield from bench.same("with other fields", bench.online, bench.ask(extra))


def field_order(bench: Bench) -> Iterator[Difference]:
    """The order of the fields of an instance changes nothing."""
    bench.require_online()
    rng = bench.random("order of fields")
    shuffled = []
    for one in bench.instances(bench.probe):
        items = list(one.items())
        rng.shuffle(items)
        shuffled.append(dict(items))
    yield from bench.same("with fields in another order", bench.online, bench.ask(shuffled))


def integer_spellings(bench: Bench) -> Iterator[Difference]:
    """`5`, `5.0` and `5e0` are the same integer."""
    bench.require_online()
    names = {feature.name for feature in FEATURES if feature.type == "integer"}
    for suffix in (".0", "e0"):
        parts = []
        for one in bench.instances(bench.probe):
            members = [
                f'"{key}": {json.dumps(value)}{suffix if key in names else ""}' for key, value in one.items()
            ]
            parts.append("{" + ", ".join(members) + "}")
        answer = bench.wire("a").post(f'{{"instances": [{", ".join(parts)}]}}'.encode())
        found = [one.probability for one in read_answer(answer, len(parts))]
        yield from bench.same(f"with integers as 5{suffix}", bench.online, found)


def null_or_missing(bench: Bench) -> Iterator[Difference]:
    """A nullable field that is null, or missing, or the empty field of a file."""
    bench.require_online()
    for name in NULLABLE:
        # Who takes `NA` for null is charged for that elsewhere.
        indexes = [
            index
            for index, one in enumerate(bench.hidden)
            if one.features[name] is None and one.features["region"] != "NA"
        ][:80]
        offline = [bench.scores[index] for index in indexes]
        as_null = bench.ask(bench.instances(indexes))
        without = [
            {key: value for key, value in one.items() if value is not None}
            for one in bench.instances(indexes)
        ]
        yield from bench.same(f"{name} null by predict and by the service", offline, as_null)
        yield from bench.same(f"{name} null and missing", as_null, bench.ask(without))


def unseen_category(bench: Bench) -> Iterator[Difference]:
    """A category that was not in the training data is scored; the same alone and in a batch."""
    bench.require_online()
    rng = bench.random("unseen categories")
    names = [feature.name for feature in FEATURES if feature.type == "category"]
    unseen = [
        "lunar",
        "\u5317\u4eac",
        "x" * 400,
        "unknown",
        "other",
        "None",
        "nan",
        "1",
        f"new-{rng.randrange(1000)}",
    ]
    instances = []
    for number, index in enumerate(bench.probe[:60]):
        name = names[number % len(names)]
        instances.append(instance(bench.hidden[index], **{name: unseen[number % len(unseen)]}))
    together = bench.ask(instances)
    alone = [bench.ask([one])[0] for one in instances[:10]]
    yield from bench.same("unseen categories in a batch and alone", together[:10], alone)
