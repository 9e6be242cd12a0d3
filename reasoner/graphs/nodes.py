"""The graph of one answer: nodes named by their content, so that equal answers are equal graphs.

A node's name is made from what is said of it, and what it points to is named first: two runs write
the same triples, and whoever changes one of them has a graph under a wrong name.

Sources: PROV-O (prov:Entity, prov:wasDerivedFrom); the Explanation Ontology 2.0 for the sorts of
explanation (its ``scientificExplanation`` is written in small letters there).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal

from ..assessment import Assessment
from ..namespaces import DATE, EO, INTEGER, MARROW, PROV, TYPE, XSD, iri, marrow
from ..proof import Quad, proof_quads
from ..quantity import escape
from ..rule import Atom

Said = tuple[str, str | None]
"""A predicate and a term; None where there is nothing to say."""

Explanation = Literal["ContrastiveExplanation", "CounterfactualExplanation",
                      "RationaleExplanation", "scientificExplanation"]


def text(said: str | None) -> str | None:
    """Return a text as a term, or None for None or an empty one."""
    return f'"{escape(said)}"' if said else None


def number(value: int) -> str:
    """Return a whole number as a term."""
    return f'"{value}"^^<{INTEGER}>'


def truth(value: bool) -> str:
    """Return a truth value as a term."""
    return f'"{str(value).lower()}"^^<{XSD}boolean>'


def name(local: str | None) -> str | None:
    """Return a local name as a term, or None for None or an empty one."""
    return marrow(local) if local else None


class AnswerGraph:
    """One answer as it is put together: its parts first, then the answer itself."""

    def __init__(self, assessment: Assessment) -> None:
        self._assessment = assessment
        self._triples: dict[Atom, None] = {}
        self._proofs: dict[str, list[Quad]] = {}

    def part(self, *said: Said) -> str:
        """Add a part of the answer and return the node that stands for it."""
        return self._node("answer/part", said)

    def proved(self, fact: Atom) -> str | None:
        """Return the name of the proof of a statement, whose graph goes with the answer."""
        proof = self._assessment.prove(fact)
        if proof is None:
            return None
        self._proofs.setdefault(proof.iri, proof_quads(proof))
        return proof.iri

    def close(self, sort: str, explanation: Explanation, *said: Said) -> list[Quad]:
        """Return the quads of the answer and of the proofs it points to, sorted.

        Args:
            sort: the class of the answer.
            explanation: the sort of explanation it is.
            said: what is said of the answer itself.
        """
        patient = self._assessment.patient
        answer = self._node("answer", [
            (TYPE, marrow(sort)), (TYPE, iri(EO, explanation)), (TYPE, iri(PROV, "Entity")),
            (marrow("aboutPatient"), patient.patient),
            (marrow("asOf"), f'"{patient.as_of}"^^<{DATE}>'),
            *((iri(PROV, "wasDerivedFrom"), proof) for proof in sorted(self._proofs)),
            *said,
        ])
        quads = {(*triple, answer) for triple in self._triples}
        return sorted(quads.union(*self._proofs.values()))

    def _node(self, where: str, said: Iterable[Said]) -> str:
        stated = sorted({(p, o) for p, o in said if o is not None})
        digest = hashlib.sha256(repr(stated).encode()).hexdigest()[:20]
        node = f"<{MARROW}{where}/{digest}>"
        self._triples.update(dict.fromkeys((node, p, o) for p, o in stated))
        return node


def source_said(row: dict[str, str | None]) -> list[Said]:
    """Return what an answer says of a source statement: its grade, its check and its citation."""
    return [
        (marrow("readSource"), f"<{row['iri']}>"),
        (marrow("says"), text(row["label"])),
        (marrow("saidModality"), text(row.get("modality"))),
        (marrow("saidCertainty"), text(row.get("certainty"))),
        (marrow("saidProvenance"), text(row["provenance"])),
        (marrow("saidReview"), text(row["reviewStatus"])),
        ("<http://purl.org/dc/terms/bibliographicCitation>", text(row["citation"])),
    ]
