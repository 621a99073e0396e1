"""Fixtures of the stockroom suite: one shop and two users who share most of the tests.

Registering is slow on purpose (slow hashes), so tests share users and never share items.
"""

import pytest
from leaks import Watch
from shapes import Shapes
from shop import Shop, User
from takehome_suite.client import Recorder
from takehome_suite.plugin import Clients
from takehome_suite.run import Run, State
from trail import Trail


@pytest.fixture(scope="session")
def shop(clients: Clients, run: Run, state: State) -> Shop:
    """The service with its two replicas."""
    return Shop([clients.replica(index) for index in range(len(run.base_urls))], state)


@pytest.fixture(scope="session")
def owner(shop: Shop, run: Run) -> User:
    """The user who owns the items of a test."""
    return shop.has_user(run.random("owner"))


@pytest.fixture(scope="session")
def stranger(shop: Shop, run: Run) -> User:
    """Another user with equal rights and nothing of the owner's."""
    return shop.has_user(run.random("stranger"))


@pytest.fixture(scope="session")
def shapes(run: Run) -> Shapes:
    """The public OpenAPI document as a validator."""
    return Shapes.load(run.openapi)


@pytest.fixture(scope="session", autouse=True)
def watch(recorder: Recorder) -> Watch:
    """The watch over all answers, from the first one on."""
    watching = Watch()
    recorder.watchers.append(watching.see)
    return watching


@pytest.fixture(scope="session", autouse=True)
def trail(recorder: Recorder, state: State, run: Run) -> None:
    """Notes requests of the live phase for the check of the logs."""
    if run.phase == "live":
        recorder.watchers.append(Trail(state, run.base_urls).see)
