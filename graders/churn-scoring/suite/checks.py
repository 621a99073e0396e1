"""The checks, in the order in which they run. Points and titles are in rubric.toml.

Two instances run at a time: `b` is killed before `other` is started, and `a` is stopped before the altered folders are served.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import check_load
import check_predict
import check_same
import check_service
import check_training
from bench import Bench
from difference import Difference
from given import INVALID


@dataclass(frozen=True)
class Check:
    """Yields what is not as the brief asks; may raise the outcomes of `takehome_suite.outcome`."""

    id: str
    run: Callable[[Bench], Iterator[Difference]]
    # Of `given`: what it looks at besides the plain table.
    tables: tuple[str, ...] = ()


CHECKS = (
    Check("train-command", check_training.command),
    Check("train-reproducible", check_training.reproducible, ("again",)),
    Check("train-other-data", check_training.other_data, ("other",)),
    Check("manifest-provenance", check_training.provenance),
    Check("manifest-hashes", check_training.hashes),
    Check("artifact-safe", check_training.safe),
    Check("artifact-no-ids", check_training.no_ids),
    Check("auc-floor", check_training.floor),
    Check("metrics-honest", check_training.honest),
    Check("direction", check_training.direction, ("variants",)),
    Check("lifecycle", check_service.lifecycle),
    Check("metadata", check_service.metadata),
    Check("predict-output", check_predict.output, ("output",)),
    Check("predict-spellings", check_predict.spellings, ("spellings",)),
    Check("predict-columns", check_predict.columns, ("columns",)),
    Check("predict-no-rows", check_predict.no_rows, ("no rows",)),
    Check("predict-invalid", check_predict.invalid, INVALID),
    Check("answers", check_service.answers),
    Check("offline-online", check_same.offline_online),
    Check("category-na", check_predict.category_na, ("variants",)),
    Check("batches", check_same.batches),
    Check("field-order", check_service.field_order),
    Check("null-or-missing", check_service.null_or_missing),
    Check("unseen-category", check_service.unseen_category),
    Check("integer-spellings", check_service.integer_spellings),
    Check("ignored-fields", check_service.ignored_fields),
    Check("leak-closure-code", check_training.closure_code, ("leaks",)),
    Check("leak-customer-id", check_training.customer_id, ("leaks",)),
    Check("invalid-rows", check_service.invalid_rows),
    Check("missing-fields", check_service.missing_fields),
    Check("invalid-bodies", check_service.bodies),
    Check("extremes", check_service.extremes),
    Check("limits", check_service.limits),
    Check("replicas", check_same.replicas),
    Check("concurrent", check_load.concurrent),
    Check("health-under-load", check_load.health_under_load),
    Check("after-kill", check_same.after_kill),
    Check("its-folder", check_same.its_folder, ("other",)),
    Check("sigterm", check_same.on_sigterm),
    Check("changed-file", check_same.changed_file),
    Check("incomplete-folder", check_same.incomplete),
)
