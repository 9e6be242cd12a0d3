"""Whatever member of an answer holds an IRI, why or evidence takes it back and gives a reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from reasoner.assessment import Assessment
from reasoner.engine import Engine
from reasoner.errors import UsageError
from reasoner.explanation.arguments import arguments
from reasoner.explanation.justified import justifications
from reasoner.explanation.reason import backing, reason
from reasoner.explanation.report import report
from reasoner.explanation.why import find_conclusion
from reasoner.namespaces import MARROW
from reasoner.pipeline import assess

GOLDEN = Path(__file__).parent / "golden"
A_FEW = 2
"""How many IRIs of one kind of member are asked about."""


@pytest.fixture(scope="module")
def myeloma(engine: Engine) -> Assessment:
    return assess(engine, GOLDEN / "t10-myeloma" / "patient.ttl", date(2026, 11, 1))


def iris(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each member that holds an IRI of this project or of the record, with the IRI."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from iris(value, f"{path}.{name}")
    elif isinstance(node, list):
        for value in node:
            yield from iris(value, path)
    elif isinstance(node, str) and node.startswith((MARROW, "urn:")) and node != MARROW:
        yield path, node


def test_every_iri_of_every_member_is_taken_back(myeloma: Assessment) -> None:
    fact = find_conclusion(myeloma, "Metaxalone")
    found: dict[str, dict[str, None]] = {}
    for answer in (report(myeloma), reason(myeloma, "Metaxalone")[0],
                   reason(myeloma, "SerumFerritin")[0], reason(myeloma, "open-red-flags")[0],
                   arguments(myeloma, "Metaxalone"), backing(myeloma, "G903")[0],
                   backing(myeloma, "Metaxalone")[0], justifications(myeloma, fact, 3)):
        for path, iri in iris(answer):
            found.setdefault(path, {})[iri] = None
    assert {".patient", ".recommendations.proof", ".justifications.records.iri"} <= found.keys()
    asked, refused = set(), []
    for path, some in found.items():
        for iri in list(some)[:A_FEW]:
            if iri in asked:
                continue
            asked.add(iri)
            try:
                assert reason(myeloma, iri)[0]
            except UsageError as error:
                refused.append((path, iri, str(error)))
    assert refused == []


def test_the_patient_is_told_by_the_record(myeloma: Assessment) -> None:
    found = reason(myeloma, "urn:marrow:case:t10-myeloma")[0]
    assert "observation: hemoglobin, 95 g/L, on 2026-10-20" in found["records"]
    assert any("1959-03-01" in record for record in found["records"])
    assert found["label"] == "the patient"
