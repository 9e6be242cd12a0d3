"""Note what is passed over: fields that no record holds, and resources that must not be read."""

from __future__ import annotations

from typing import Any

from .document import Entry
from .element import clean, text
from .notes import Notes

ADMINISTRATIVE = frozenset({
    "Account", "Appointment", "AppointmentResponse", "AuditEvent", "Bundle", "CareTeam", "Claim",
    "ClaimResponse", "Communication", "CommunicationRequest", "Consent", "Coverage", "Device",
    "DocumentReference", "Encounter", "Endpoint", "EpisodeOfCare", "ExplanationOfBenefit", "Group",
    "HealthcareService", "Location", "OperationOutcome", "Organization", "Person", "Practitioner",
    "PractitionerRole", "Provenance", "RelatedPerson", "Schedule", "Slot", "Task",
})
"""Types that say who, where and for what account, and nothing about the patient's state.

Source: HL7 FHIR R4, the resource index, modules Administration, Financial and Security.
"""
_PASSED_OVER = frozenset({
    "asserter", "basedOn", "category", "contained", "courseOfTherapyType", "encounter",
    "extension", "groupIdentifier", "id", "identifier", "implicitRules", "informationSource",
    "instantiatesCanonical", "instantiatesUri", "insurance", "intent", "issued", "language",
    "location", "meta", "partOf", "performer", "priority", "recorder", "reportedBoolean",
    "reportedReference", "requester", "resourceType", "text",
})
"""Fields that say who, where and for what account, and nothing about the patient's state."""

_READ = frozenset({
    "activity", "authoredOn", "clinicalStatus", "code", "component", "created", "dataAbsentReason",
    "dateAsserted", "doNotPerform", "focus", "hasMember", "interpretation",
    "medicationCodeableConcept", "medicationReference", "patient", "period", "recordedDate",
    "referenceRange", "status", "subject", "verificationStatus",
})
_TOLD = 50
"""How many fields of one resource are named; no type of FHIR has more."""
_READ_BEGINNINGS = ("abatement", "effective", "onset", "performed", "value")


def note_unread_fields(entry: Entry, notes: Notes) -> None:
    """Note the fields of a used resource that no record holds."""
    unread = [
        plain for plain in (name.removeprefix("_") for name in entry.resource)
        if plain not in _PASSED_OVER and plain not in _READ
        and not plain.startswith(_READ_BEGINNINGS)
    ]
    for plain in unread[:_TOLD]:
        notes.add("field-not-read", entry.name, f"{entry.kind}.{clean(plain, 40)} is not read here",
                  "read it yourself where it matters", "information")
    if len(unread) > _TOLD:
        notes.add("field-not-read", entry.name, f"{len(unread) - _TOLD} further fields of this "
                  f"{entry.kind} are not read here", "read them yourself where they matter",
                  "information")


def may_be_read(entry: Entry, notes: Notes) -> bool:
    """Return whether a resource may be read; one with an unknown modifier may not.

    A modifier can turn a statement into its opposite. Source: HL7 FHIR R4, Extensibility.
    """
    if entry.resource.get("implicitRules"):
        notes.add("implicit-rules", entry.name, f"this {entry.kind} follows rules that are not "
                  "known here; it is not used", "send it without implicitRules")
        return False
    url = _modifier(entry.resource)
    if url is not None:
        notes.add("modifier-extension", entry.name,
                  f"the modifier extension {clean(url, 120) or 'without a URL'} may change what "
                  f"this {entry.kind} means; it is not used", "send it without the extension")
        return False
    return True


def _modifier(resource: Any) -> str | None:
    waiting = [resource]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            found = value.get("modifierExtension")
            if found:
                first = found[0] if isinstance(found, list) else found
                return text(first.get("url")) if isinstance(first, dict) else ""
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return None
