"""Training: what it writes, that it can be repeated, that it learns from the data it is given, and how good the model is."""

from collections.abc import Iterator
from typing import Any

import baseline
import folders
import statistic
from artifacts import ids_in
from bench import SEED, Bench
from difference import Difference
from predictions import instance, is_number
from runner import Trained
from takehome_suite.outcome import Inconclusive, require, short

# What the brief allows an author to expect above what is measured.
_OPTIMISM = 0.025
_BARELY_LEARNED = 0.65
# A change of the mean risk that nobody would see.
_NO_MATTER = 0.002


def command(bench: Bench) -> Iterator[Difference]:
    """It ends in time with 0, and leaves the four things in the folder."""
    for trained in (bench.trained, bench.other):
        if trained.status != 0:
            yield Difference(
                "train does not succeed.", 0, {"status": trained.status, "log": trained.log[-300:]}
            )
            continue
        present = {name for name, _ in folders.names(trained.model)}
        for name in folders.METADATA:
            if name not in present:
                yield Difference(
                    f"The model folder lacks {name}.", sorted(folders.METADATA), sorted(present)[:20]
                )
        if not present - set(folders.METADATA):
            yield Difference("The model folder holds no model.", None, sorted(present)[:20])


def provenance(bench: Bench) -> Iterator[Difference]:
    """The manifest says from which data, with which seed and with which versions."""
    require(bench.other.status == 0, "train does not succeed on other data")
    pairs: list[tuple[Trained, bytes, int]] = [
        (bench.trained, bench.training_data, SEED),
        (bench.other, bench.other_data, bench.other_seed),
    ]
    for trained, data, seed in pairs:
        require(trained.status == 0, "train does not succeed")
        manifest = bench.document("manifest.json", trained.model)
        stated = manifest.get("data_sha256")
        if not isinstance(stated, str) or stated.lower() != folders.digest(data):
            yield Difference(
                "data_sha256 of the manifest is not that of --data.", folders.digest(data), short(stated)
            )
        if type(manifest.get("seed")) is not int or manifest["seed"] != seed:
            yield Difference("seed of the manifest is not --seed.", seed, short(manifest.get("seed")))
        versions = manifest.get("versions")
        if not isinstance(versions, dict) or not versions or not all(map(_is_version, versions.values())):
            yield Difference(
                "versions of the manifest is no object from distribution to version.",
                {"numpy": "…"},
                short(versions),
            )


def _is_version(value: Any) -> bool:
    return isinstance(value, str) and any(char.isdigit() for char in value)


def reproducible(bench: Bench) -> Iterator[Difference]:
    """The same data and seed give the same predictions."""
    bench.require_telling()
    require(bench.again.status == 0, "train does not succeed again", observed=bench.again.log[-300:])
    count = len(bench.given["again"].customers)
    again = bench.read(bench.predicted("again"), count)
    yield from bench.same(
        "training again with the same seed", bench.scores[:count], [one.probability for one in again]
    )


def other_data(bench: Bench) -> Iterator[Difference]:
    """Trained on another market, it knows that market: there, plain features tell the risk almost by themselves."""
    scores = [one.probability for one in bench.other_offline]
    labels = [customer.label for customer in bench.other_hidden]
    found = statistic.auc_interval(scores, labels)
    best = statistic.auc([customer.z for customer in bench.other_hidden], labels)
    if found.high < _BARELY_LEARNED:
        yield Difference(
            f"Trained on other data, the model has an AUC of {found.value:.3f} on customers like those; {best:.3f} is possible.",
            f"at least {_BARELY_LEARNED}",
            round(found.value, 4),
        )


def floor(bench: Bench) -> Iterator[Difference]:
    """The upper bound of the AUC's interval reaches the floor of the brief."""
    found = bench.auc
    if found.high < baseline.FLOOR:
        yield Difference(
            f"The AUC on {len(bench.hidden)} unseen customers is {found.value:.4f}, its 95 % interval {found.low:.4f} to {found.high:.4f}.",
            f"an upper bound of at least {baseline.FLOOR}",
            round(found.high, 4),
        )


def honest(bench: Bench) -> Iterator[Difference]:
    """`auc` of metrics.json is not far above what is measured. The luck of the hidden sample is the submission's."""
    claimed = bench.document("metrics.json").get("auc")
    if not is_number(claimed) or not 0 <= claimed <= 1:
        yield Difference("metrics.json has no auc.", "a number from 0 to 1", short(claimed))
        return
    if claimed > bench.auc.high + _OPTIMISM:
        yield Difference(
            f"metrics.json expects an AUC of {claimed:.4f}, measured are {bench.auc.value:.4f} ({bench.auc.low:.4f} to {bench.auc.high:.4f}).",
            f"at most {_OPTIMISM} above",
            round(claimed, 4),
        )


