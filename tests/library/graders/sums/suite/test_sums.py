"""What a suite of an analysis can ask for."""

from pathlib import Path

import pytest
from takehome_suite.outcome import expect, expect_equal
from takehome_suite.submission import Ended, NotAFile, Submission, take


def numbers(submission: Submission, name: str, text: str) -> Path:
    folder = submission.input(name)
    (folder / "numbers.txt").write_text(text, encoding="utf-8")
    return folder


def total(ended: Ended) -> str:
    try:
        return take(ended.output, "sum.txt", most=100).decode()
    except NotAFile as error:
        return str(error)


@pytest.fixture(scope="session")
def small(submission: Submission) -> Path:
    return numbers(submission, "small", "1 2 3")


@pytest.fixture(scope="session")
def slow(submission: Submission) -> Path:
    """The submission sleeps for a second before it writes."""
    return numbers(submission, "slow", "10 20 sleep")


def test_sum(submission: Submission, small: Path) -> None:
    ended = submission.analyze(small)
    expect_equal((ended.exit_code, total(ended)), (0, "6"), "The run")


def test_kill(submission: Submission, small: Path, slow: Path) -> None:
    output = submission.output()
    submission.analyze(small, output)
    ended = submission.analyze(slow, output, kill_after=0.7)
    expect(ended.killed and not ended.timed_out, "It should have been killed.")
    expect_equal(total(ended), "6", "The sum after a kill")


def test_full_disk(submission: Submission, small: Path) -> None:
    ended = submission.analyze(small, small=True, env={"FILL": "yes"})
    expect("No space left" in ended.log, "The volume should be full.", observed=ended.log[-300:])


def test_environment(submission: Submission, small: Path) -> None:
    expect("hello" in submission.analyze(small).log, "The task's environment should be there.")
    expect("bye" in submission.analyze(small, env={"GREETING": "bye"}).log, "It should be replaced.")


def test_beside(submission: Submission, small: Path) -> None:
    program = (
        "import pathlib, sys, time; print('ready', flush=True);"
        "pathlib.Path(sys.argv[2], 'beside').write_text(sys.argv[1]); time.sleep(60)"
    )
    ended = submission.analyze(small, beside=program)
    expect(ended.exit_code == 0 and take(ended.output, "beside") == b"/input/small", "It should have run.")
