"""Write a resource of FHIR STU3 as R4 writes it, for the fields that records are made from.

Source: HL7 FHIR R4, the page of each resource, "R3 Conversions".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .element import objects, text

Resource = dict[str, Any]
_PROCEDURE = {"suspended": "on-hold", "aborted": "stopped"}
_TAKEN = {"n": "not-taken", "unk": "unknown", "na": "unknown"}


def to_r4(resource: Resource) -> Resource:
    """Return a resource of STU3 with the fields that are read moved to where R4 has them."""
    change = _CHANGES.get(text(resource.get("resourceType")))
    return change(dict(resource)) if change else resource


def _statuses(resource: Resource) -> Resource:
    for field in ("clinicalStatus", "verificationStatus"):
        status = resource.get(field)
        if isinstance(status, str):
            # R4 has no unknown; what nobody vouches for is unconfirmed.
            code = "unconfirmed" if status == "unknown" else status
            resource[field] = {"coding": [{"code": code}]}
    return _move(_without_context(resource), "assertedDate", "recordedDate")


def _observation(resource: Resource) -> Resource:
    members = [related for related in objects(resource.pop("related", None))
               if related.get("type") == "has-member"]
    if members:
        resource["hasMember"] = [related.get("target") for related in members]
    return _move(_without_context(resource), "comment", "note")


def _procedure(resource: Resource) -> Resource:
    status = text(resource.get("status"))
    resource["status"] = _PROCEDURE.get(status, status) or None
    if resource.pop("notDone", None) is True:
        resource["status"] = "not-done"
    return _without_context(resource)


def _statement(resource: Resource) -> Resource:
    taken = text(resource.pop("taken", None))
    if taken in _TAKEN and resource.get("status") in ("active", "intended", None):
        resource["status"] = _TAKEN[taken]
    return resource


def _administration(resource: Resource) -> Resource:
    if resource.pop("notGiven", None) is True:
        resource["status"] = "not-done"
    return resource


def _without_context(resource: Resource) -> Resource:
    return _move(resource, "context", "encounter")


def _move(resource: Resource, old: str, new: str) -> Resource:
    if old in resource:
        resource.setdefault(new, resource.pop(old))
        resource.pop(old, None)
    return resource


_CHANGES: dict[str, Callable[[Resource], Resource]] = {
    "AllergyIntolerance": _statuses,
    "CarePlan": _without_context,
    "Condition": _statuses,
    "MedicationAdministration": _administration,
    "MedicationRequest": _without_context,
    "MedicationStatement": _statement,
    "Observation": _observation,
    "Procedure": _procedure,
}
