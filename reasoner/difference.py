"""Say how two versions of the knowledge differ, and which differences a proof rests on.

Terms are compared by what is said of them, rules and other files by their text. A conclusion that
only one of the two versions reaches is traced to the terms and rules that its proof uses and that
the other version lacks or defines otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from .assessment import Assessment
from .engine import Engine
from .knowledge import FOLDERS, Graph, Knowledge
from .namespaces import (
    DEFINITION,
    EQUIVALENT,
    EXPRESSION,
    LABEL,
    MARROW,
    OWL,
    RDFS,
    RULE,
    SUBCLASS,
    TYPE,
    iri,
    local_name,
    marrow,
)
from .proof import Proof
from .quantity import text_of
from .rule import Atom, is_variable
from .threshold import threshold_of

Sort = Literal["added", "removed", "changed"]
_RELATIONS = {LABEL: "label", DEFINITION: "definition", EQUIVALENT: "asks for",
              SUBCLASS: "concludes"}


@dataclass(frozen=True)
class TermChange:
    """One term, rule or file that two versions do not have in common.

    ``sort`` is what kind of thing it is, in plain words; ``details`` say what differs.
    """

    name: str
    label: str
    sort: str
    what: Sort
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Version:
    """One version of the knowledge: as it was written, and compiled."""

    name: str
    knowledge: Knowledge
    engine: Engine

    @cached_property
    def terms(self) -> dict[str, frozenset[tuple[str, str]]]:
        """What is said of each named term."""
        found: dict[str, set[tuple[str, str]]] = {}
        for s, p, o in self.knowledge.graph.triples:
            if s.startswith(f"<{MARROW}") and not s.startswith(f"<{EXPRESSION}"):
                found.setdefault(s, set()).add((p, o))
        return {term: frozenset(said) for term, said in found.items()}

    @cached_property
    def rules(self) -> dict[str, str]:
        """The text of each rule file, by its name."""
        return {file.name: file.text for file in self.knowledge.rule_files}

    @cached_property
    def files(self) -> dict[str, bytes]:
        """The content of every other file that answers depend on."""
        root = self.knowledge.root
        return {
            path.relative_to(root).as_posix(): path.read_bytes()
            for folder in FOLDERS for path in sorted((root / folder).rglob("*"))
            if path.is_file() and path.parent.name not in ("rules", "entailment")
            and (folder != "ontology" or path.suffix != ".ttl")
        }


def changed_terms(old: Version, new: Version) -> dict[str, TermChange]:
    """Return what differs between two versions, by the name of the term, rule or file."""
    found = {}
    for term in sorted(old.terms.keys() | new.terms.keys()):
        was, now = old.terms.get(term, frozenset()), new.terms.get(term, frozenset())
        if was != now:
            graph = (new if now else old).knowledge.graph
            details = _details(old.knowledge.graph, new.knowledge.graph, term, was, now) \
                if was and now else ()
            found[term] = TermChange(local_name(term), graph.label(term), _sort(graph, term),
                                     _what(was, now), tuple(details))
    for name in sorted(old.rules.keys() | new.rules.keys()):
        before, after = old.rules.get(name, ""), new.rules.get(name, "")
        if before != after:
            title = next(f.header["title"] for v in (new, old) for f in v.knowledge.rule_files
                         if f.name == name)
            found[iri(RULE, name)] = TermChange(name, title, "rule", _what(before, after))
    for name in sorted(old.files.keys() | new.files.keys()):
        held, holds = old.files.get(name, b""), new.files.get(name, b"")
        if held != holds:
            found[name] = TermChange(name, name, "file", _what(held, holds))
    return found


def _what(was: object, now: object) -> Sort:
    return "changed" if was and now else "added" if now else "removed"


def _sort(graph: Graph, term: str) -> str:
    types = graph.objects(term, TYPE)
    if iri(RDFS, "Datatype") in types:
        return "threshold"
    named = [graph.label(t) for t in types if t.startswith(f"<{MARROW}")]
    return " and ".join(named) or "term"


def _details(old: Graph, new: Graph, term: str, was: frozenset[tuple[str, str]],
             now: frozenset[tuple[str, str]]) -> Iterator[str]:
    """Yield for each relation of a term what is said of it no more and what is said anew."""
    if iri(RDFS, "Datatype") in new.objects(term, TYPE):
        before, after = threshold_of(old, term), threshold_of(new, term)
        if before != after:
            yield f"{before.sign} {before.limit} {before.unit} -> " \
                  f"{after.sign} {after.limit} {after.unit}"
        was, now = (frozenset(x for x in said if x[0] != EQUIVALENT) for said in (was, now))
    for predicate in sorted({p for p, _ in was ^ now}):
        name = _RELATIONS.get(predicate) or new.label(predicate)
        gone = [part for p, o in sorted(was - now) if p == predicate for part in _parts(old, o)]
        come = [part for p, o in sorted(now - was) if p == predicate for part in _parts(new, o)]
        lost, gained = ([x for x in a if x not in b] for a, b in ((gone, come), (come, gone)))
        if lost or gained:
            yield f"{name}: {'; '.join(lost) or 'nothing'} -> {'; '.join(gained) or 'nothing'}"


def _parts(graph: Graph, node: str) -> list[str]:
    """Return a value, or each condition of a class expression, in words."""
    if node.startswith('"'):
        return [text_of(node)]
    for join, word in (("intersectionOf", ""), ("unionOf", "any of ")):
        members = graph.members(graph.object(node, iri(OWL, join)) or "")
        if members:
            parts = [part for member in members for part in _parts(graph, member)]
            return [f"{word}({'; '.join(parts)})"] if word else parts
    relation = graph.object(node, iri(OWL, "onProperty"))
    if relation is None:
        return [graph.label(node)]
    value = graph.object(node, iri(OWL, "hasValue")) \
        or graph.object(node, iri(OWL, "someValuesFrom")) or ""
    if iri(RDFS, "Datatype") in graph.objects(value, TYPE):
        return [f"{graph.label(relation)} {threshold_of(graph, value).name}"]
    return [f"{graph.label(relation)} {'; '.join(_parts(graph, value))}"]


def reasons(mine: Assessment, other: Assessment, fact: Atom, changes: dict[str, TermChange]) \
        -> list[str]:
    """Return the changed terms and rules that a conclusion of one version rests on.

    Where the proof uses nothing that the other version lacks, what it says is absent is looked for
    there, and what put it there is the reason.
    """
    proof = mine.prove(fact)
    if proof is None:
        return []
    found = _used(proof, mine.graph, changes)
    if not found:
        for blocking in _present(proof, other):
            shown = other.prove(blocking)
            found |= dict.fromkeys(_used(shown, other.graph, changes) if shown else ())
    return list(found)


def _used(proof: Proof, graph: Graph, changes: dict[str, TermChange]) -> dict[str, None]:
    """Return the changed terms among the statements and rules of a proof, in its order."""
    found: dict[str, None] = {}
    for step in proof.steps:
        if step.rule in changes:
            found[step.rule] = None
        for premise in step.premises:
            if proof.leaves.get(premise) != "knowledge":
                continue
            for term in (premise[0], *(() if premise[1] == TYPE else (premise[2],))):
                if term in changes and _is_said(graph, term):
                    found[term] = None
    return found


def _is_said(graph: Graph, term: str) -> bool:
    """Tell whether a term is more than a relation of the vocabulary."""
    return not any(t.startswith(f"<{OWL}") and t.endswith("Property>")
                   for t in graph.objects(term, TYPE))


def _present(proof: Proof, other: Assessment) -> Iterator[Atom]:
    """Yield the statements of the other version that a proof takes to be absent."""
    patient = proof.conclusion[0]
    for step in proof.steps:
        for pattern in step.absences:
            for s, p, o in pattern:
                if s != patient or p == marrow("kind"):
                    continue
                if not is_variable(o):
                    if (s, p, o) in other.facts:
                        yield (s, p, o)
                else:
                    yield from ((s, p, x) for x in other.related(local_name(p)))
