"""Find the kind that a coded concept of a resource means, or note why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from ..knowledge import Graph
from ..mapping import Mappings
from ..namespaces import TYPE, local_name, marrow
from .document import Entry
from .element import Concept
from .notes import Notes, Severity

_LIST = marrow("AllergyList")
UNREAD = "judge it yourself; no conclusion here rests on it"


@dataclass(frozen=True)
class Kinds:
    """The look-up from concepts to kinds.

    Where ``knowledge`` is given, a kind of another sort than the resource needs is refused: a
    diagnosis cannot carry the code of a test.
    """

    mappings: Mappings
    knowledge: Graph | None
    notes: Notes

    def of(self, entry: Entry, field: str, concept: Concept, sort: str,
           severity: Severity = "warning") -> tuple[str, ...]:
        """Return the kinds a concept asserts; what it does not is noted.

        Args:
            entry: the resource.
            field: the element that holds the concept, for messages.
            concept: the concept; only the system and the code of its codings count.
            sort: the metaclass the kind has to have, such as ``ConditionKind``.
            severity: how much a concept that means nothing here matters.
        """
        found = self.look_up(concept)
        if not found:
            self._note_unmapped(entry, field, concept, severity)
            return ()
        return tuple(
            kind for kind in found if self._fits(entry, field, concept, kind, sort, severity)
        )

    def look_up(self, concept: Concept) -> tuple[str, ...]:
        """Return the kinds any coding of a concept asserts, without repeats, sorted."""
        return tuple(sorted({
            kind for c in concept.codings for kind in self.mappings.lookup(c.system, c.code)
        }))

    def allergens(self, concept: Concept) -> tuple[str, ...]:
        """Return what an allergy is to whose finding a coding of a concept names."""
        return tuple(sorted({
            kind for c in concept.codings for kind in self.mappings.allergens(c.system, c.code)
        }))

    def says_none(self, concept: Concept) -> bool:
        """Tell whether a concept says that a list has no entry."""
        return any(_LIST in self.mappings.near(c.system, c.code) for c in concept.codings)

    def _note_unmapped(self, entry: Entry, field: str, concept: Concept,
                       severity: Severity) -> None:
        near = sorted({
            kind for c in concept.codings for kind in self.mappings.near(c.system, c.code)
        })
        said = f"{entry.kind}.{field} {concept}"
        if not concept.codings:
            self.notes.add("no-code", entry.name, f"{entry.kind}.{field} has {concept}",
                           "send it with a code of a known code system", severity)
        elif near:
            names = " or ".join(self._label(kind) for kind in near)
            self.notes.add("code-only-near", entry.name,
                           f"{said} is near to {names} but does not say exactly that",
                           "record it with a code that says it exactly", severity)
        else:
            self.notes.add("code-not-mapped", entry.name, f"{said} is not known here", UNREAD,
                           severity)

    def _fits(self, entry: Entry, field: str, concept: Concept, kind: str, sort: str,
              severity: Severity) -> bool:
        if self.knowledge is None or marrow(sort) in self.knowledge.objects(kind, TYPE):
            return True
        if self.knowledge.objects(kind, TYPE):
            self.notes.add("code-of-another-sort", entry.name,
                           f"{entry.kind}.{field} {concept} means {self._label(kind)}, which "
                           f"{entry.kind} is not read for", UNREAD, severity)
        else:
            self.notes.add("term-not-defined", entry.name,
                           f"{entry.kind}.{field} {concept} is mapped to {local_name(kind)}, "
                           "which the ontology does not define", "define the term or unmap it")
        return False

    def _label(self, kind: str) -> str:
        return self.knowledge.label(kind) if self.knowledge else local_name(kind)
