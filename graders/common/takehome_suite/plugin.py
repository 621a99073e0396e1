"""The pytest plugin of the examiner: fixtures, and an outcome, a message and a proof for each test.

A test says how it ends by the exceptions of `outcome`. Anything else that escapes it is a fault of the suite
and is reported as errored, so that it never counts against a submission.
"""

import os
import random
from collections.abc import Generator, Iterator

import pytest
from _pytest.junitxml import xml_key

from takehome_suite import outcome
from takehome_suite.client import USER_AGENTS, Client, Recorder
from takehome_suite.exhibits import PROPERTY, Exhibits, RunExhibits
from takehome_suite.limits import Clock
from takehome_suite.model import Model
from takehome_suite.pricing import Pricing
from takehome_suite.prober import Prober
from takehome_suite.proof import build, plain
from takehome_suite.run import Run, State, load_run
from takehome_suite.submission import Submission

MESSAGE_BYTES = 2048

_RUN = pytest.StashKey[Run]()
_CLOCK = pytest.StashKey[Clock]()
_RECORDER = pytest.StashKey[Recorder]()
_RESULT = pytest.StashKey["Result"]()
_EXHIBITS = pytest.StashKey[Exhibits]()
_RUN_EXHIBITS = pytest.StashKey[RunExhibits]()


class Result:
    """The outcome of a test so far; the first phase that does not pass decides."""

    def __init__(self) -> None:
        self.outcome = outcome.PASSED
        self.message = ""
        self.proof = ""


def pytest_configure(config: pytest.Config) -> None:
    """Reads the run file once, and keeps tools from writing anywhere but the run's own folder."""
    run = load_run()
    run.state_dir.mkdir(parents=True, exist_ok=True)
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(run.state_dir / "hypothesis")
    config.stash[_RUN] = run
    config.stash[_CLOCK] = Clock()
    config.stash[_RECORDER] = Recorder()
    config.stash[_RUN_EXHIBITS] = RunExhibits()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Adds what the run shows to the JUnit file before it is written, also after an interrupt."""
    text = session.config.stash[_RUN_EXHIBITS].text()
    xml = session.config.stash.get(xml_key, None)
    if text and xml is not None:
        xml.add_global_property(PROPERTY, text)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A new test begins with an empty record; when the time of the phase is used up it does not begin."""
    run, recorder = item.config.stash[_RUN], item.config.stash[_RECORDER]
    recorder.clear()
    item.stash[_RESULT] = Result()
    item.stash[_EXHIBITS] = Exhibits()
    if item.config.stash[_CLOCK].counted() > run.budget_seconds:
        mean = 1000 * recorder.waited_seconds / max(1, recorder.count)
        raise outcome.NotAssessable(
            f"Not assessable: the time for the tests ({run.budget_seconds:.0f} s) was used up before; "
            f"the service took {mean:.0f} ms a request on average.",
            observed={"requests": recorder.count, "waited_seconds": round(recorder.waited_seconds, 1)},
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turns what a phase of a test raised into the properties of its test case."""
    report = yield
    result = item.stash[_RESULT]
    if call.excinfo is not None and result.outcome == outcome.PASSED:
        error = call.excinfo.value
        result.outcome = _outcome(error, call.when)
        result.message = plain(_message(error))[:MESSAGE_BYTES]
        result.proof = build(
            getattr(error, "expected", None),
            getattr(error, "observed", None),
            item.config.stash[_RECORDER].exchanges,
        )
    if call.excinfo is not None:
        # The element's text is the same sentence; tracebacks of the suite are of no use to a reader.
        report.longrepr = result.message or plain(_message(call.excinfo.value))[:MESSAGE_BYTES]
    if call.when == "teardown":
        report.user_properties = [
            ("nodeid", item.nodeid),
            ("outcome", result.outcome),
            ("message", result.message),
        ]
        if result.outcome != outcome.PASSED:
            shown = item.stash[_EXHIBITS].text()
            report.user_properties += [("proof", result.proof), *([(PROPERTY, shown)] if shown else [])]
    return report


def _outcome(error: BaseException, when: str) -> str:
    if isinstance(error, outcome.NotAssessable):
        return outcome.NOT_ASSESSABLE
    if isinstance(error, outcome.Inconclusive):
        return outcome.INCONCLUSIVE
    if isinstance(error, AssertionError):
        # What a fixture needs is a prerequisite: its own test charges it.
        if when == "setup":
            return outcome.NOT_ASSESSABLE
        return outcome.PARTIAL if isinstance(error, outcome.Partial) else outcome.FAILED
    return outcome.ERRORED


def _message(error: BaseException) -> str:
    if isinstance(error, outcome.Unmet):
        return error.message
    text = str(error).strip().split("\n")[0]
    if isinstance(error, AssertionError):
        return text or "an assertion without a message"
    return f"The suite itself has a fault: {type(error).__name__}: {text}"


@pytest.fixture(scope="session")
def run(pytestconfig: pytest.Config) -> Run:
    """The run file."""
    return pytestconfig.stash[_RUN]


@pytest.fixture(scope="session")
def recorder(pytestconfig: pytest.Config) -> Recorder:
    """The record of exchanges."""
    return pytestconfig.stash[_RECORDER]


@pytest.fixture
def rng(run: Run, request: pytest.FixtureRequest) -> random.Random:
    """Random data of this test: depends on the seed and the test's own id only."""
    return run.random(request.node.nodeid)


@pytest.fixture
def exhibits(request: pytest.FixtureRequest) -> Exhibits:
    """What this test shows with its finding."""
    found: Exhibits = request.node.stash[_EXHIBITS]
    return found


@pytest.fixture(scope="session")
def run_exhibits(pytestconfig: pytest.Config) -> RunExhibits:
    """What the run shows."""
    return pytestconfig.stash[_RUN_EXHIBITS]


@pytest.fixture(scope="session")
def state(run: Run) -> State:
    """What the live phase leaves for the after phase."""
    return State(run.state_dir)


@pytest.fixture(scope="session")
def pricing(run: Run) -> Pricing:
    """The control of the fake pricing service."""
    return Pricing(run.pricing_control)


@pytest.fixture(scope="session")
def prober(run: Run) -> Prober:
    """Runs probes on the replicas."""
    return Prober(run)


@pytest.fixture(scope="session")
def model(run: Run) -> Model:
    """Trains, predicts and serves with the submission."""
    return Model(run)


@pytest.fixture(scope="session")
def submission(run: Run) -> Submission:
    """Runs the submission's command."""
    return Submission(run)


class Clients:
    """Clients of all instances of the run, opened when they are first used."""

    def __init__(self, run: Run, recorder: Recorder) -> None:
        self._run = run
        self._recorder = recorder
        self._agent = run.random("user-agent").choice(USER_AGENTS)
        self._open: dict[str, Client] = {}

    def replica(self, index: int) -> Client:
        """The client of the n-th replica."""
        return self.at(self._run.base_urls[index])

    def instance(self, name: str) -> Client:
        """The client of a further instance."""
        return self.at(self._run.instances[name])

    def at(self, url: str) -> Client:
        """The client of a base URL."""
        if url not in self._open:
            rng = self._run.random(f"request-ids/{url}")
            self._open[url] = Client(url, self._recorder, rng, self._agent)
        return self._open[url]

    def close(self) -> None:
        """Closes all connections."""
        for client in self._open.values():
            client.close()


@pytest.fixture(scope="session")
def clients(run: Run, recorder: Recorder) -> Iterator[Clients]:
    """Clients of the replicas and of the further instances."""
    opened = Clients(run, recorder)
    yield opened
    opened.close()
