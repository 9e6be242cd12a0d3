"""Make the record of a condition from an Observation whose answer is a code.

An answer counts only where the question is about the same thing: the code of the Observation has to
be mapped as related to a kind, and its value as meaning that kind. "Anemia" in answer to a question
about the family is no anemia of the patient.
"""

from __future__ import annotations

from ..quantity import canonical_literal
from .document import Entry
from .element import read_concept, text
from .records import Context, Record, date_fact, make_records, start_of

_SETTLED = ("amended", "corrected", "final")


def read_answer(entry: Entry, context: Context) -> list[Record] | None:
    """Return the condition records of a coded answer; None where it is no answer known here."""
    resource = entry.resource
    if "valueCodeableConcept" not in resource:
        return None
    mappings = context.kinds.mappings
    asked = {kind for coding in read_concept(resource.get("code")).codings
             for kind in mappings.near(coding.system, coding.code)}
    answer = read_concept(resource["valueCodeableConcept"])
    if asked.isdisjoint(context.kinds.look_up(answer)):
        return None
    kinds = tuple(kind for kind in context.kinds.of(entry, "valueCodeableConcept", answer,
                                                    "ConditionKind") if kind in asked)
    if text(resource.get("status")) not in _SETTLED:
        context.notes.add("not-final", entry.name, "the status of this answer is not final, so it "
                          "is not used", "send it again once it is final")
        return []
    field, when = start_of(resource, "effective")
    # What was so on a day counts from that day on, so that it can grow too old.
    dated = date_fact(entry, field, when, "onset", context.notes)
    if not dated:
        context.notes.add("no-date", entry.name, "this answer has no date; it is not used",
                          "send effectiveDateTime")
        return []
    facts = [("clinicalStatus", canonical_literal("active", None)),
             ("verificationStatus", canonical_literal("confirmed", None)), *dated]
    return make_records(entry, "ConditionRecord", kinds, facts, "$.valueCodeableConcept")
