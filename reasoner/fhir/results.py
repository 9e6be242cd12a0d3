"""Make the records of an Observation: one for its value and one for each component."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..namespaces import local_name
from ..quantity import MAX_DIGITS, Refusal, Scale, gate, number_of, text_of
from .document import Entry, Resource
from .element import UCUM, Concept, clean, objects, read_concept, read_number, source_text, text
from .flag import check_flag
from .notes import Notes
from .records import Context, Record, date_fact, make_records, start_of, status_fact

_SETTLED = ("amended", "corrected", "final")
_COMPARATORS = ("<", "<=", ">", ">=")
_NOT_MEASURED = ("asked-declined", "not-applicable", "not-asked", "not-performed")
"""Reasons that say that there is no result. Source: HL7, data-absent-reason."""


def read_observation(entry: Entry, context: Context) -> list[Record]:
    """Make the records of an Observation."""
    resource, notes = entry.resource, context.notes
    if resource.get("focus"):
        notes.add("not-about-the-patient", entry.name,
                  "this Observation has a focus other than the patient",
                  "send observations on the patient")
        return []
    components = objects(resource.get("component"))
    parts = [_Part(component, "component.code", f"/component/{n + 1}", f"$.component[{n}]")
             for n, component in enumerate(components)]
    is_panel = bool(components or resource.get("hasMember"))
    if not is_panel or _has_value(resource):
        parts.insert(0, _Part(resource, "code", "", "$"))
    return [record for part in parts for record in _read_part(entry, part, context)]


@dataclass(frozen=True)
class _Part:
    """What holds one value: the resource itself, or a component of it."""

    said: Resource
    field: str
    ending: str
    path: str


def _has_value(part: Resource) -> bool:
    return any(name.startswith("value") or name == "dataAbsentReason" for name in part)


def _read_part(entry: Entry, part: _Part, context: Context) -> list[Record]:
    """Make the record of a value; a value has one kind, so codes that disagree are of no use."""
    resource, notes = entry.resource, context.notes
    concept = read_concept(part.said.get("code"))
    kinds = context.kinds.of(entry, part.field, concept, "MeasurementKind", "information")
    if len(kinds) > 1:
        notes.add("codes-disagree", entry.name,
                  f"the codings of Observation.{part.field} {concept} mean different tests",
                  "send the codes of one test")
    if len(kinds) != 1:
        return []
    facts = _value_facts(entry, part.said, concept, context, kinds[0])
    if facts is None:
        return []
    check_flag(entry, part.said, concept, notes)
    facts += status_fact(entry, notes)
    when, effective = start_of(resource, "effective")
    dated = date_fact(entry, when, effective, "date", notes)
    if effective is None:
        notes.add("no-date", entry.name,
                  f"the result {concept} has no date; it is not used",
                  "send effectiveDateTime")
    value = next((name for name in part.said if name.startswith("value")), "dataAbsentReason")
    _note_status(entry, notes)
    found = make_records(entry, "Observation", kinds, facts + dated, f"{part.path}.{value}",
                         part.ending)
    return [replace(record, unusable=_why_unusable(record, entry.name, context))
            for record in found]


def _note_status(entry: Entry, notes: Notes) -> None:
    """Note that a result is not settled, so that nobody looks for it among the conclusions."""
    status = text(entry.resource.get("status"))
    if status in ("preliminary", "registered", "unknown"):
        notes.add("not-final", entry.name, f"the status of this result is {status}, so it is not "
                  "used", "send it again once it is final")


def _why_unusable(record: Record, place: str, context: Context) -> str:
    """Return why no rule can use a result; the gate tells what is wrong with its number."""
    said = dict(record.facts)
    number, scale = number_of(said["value"]), context.scales.get(said["kind"])
    status = text_of(said["status"]) if "status" in said else ""
    if status not in _SETTLED:
        return "taken-back" if status in ("cancelled", "entered-in-error") else "not-final"
    if "date" not in said:
        return "no-date"
    if number is None:
        return "no-number"
    if scale is None:
        return ""
    signs = {name: text_of(said[name]) for name in ("comparator", "unit") if name in said}
    found = gate(number, signs.get("comparator"), signs.get("unit"), scale)
    if not isinstance(found, Refusal):
        return ""
    context.refused.add(found.code, f"{place} ({local_name(said['kind'])})", found.what, found.fix)
    return found.code


def _value_facts(entry: Entry, part: Resource, concept: Concept, context: Context, kind: str) \
        -> list[tuple[str, str]] | None:
    """Return what a result says as facts, or None where nothing was measured.

    What was measured and cannot be read stays in the record as a text: then no older result can
    stand in for it.
    """
    notes = context.notes
    absent = part.get("dataAbsentReason")
    if absent is not None:
        reason = read_concept(absent)
        code = reason.codings[0].code if reason.codings else reason.text
        said = clean(code, 40) or "not said"
        notes.add("value-absent", entry.name, f"the result {concept} has no value (reason: {said})",
                  "repeat the test or send its value")
        return None if code in _NOT_MEASURED else [("value", source_text(f"no value: {said}"))]
    quantity = part.get("valueQuantity")
    if not isinstance(quantity, dict):
        quantity = {"value": part["valueInteger"]} if "valueInteger" in part else None
    if quantity is None or quantity.get("value") is None:
        form = next((clean(n, 40) for n in part if n.startswith("value")), "no value")
        notes.add("no-value", entry.name, f"the result {concept} has no number ({form})",
                  "send it as a valueQuantity")
        return [("value", source_text(f"no number: {form}"))]
    value = read_number(quantity["value"])
    if isinstance(value, Refusal):
        notes.add(value.code, entry.name, f"the value of {concept} {value.what}", value.fix)
        return [("value", source_text("no number"))]
    if value.rounded:
        notes.add("digits-rounded", entry.name,
                  f"values with more than {MAX_DIGITS} digits were rounded to {MAX_DIGITS}",
                  "send values as the laboratory reported them", "information")
    facts = [("value", value.term)]
    sign = text(quantity.get("comparator"))
    if sign and sign not in _COMPARATORS:
        notes.add("comparator-not-understood", entry.name,
                  f"the result {concept} has a comparator that is not known here",
                  "send <, <=, > or >=")
        return [("value", source_text(f"{clean(sign, 10)} {number_of(value.term)}"))]
    if sign:
        facts.append(("comparator", source_text(sign)))
    unit = _unit(quantity)
    other = text(quantity.get("unit"))
    if _differ(unit, other, context.scales.get(kind)):
        notes.add("units-disagree", entry.name, f"the result {concept} has the unit "
                  f"{clean(other, 40)} and the code {clean(unit, 40)}, which mean different "
                  "amounts; it is not used", "send the unit that the laboratory used as both")
        # The number may be of either, so the record keeps both, which together are no unit.
        unit = f"{unit} or {other}"
    return [*facts, ("unit", source_text(unit))] if unit else facts


def _unit(quantity: Resource) -> str:
    """Return the unit's UCUM code, or what was written for a reader where there is none."""
    code = text(quantity.get("code"))
    return code if code and quantity.get("system") in (None, UCUM) else text(quantity.get("unit"))


def _differ(code: str, written: str, scale: Scale | None) -> bool:
    """Tell whether two units are both units of a measurement and mean different amounts of it.

    What is written for a reader is compared without case: it is no code.
    """
    if scale is None or code not in scale.conversions:
        return False
    factors = {known.factor for unit, known in scale.conversions.items()
               if unit.casefold() == written.strip().casefold()}
    return bool(factors) and scale.conversions[code].factor not in factors
