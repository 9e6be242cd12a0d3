"""Hold a result against the range and the flag that the laboratory sent with it.

Neither decides anything here: criteria have cut-offs of their own, with a source. A laboratory that
contradicts itself is told, since then a value, a unit or a flag is wrong.
Source: HL7 FHIR R4, Observation.interpretation and referenceRange.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..quantity import Refusal, number_of
from .document import Entry, Resource
from .element import Concept, objects, read_concept, read_number, text
from .notes import Notes

_SYSTEMS = ("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation",
            "http://hl7.org/fhir/v2/0078")
_FLAGS = {"H": 1, "HH": 1, "HU": 1, "L": -1, "LL": -1, "LU": -1, "N": 0}


def check_flag(entry: Entry, part: Resource, concept: Concept, notes: Notes) -> None:
    """Note where a value lies on another side of its own range than its flag says."""
    flags = {
        _FLAGS[coding.code] for item in objects(part.get("interpretation"))
        for coding in read_concept(item).codings
        if coding.system in _SYSTEMS and coding.code in _FLAGS
    }
    side = _side(part)
    if side is not None and flags and side not in flags:
        notes.add("flag-disagrees", entry.name,
                  f"the result {concept} lies on another side of the range that came with it than "
                  "its flag says", "check the value, its unit and its flag")


def _side(part: Resource) -> int | None:
    """Return whether a value lies below, in or above its one range; None where that is open."""
    ranges = [r for r in objects(part.get("referenceRange")) if "low" in r or "high" in r]
    quantity = part.get("valueQuantity")
    if len(ranges) != 1 or not isinstance(quantity, dict) or quantity.get("comparator"):
        return None
    value = _number(quantity)
    low, high = (_bound(ranges[0].get(end), quantity) for end in ("low", "high"))
    if value is None or (low is None and high is None):
        return None
    if low is not None and value < low:
        return -1
    if high is not None and value > high:
        return 1
    return 0 if low is not None and high is not None else None


def _bound(bound: Any, quantity: Resource) -> Decimal | None:
    """Return a bound of a range, if it is in the unit of the value."""
    if not isinstance(bound, dict):
        return None
    units = [text(q.get("code")) or text(q.get("unit")) for q in (bound, quantity)]
    return _number(bound) if units[0] in ("", units[1]) else None


def _number(quantity: Resource) -> Decimal | None:
    found = read_number(quantity.get("value"))
    return None if isinstance(found, Refusal) else number_of(found.term)
