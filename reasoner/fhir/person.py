"""Read the Patient resource: sex as reference values use it, birth date and date of death."""

from __future__ import annotations

from typing import Any

from ..namespaces import BOOLEAN, DATE, marrow
from ..quantity import Refusal, canonical_literal
from .document import Entry
from .element import clean, read_date, text
from .notes import Notes
from .records import date_fact

_SEXES = {"female": "Female", "male": "Male"}


def read_person(entry: Entry | None, place: str, notes: Notes) -> list[tuple[str, str]]:
    """Return what the Patient resource says, as local names and terms.

    Args:
        entry: the Patient resource, if there is one that may be read.
        place: what to call the patient in messages.
        notes: where what is missing is noted.
    """
    if entry is None:
        notes.add("no-patient-resource", place,
                  "sex and birth date are not known, for want of a readable Patient resource",
                  "send the Patient resource too")
        return []
    resource = entry.resource
    if resource.get("active") is False:
        notes.add("patient-not-active", entry.name, "the Patient resource is marked as not in use",
                  "check that this is the patient's present record")
    return _sex(entry.name, resource.get("gender"), notes) \
        + _birth(entry.name, resource.get("birthDate"), notes) \
        + _death(entry, notes)


def _sex(place: str, value: Any, notes: Notes) -> list[tuple[str, str]]:
    known = _SEXES.get(text(value))
    if known:
        return [("sex", marrow(known))]
    notes.add("sex-not-known", place,
              f"Patient.gender is {clean(text(value), 20) or 'absent'}, so no reference value of "
              "one sex applies", "send female or male if reference values of that sex apply")
    return []


def _birth(place: str, value: Any, notes: Notes) -> list[tuple[str, str]]:
    found = read_date(value) if value is not None else Refusal(
        "no-birth-date", "is absent", "send the birth date")
    if not isinstance(found, Refusal) and not found.endswith(f"<{DATE}>"):
        found = Refusal("not-a-date", "is no date", "send a full date such as 1980-05-17")
    if isinstance(found, Refusal):
        notes.add(found.code, place, f"Patient.birthDate {found.what}; the age is not known",
                  found.fix)
        return []
    return [("birthDate", found)]


def _death(entry: Entry, notes: Notes) -> list[tuple[str, str]]:
    resource = entry.resource
    value = resource.get("deceasedDateTime")
    dated = date_fact(entry, "deceasedDateTime", value, "deceasedDate", notes)
    died = dated or value is not None or resource.get("deceasedBoolean") is True
    if died:
        notes.add("deceased", entry.name, "the record says that the patient has died",
                  "read every answer as of a date before the death")
    return dated or ([("deceased", canonical_literal("true", BOOLEAN))] if died else [])
