"""Find what a medication resource is about: a concept of its own, or a Medication it refers to."""

from __future__ import annotations

from dataclasses import dataclass

from .document import Entry
from .element import Concept, objects, read_concept, text
from .notes import Notes
from .shelf import Shelf
from .subject import reference_from, reference_to
from .unread import may_be_read

MEDICATION = "Medication"


@dataclass(frozen=True)
class Medicines:
    """The Medication resources of an input; a reference is looked up among them only."""

    shelf: Shelf

    def of(self, entry: Entry, notes: Notes) -> Concept:
        """Return the concept of a medication resource; one that is not to be found is noted."""
        resource = entry.resource
        if "medicationCodeableConcept" in resource:
            return read_concept(resource["medicationCodeableConcept"])
        value = resource.get("medicationReference")
        if value is None:
            return Concept((), "")
        display = text(value.get("display")) if isinstance(value, dict) else ""
        found = self._contained(entry, value) or self._elsewhere(entry, value, notes)
        if found is None:
            notes.add("medication-not-found", entry.name,
                      f"the Medication that this {entry.kind} refers to is not in the document",
                      "send the Medication resource too, or a code in the resource itself")
            return Concept((), display)
        return found if found.codings or found.text else Concept((), display)

    def _contained(self, entry: Entry, value: object) -> Concept | None:
        written = text(value.get("reference")) if isinstance(value, dict) else ""
        if not written.startswith("#"):
            return None
        for resource in objects(entry.resource.get("contained")):
            if resource.get("resourceType") == MEDICATION and resource.get("id") == written[1:]:
                return read_concept(resource.get("code"))
        return None

    def _elsewhere(self, entry: Entry, value: object, notes: Notes) -> Concept | None:
        reference = reference_from(entry, value)
        if reference is None:
            return None
        found = list(self.shelf.find(reference, MEDICATION))
        exact = [e for e in found if reference_to(e).server == reference.server]
        if len(found) > 1:
            found = exact
        if len(found) != 1 or not may_be_read(found[0], notes):
            return None
        self.shelf.refer_to(found[0].position)
        return read_concept(found[0].resource.get("code"))