def direction(bench: Bench) -> Iterator[Difference]:
    """On average, more days without a login and more tickets do not lower the risk."""
    bench.require_telling()
    variants = bench.parts("variants")
    for name in ("days_since_last_login", "support_tickets_90d"):
        raised = variants[name]
        changes = [after - before for after, before in zip(raised, bench.scores, strict=False)]
        mean, low, high = statistic.mean_interval(changes)
        if high < 0 and mean < -_NO_MATTER:
            yield Difference(
                f"A higher {name} lowers the risk: by {-mean:.4f} on average ({-high:.4f} to {-low:.4f}) of {len(raised)} customers.",
                "not lower on average",
                round(mean, 4),
            )


def closure_code(bench: Bench) -> Iterator[Difference]:
    """What is only known afterwards changes nothing, in a file and in a request."""
    bench.require_telling()
    rng = bench.random("closure codes")
    found = bench.parts("leaks")["codes"]
    yield from bench.same("with closure_code and churned in the file", bench.scores[: len(found)], found)
    values: tuple[Any, ...] = (
        "price",
        "competitor",
        None,
        1,
        True,
        "",
        [],
        {"code": "moved"},
        "no such code",
    )
    extra = [
        {
            **instance(bench.hidden[index]),
            "closure_code": rng.choice(values),
            "churned": rng.choice((0, 1, "1", None)),
        }
        for index in bench.probe
    ]
    yield from bench.same("with closure_code and churned in the request", bench.online, bench.ask(extra))


def customer_id(bench: Bench) -> Iterator[Difference]:
    """Who it is changes nothing: not the id of a customer that the model was trained on, nor any other."""
    bench.require_telling()
    rng = bench.random("ids")
    found = bench.parts("leaks")["ids"]
    yield from bench.same("with ids of the training data in the file", bench.scores[: len(found)], found)
    values: tuple[Any, ...] = (rng.choice(bench.training_rows)[0], 17, None, "x" * 300)
    extra = [{"customer_id": rng.choice(values), **instance(bench.hidden[index])} for index in bench.probe]
    yield from bench.same("with customer_id in the request", bench.online, bench.ask(extra))


def no_ids(bench: Bench) -> Iterator[Difference]:
    """No customer id is in the model folder, packed or not."""
    found = list(ids_in(bench.inventory))
    for path, one in found:
        yield Difference(f"{path} holds the id of a customer.", "no customer id in the model folder", one)
    large = [one for one in bench.inventory.artifacts if one.kind == "unreadable" and one.open]
    if large and not found:
        raise Inconclusive(f"Inconclusive: {short(large[0].open[0], 200)}.")
    unread = [artifact.path for artifact in bench.inventory.artifacts if artifact.kind == "unreadable"]
    require(bool(found) or not unread, "files cannot be looked through", observed=unread[:5])


def hashes(bench: Bench) -> Iterator[Difference]:
    """The manifest lists every file with its sha256, and no other."""
    stated = folders.listed(bench.model)
    present = {artifact.path: artifact.sha256 for artifact in bench.inventory.artifacts}
    for name in present:
        if name not in folders.METADATA and name not in stated:
            yield Difference(f"{name} is not in the manifest.", present[name], None)
    for name, digest in stated.items():
        found = present.get(name)
        if found is None:
            yield Difference(
                f"The manifest lists {short(name, 60)}, which is not there.", None, short(digest)
            )
        elif not isinstance(digest, str) or digest.lower() != found:
            yield Difference(f"The sha256 of {short(name, 60)} is another one.", found, short(digest))


def safe(bench: Bench) -> Iterator[Difference]:
    """No file needs code to be loaded. Nothing is loaded to find out."""
    found = False
    for name in bench.inventory.others:
        found = True
        yield Difference(f"{short(name, 60)} is no plain file.", "plain files", "a link, pipe or device")
    for artifact in bench.inventory.artifacts:
        for problem in artifact.problems:
            found = True
            yield Difference(f"{problem}.", "a format or classes that need no code", artifact.globals[:20])
    undecided = [sentence for artifact in bench.inventory.artifacts for sentence in artifact.open]
    # What is proven counts, whatever else there is.
    if undecided and not found:
        raise Inconclusive(f"Inconclusive: {short(undecided[0], 200)}.", observed=undecided[:5])
