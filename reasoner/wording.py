"""Turn statements and records into sentences, with the words the ontology gives.

No sentence about a patient is made up in code: templates, labels and units all come from the
knowledge files; a relation without a template is read as subject, label, object.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from .gate import GatedPatient
from .knowledge import Graph
from .namespaces import MARROW, TYPE, marrow
from .quantity import one_line, text_of
from .rule import Atom

SENTENCE = marrow("sentence")
NOTICE = marrow("notice")
ASKED_AS = marrow("askedAs")
_SAID_BY_THEMSELVES = (TYPE, marrow("meets"))
"""The relations whose object, a criterion or a row, can have a sentence of its own."""


@dataclass(frozen=True)
class Wording:
    """Sentences for one patient, from the labels and templates of the ontology."""

    graph: Graph
    patient: GatedPatient

    def notice(self) -> str:
        """Return the sentence that every output carries."""
        return notice_of(self.graph)

    def name(self, term: str) -> str:
        """Return how a term reads: its value, its label, or what its record says."""
        if term == self.patient.patient:
            return "the patient"
        if term.startswith('"'):
            return text_of(term)
        window = self.of_window(term)
        if window:
            days = dict.fromkeys(text_of(window[marrow(name)]) for name in ("opensOn", "closesOn")
                                 if marrow(name) in window)
            return f"{self.graph.label(window[marrow('ofInterval')])}, {' to '.join(days)}"
        return self.record(term) if self.is_record(term) else self.graph.label(term)

    def asked(self, term: str) -> str:
        """Return how a term reads where it is asked for: as it or its sort is asked, or by name."""
        forms = [f for said_of in (term, *self.graph.objects(term, TYPE))
                 if (f := self.graph.text(said_of, ASKED_AS))]
        return forms[0].replace("{object}", self.name(term)) if forms else self.name(term)

    def of_window(self, term: str) -> dict[str, str]:
        """Return what the gate says of a window; nothing for any other term."""
        return self._windows.get(term, {})

    @cached_property
    def _windows(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {
            s: {} for s, p, _ in self.patient.origins if p == marrow("ofInterval")}
        for s, p, o in self.patient.origins:
            if s in found:
                found[s][p] = o
        return found

    def sentence(self, fact: Atom) -> str:
        """Return a statement as a sentence without its full stop."""
        s, p, o = fact
        own = self.graph.text(o, SENTENCE) if p in _SAID_BY_THEMSELVES else None
        template = own or self.graph.text(p, SENTENCE)
        if template is None:
            return f"{self.name(s)} {self.graph.label(p)} {self.name(o)}"
        return template.replace("{subject}", self.name(s)).replace("{object}", self.name(o))

    def is_record(self, term: str) -> bool:
        """Tell whether a term is one of the patient's records."""
        return term in self._records

    @cached_property
    def _records(self) -> frozenset[str]:
        return records_of(self.patient)

    def record(self, node: str) -> str:
        """Return what a record says, as it was written, with its date and source."""
        about = self._about.get(node, {})

        def get(local: str) -> str | None:
            found = about.get(marrow(local))
            return text_of(found) if found else None

        kind = about.get(marrow("kind"))
        parts = [self.name(kind)] if kind else []
        if get("recordedName"):
            parts.append(f"written as '{get('recordedName')}'")
        if get("value") is not None:
            parts.append(" ".join(
                part for part in (get("comparator"), get("value"), get("unit")) if part
            ))
        for local in ("clinicalStatus", "verificationStatus", "status", "adherence"):
            text = get(local)
            if text and not (local == "status" and text in ("final", "completed")):
                parts.append(text.replace("-", " "))
        for local, word in (("onset", "since"), ("start", "since"), ("abatement", "until"),
                            ("end", "until"), ("date", "on")):
            if get(local):
                parts.append(f"{word} {(get(local) or '')[:10]}")
        source = get("recordSource")
        what = self.graph.label(about[TYPE]) if TYPE in about else "record"
        said = ": " + ", ".join(parts) if parts else ""
        return one_line(what + said + (f" [{source}]" if source else ""))

    @cached_property
    def _about(self) -> dict[str, dict[str, str]]:
        """What each node of the patient says; of several values of one relation, one."""
        found: dict[str, dict[str, str]] = {}
        for s, p, o in sorted(self.patient.facts):
            found.setdefault(s, {}).setdefault(p, o)
        return found


def notice_of(graph: Graph) -> str:
    """Return the sentence that every output carries."""
    return graph.text(f"<{MARROW}>", NOTICE) or ""


def records_of(patient: GatedPatient) -> frozenset[str]:
    """Return the record nodes of a patient."""
    return frozenset(
        o for s, p, o in patient.facts if s == patient.patient and o.startswith("<")
        and p not in (TYPE, marrow("sex"))
    )
