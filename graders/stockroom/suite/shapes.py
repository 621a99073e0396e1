"""Compares answers with the public OpenAPI document: status, content type, required headers, body."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, TypeChecker, validators
from jsonschema.exceptions import ValidationError, best_match
from takehome_suite.client import Answer
from takehome_suite.outcome import expect, fail, short

# RFC 3339 with an offset that says UTC; it lets a space stand for the T.
UTC_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]00:00)", re.ASCII)
JSON_TYPE = re.compile(r"application/(json|[a-z0-9.!#$&^_-]+\+json)")
MONEY = ("unit_price_cents", "total_cents")

_formats = FormatChecker(formats=())


def is_integer(_checker: TypeChecker, value: object) -> bool:
    """Whether a value is written as a JSON integer; for JSON Schema `5.0` is one, for the contract not."""
    return isinstance(value, int) and not isinstance(value, bool)


# The stubs of jsonschema leave parameters of `extend` without a type.
_extend: Callable[..., type[Draft202012Validator]] = validators.extend
Validator = _extend(
    Draft202012Validator, type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", is_integer)
)


@_formats.checks("date-time")
def is_utc_time(value: object) -> bool:
    """Whether a string is a time in UTC as the contract writes it. Other types are charged as such."""
    return not isinstance(value, str) or UTC_TIME.fullmatch(value) is not None


@dataclass(frozen=True)
class Shapes:
    """The operations of the document by their id."""

    document: Mapping[str, Any]
    operations: Mapping[str, Mapping[str, Any]]

    @classmethod
    def load(cls, file: Path) -> "Shapes":
        """Reads the document."""
        document = json.loads(file.read_text(encoding="utf-8"))
        operations = {
            operation["operationId"]: operation
            for path in document["paths"].values()
            for operation in path.values()
            if isinstance(operation, dict)
        }
        return cls(document, operations)

    def expect(self, answer: Answer, operation_id: str) -> None:
        """The test fails unless the answer is one that the document describes for the operation.

        The type of money and the form of the headers are left out: checks of their own charge them, once.
        """
        operation = self.operations[operation_id]
        described = operation["responses"].get(str(answer.status))
        if described is None:
            fail(
                f"{operation_id} was answered with {answer.status}, which the contract does not know for it.",
                expected={"status": sorted(operation["responses"])},
                observed={"status": answer.status, "body": short(answer.text)},
            )
        for name, header in described.get("headers", {}).items():
            present = name in answer.headers or not header.get("required")
            expect(present, f"{operation_id} should answer with {name}, but the header is missing.")
        if "content" not in described:
            return
        expect_json_type(answer, operation_id)
        problem = self.problem(answer.json(), described["content"]["application/json"]["schema"])
        if problem is not None:
            where = "/".join(str(part) for part in problem.absolute_path) or "the body"
            fail(
                f"{operation_id} ({answer.status}): {where} is not as the contract says: "
                f"{short(problem.message)}.",
                expected=problem.schema,
                observed=short(answer.text),
            )

    def problem(self, value: Any, schema: Mapping[str, Any]) -> ValidationError | None:
        """The most telling difference of a value from a schema of the document, if there is one."""
        whole = {**schema, "components": self.document["components"]}
        found: ValidationError | None = best_match(
            error
            for error in Validator(whole, format_checker=_formats).iter_errors(value)
            if not (error.absolute_path and error.absolute_path[-1] in MONEY)
        )
        return found

    def request_schema(self, operation_id: str) -> Mapping[str, Any]:
        """The schema of the operation's request body."""
        schema: Mapping[str, Any] = self.operations[operation_id]["requestBody"]["content"][
            "application/json"
        ]["schema"]
        return schema


def expect_json_type(answer: Answer, what: str) -> None:
    """The test fails unless the answer says that it is JSON."""
    seen = short(answer.media_type or "without a type")
    expect(
        JSON_TYPE.fullmatch(answer.media_type) is not None,
        f"{what} ({answer.status}) should be application/json, but is {seen}.",
        expected="application/json or …+json",
        observed=answer.headers.get("content-type"),
    )


def expect_error(answer: Answer, what: str) -> None:
    """The test fails unless the answer is an error as the contract writes it: a JSON object."""
    expect_json_type(answer, what)
    expect(
        isinstance(answer.json(), dict),
        f"{what} ({answer.status}) should be a JSON object, but is {short(answer.text)}.",
        expected="a JSON object",
        observed=short(answer.text),
    )
