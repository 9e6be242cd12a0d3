"""How one audience is spoken to: the sentence its author wrote, or one it is inherited from.

A patient's sentence for a statement is, first that there is: the one of its criterion or row with
the slots filled from what the step read; the one of the row the criterion leads to; the one of the
relation it concludes; the generic one of its modality or class. So a new criterion or row is never
without a sentence, and the checks list those that still use the generic one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ..assessment import Assessment
from ..criterion import leaves, members_of
from ..errors import UsageError
from ..explanation.steps import Step
from ..knowledge import Graph
from ..namespaces import LABEL, OWL, RULE, SUBCLASS, TYPE, iri, marrow
from ..quantity import canonical_decimal, canonical_literal, literal_parts, text_of
from ..rule import Atom
from ..scale import read_scales

CLINICIAN, EDUCATOR, PATIENT = "clinician", "educator", "patient"
LANGUAGE = "en"
"""The language that everything is written in first, and that others fall back to."""

_SLOT = re.compile(r"\{([A-Za-z]+)\}")
_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August",
           "September", "October", "November", "December")
_CONCLUSIONS = ("has", "ruledOut", "suspectedOf")


@dataclass(frozen=True)
class Listener:
    """Whom an answer is for: an audience by its code, and a language by its tag."""

    audience: str = CLINICIAN
    language: str = LANGUAGE


def audiences_of(graph: Graph) -> list[str]:
    """Return the codes of the audiences that the ontology names, sorted."""
    return sorted(graph.text(a, marrow("code")) or ""
                  for a in graph.subjects(TYPE, marrow("Audience")))


def listener_of(graph: Graph, audience: str, language: str) -> Listener:
    """Return the listener that a caller names.

    Raises:
        UsageError: there is no such audience, or the language is no language tag.
    """
    known = audiences_of(graph)
    if audience not in known:
        raise UsageError("no-such-audience", what=f"{audience[:40]!r} is no audience",
                         fix=f"take one of {', '.join(known)}")
    if not _TAG.fullmatch(language):
        raise UsageError("not-a-language", what=f"{language[:40]!r} is no language tag",
                         fix="write it as en, or as pt-BR")
    return Listener(audience, language.lower())


class Voice:
    """Says statements about one patient to one listener, and notes which words it used.

    ``named`` are the kinds whose plain names were said; ``borrowed`` are the texts that the
    listener's language does not have and that were said in English.
    """

    def __init__(self, assessment: Assessment, listener: Listener) -> None:
        self.assessment = assessment
        self.graph = assessment.graph
        self.listener = listener
        self.named: dict[str, None] = {}
        self.borrowed: set[tuple[str, str]] = set()

    def text(self, term: str, predicate: str) -> str | None:
        """Return a text of a term in the listener's language, else in English."""
        found: dict[str, str] = {}
        for literal in self.graph.objects(term, predicate):
            lexical, _, language = literal_parts(literal)
            found.setdefault((language or LANGUAGE).lower(), lexical)
        if self.listener.language in found:
            return found[self.listener.language]
        if found:
            self.borrowed.add((term, predicate))
        return found.get(LANGUAGE)

    def own(self, term: str) -> str | None:
        """Return the template of a term for this audience, if its author wrote one."""
        return self.text(term, marrow(f"{self.listener.audience}Sentence"))

    def phrase(self, name: str, **slots: str) -> str:
        """Return a phrase with its slots filled."""
        return fill(self.own(marrow(name)) or "", slots) or ""

    def words(self, name: str, **slots: str) -> str:
        """Return a phrase that stands in the middle of a sentence."""
        return _filled(self.own(marrow(name)) or "", slots) or ""

    def is_unnamed(self, kind: str) -> bool:
        """Tell whether a kind is one that is not named to this audience."""
        return self.listener.audience == PATIENT and any(
            self.graph.object(k, marrow("notNamedToPatients")) for k in self._upwards(kind))

    def name(self, kind: str) -> str:
        """Return how a kind is called for this audience."""
        if kind == self.assessment.patient.patient:
            return ""
        if kind.startswith('"'):
            return text_of(kind)
        window = self.assessment.wording.of_window(kind)
        if window and self.listener.audience == PATIENT:
            days = dict.fromkeys(self.day(text_of(window[marrow(name)]))
                                 for name in ("opensOn", "closesOn") if marrow(name) in window)
            first, *rest = days
            return self.words("SayFromTo", first=first, last=rest[0]) if rest else first
        if window:
            return self.assessment.wording.name(kind)
        if self.listener.audience != PATIENT:
            return self.text(kind, LABEL) or self.graph.label(kind)
        if self.is_unnamed(kind):
            return self.words("SayUnnamed")
        for wide in self._upwards(kind):
            plain = self.text(wide, marrow("plainName"))
            if plain:
                self.named[kind] = None
                return plain
        sorts = self.graph.objects(kind, TYPE)
        general = {wide for sort in sorts for wide in self.graph.objects(sort, SUBCLASS)}
        for sort in sorted(sorts, key=general.__contains__):
            plain = self.text(sort, marrow("plainName"))
            if plain:
                return plain
        return self.words("SayUnnamed")

    def names(self, kinds: Iterable[str]) -> str:
        """Return several kinds as one list, each name once, what is not named left to the end."""
        ordered = sorted(dict.fromkeys(kinds), key=self.is_unnamed)
        said = list(dict.fromkeys(self.name(k) for k in ordered))
        if len(said) < 2:
            return "".join(said)
        return self.words("SayAnd", first=", ".join(said[:-1]), last=said[-1])

    def gloss(self, kind: str) -> str | None:
        """Return what a kind means, its own gloss or that of the kind above it."""
        for wide in self._upwards(kind):
            found = self.text(wide, marrow("gloss"))
            if found:
                return found
        return None

    def _upwards(self, kind: str) -> list[str]:
        """Return a kind and those above it, the nearest first."""
        found: dict[str, None] = {kind: None}
        waiting = [kind]
        while waiting:
            above = sorted(set(self.graph.objects(waiting.pop(0), SUBCLASS)) - found.keys())
            found.update(dict.fromkeys(above))
            waiting += above
        return list(found)

    def relation(self, name: str, *kinds: str) -> str:
        """Return what a relation says of some kinds."""
        return fill(self.own(marrow(name)) or "", {"object": self.names(kinds)}) or ""

    def row(self, row: str) -> str:
        """Return what a row of guidance says, its own sentence or the generic one."""
        own = self.own(row)
        if own:
            return fill(own, {}) or ""
        kinds = [k for p in ("intervention", "item") for k in self.graph.objects(row, marrow(p))]
        sorts = [*self.graph.objects(row, marrow("modality")), *self.graph.objects(row, TYPE)]
        return next((said for s in sorts
                     if (said := fill(self.own(s) or "", {"object": self.names(kinds)}))), "")

    def link(self, link: str) -> str:
        """Return what a causal link says, its own sentence or the generic one."""
        slots = {role: self.name(self.graph.object(link, marrow(role)) or "")
                 for role in ("cause", "effect")}
        return fill(self.own(link) or self.own(marrow("CausalLink")) or "", slots) or ""

    def step(self, step: Step) -> str:
        """Return a step of a proof as a sentence, empty if it says nothing to this audience."""
        _, p, o = step.fact
        if p == TYPE:
            return self.criterion(step)
        if p == marrow("meets"):
            return self.row(o)
        rule = self.own(f"<{RULE}{step.rule}>")
        if rule:
            said = fill(rule, {v.lstrip("?"): self.term(t) for v, t in step.bindings})
            if said:
                return said
        sorts = self.graph.objects(o, TYPE)
        about = self.link(o) if marrow("CausalLink") in sorts \
            else self.row(o) if self.graph.object(o, marrow("provenance")) else self.name(o)
        return fill(self.own(p) or "", {"object": about}) or ""

    def term(self, term: str) -> str:
        """Return how what a rule variable stood for reads."""
        if self.assessment.wording.is_record(term):
            return self.record(term)
        return self.name(term)

    def criterion(self, step: Step) -> str:
        """Return what meeting a criterion means, with the result it was read from."""
        criterion = step.fact[2]
        slots = self.result(step.nodes, criterion)
        own = fill(self.own(criterion) or "", slots)
        if own:
            return own
        on, value_of = iri(OWL, "onProperty"), iri(OWL, "hasValue")
        concluded = [(self.graph.object(e, on), self.graph.object(e, value_of))
                     for e in self.graph.objects(criterion, SUBCLASS)]
        for relation, value in concluded:
            if relation == marrow("meets") and value:
                return self.row(value)
        for name in _CONCLUSIONS:
            kinds = [v for r, v in concluded if r == marrow(name) and v]
            if kinds:
                result = self.text(marrow(name), marrow(f"{self.listener.audience}ResultSentence"))
                about = {"object": self.names(kinds)}
                return fill(result or "", {**slots, **about}) \
                    or fill(self.own(marrow(name)) or "", about) or ""
        return fill(self.own(TYPE) or "", {}) or ""

    def conclusion(self, steps: list[Step]) -> str:
        """Return what a proof concludes, in the words of the criterion that concludes it."""
        last = steps[-1]
        for number in last.premises:
            step = steps[number - 1]
            if step.fact[1] == TYPE and len(last.premises) == 1:
                said = self.criterion(step)
                if said:
                    return said
        return self.step(last)

    def result(self, nodes: Iterable[str], criterion: str = "") -> dict[str, str]:
        """Return the slots of the one result among some records; none if there are more."""
        found = [n for n in nodes if self._about(n).get(TYPE) == marrow("Observation")]
        if len(found) != 1:
            return {}
        about = self._about(found[0])
        kind, unit = about.get(marrow("kind"), ""), _plain(about.get(marrow("unit")))
        amount = " ".join(p for p in (_plain(about.get(marrow("comparator"))),
                                      _plain(about.get(marrow("value")))) if p)
        slots = {"measurement": self.name(kind), "value": amount, "unit": self.unit(unit),
                 "date": self.day(_plain(about.get(marrow("date"))))}
        limit = self._limit(criterion, kind, unit) if criterion else ""
        return {**slots, "threshold": limit} if limit else slots

    def _limit(self, criterion: str, kind: str, unit: str) -> str:
        """Return the one bound that a criterion sets on a kind, in the unit that was written."""
        bounds = {(m.threshold.limit, m.threshold.unit)
                  for m in leaves(members_of(self.assessment, criterion))
                  if m.kind == kind and m.threshold and m.threshold.limit}
        if len(bounds) != 1:
            return ""
        limit, canonical = bounds.pop()
        scale = read_scales(self.graph).get(kind)
        conversion = scale.conversions.get(unit) if scale else None
        if conversion is not None:
            exact = Decimal(limit) / conversion.factor
            rounded = round(exact, 2)
            if rounded == exact:
                return f"{canonical_decimal(rounded)} {self.unit(unit)}"
        return f"{limit} {self.unit(canonical)}"

    def unit(self, code: str) -> str:
        """Return how a unit reads for this audience: by its name, else as its code."""
        for named in self.graph.subjects(marrow("ofUnit"), canonical_literal(code, None)):
            if text := self.text(named, marrow(f"{self.listener.audience}Unit")):
                return text
        return code

    def record(self, node: str) -> str:
        """Return what a record says, without anything that was written freely into it."""
        about = self._about(node)
        kind = about.get(marrow("kind"), "")
        slots = self.result([node])
        if slots:
            return self.phrase("SayResult", **slots)
        said = self.own(about.get(TYPE, "")) or ""
        return fill(said, {"object": self.name(kind)}) or ""

    def _about(self, node: str) -> dict[str, str]:
        return {p: o for s, p, o in self.assessment.patient.facts if s == node}

    def day(self, text: str) -> str:
        """Return a date as it is read aloud in English, or as it is written elsewhere."""
        try:
            day = date.fromisoformat(text[:10])
        except ValueError:
            return text[:10]
        if self.listener.language.split("-")[0] != LANGUAGE:
            return day.isoformat()
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"

    def fact(self, relation: str, value: str) -> Atom:
        """Return the statement that relates the patient to something."""
        return self.assessment.fact(relation, value)


def fill(template: str, slots: dict[str, str]) -> str | None:
    """Return a template with its slots filled and its first letter a capital.

    Returns:
        None where there is no template, or a slot that nothing fills.
    """
    said = _filled(template, slots)
    return said[:1].upper() + said[1:] if said else None


def _filled(template: str, slots: dict[str, str]) -> str | None:
    if not template or any(not slots.get(name) for name in _SLOT.findall(template)):
        return None
    return _SLOT.sub(lambda m: slots[m.group(1)], template)


def _plain(term: str | None) -> str:
    return text_of(term) if term else ""
