"""Compile knowledge once, keep the compiled form by content hash, and run it over patients.

The static part of the ontology is closed by the same evaluator that runs patients, so a static
step of a proof is found the same way as any other.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import stat
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import cases, functions
from .errors import KnowledgeError
from .knowledge import Graph, Knowledge, Vocabulary, find_root, fingerprint, read_knowledge
from .namespaces import OWL, TYPE, iri, marrow
from .plan import Denial, PlannedRule, Program, Table
from .program import (
    TripleIndex,
    compile_rules,
    dynamic_keys,
    is_dynamic,
    schema_rules,
    unfold,
)
from .relaxation import Relaxation
from .result import Result
from .rule import Absence, Atom, Rule
from .site import Site, apply_site
from .tier import ARTICLE, EVERYTHING, article_alone

if TYPE_CHECKING:
    from . import columns

_log = logging.getLogger(__name__)
GATE_PREDICATES = frozenset(
    marrow(name)
    for name in ("ageInMonths", "ageInYears", "amount", "amountAtLeast", "amountAtMost",
                 "clockSecondsAgoAtLeast", "clockSecondsAgoAtMost", "closesInDays", "closesOn",
                 "countedFrom", "daysAgo", "diedDaysAgo", "endedDaysAgo", "ofInterval",
                 "opensInDays", "opensOn", "secondsAgoAtLeast", "secondsAgoAtMost",
                 "startedDaysAgo", "zonedSecondsAgo")
)
"""What the gate writes: what is computed from dates and values before any rule runs."""


@dataclass(frozen=True)
class Engine:
    """Compiled knowledge: the closed static graph and the program over patients.

    ``origins`` maps each inferred static fact to the rule and premises of one derivation;
    ``site`` is the digest of the site's decisions that are in force, or empty. Its representation
    leaves out its contents, which are tens of megabytes.
    """

    root: Path
    version: str
    fingerprint: str
    graph: Graph = field(repr=False)
    origins: dict[Atom, tuple[str, tuple[Atom, ...]]] = field(repr=False)
    program: Program = field(repr=False)
    vocabulary: Vocabulary = field(repr=False)
    evidence: str = EVERYTHING
    site: str = ""

    @cached_property
    def functions(self) -> functions.Evaluator:
        """The program, ready to run over one patient at a time."""
        return functions.Evaluator(self.program)

    @cached_property
    def columns(self) -> columns.Evaluator:
        """The program, ready to run over a block of patients."""
        from . import columns  # numpy is for blocks and for compiling; one patient does without

        return columns.Evaluator(self.program)

    @cached_property
    def relaxation(self) -> Relaxation:
        """The program with its absences granted, for what parts of a record would give."""
        return Relaxation(self.program)

    @cached_property
    def cases(self) -> cases.Evaluator:
        """The program, ready to run over many cases of one patient at once."""
        return cases.Evaluator(self.relaxation)

    def run(self, facts: Iterable[Atom]) -> Result:
        """Return everything that follows from one patient's gated facts."""
        return self.functions.run(facts)


def load_engine(root: Path | None = None, evidence: str = EVERYTHING,
                site: Site | None = None) -> Engine:
    """Return the engine of a knowledge folder, from the cache where its content is unchanged.

    Args:
        root: the knowledge folder; the shipped one by default.
        evidence: everything, or the article alone.
        site: what a site has decided, which has been checked against this knowledge.
    """
    root = root or find_root()
    return _load(root, fingerprint(root), evidence, site)


@lru_cache(maxsize=4)
def _load(root: Path, digest: str, evidence: str, site: Site | None) -> Engine:
    alone = evidence == ARTICLE
    name = digest + ("-article" if alone else "") + (f"-site-{site.digest}" if site else "")
    path = _cache_folder() / f"{name}.json"
    engine = _read_cache(path, root)
    if engine is None:
        _log.info("compiling the knowledge, which takes some seconds the first time")
        knowledge = read_knowledge(root)
        if site is not None:
            knowledge = apply_site(knowledge, site)
        engine = compile_knowledge(article_alone(knowledge) if alone else knowledge)
        _write_cache(path, engine)
    return replace(engine, evidence=evidence, site=site.digest if site else "")


def compile_knowledge(knowledge: Knowledge) -> Engine:
    """Close the static part of the knowledge and compile the rest into a program.

    Raises:
        KnowledgeError: a rule or axiom is outside what the engine evaluates.
    """
    triples = set(knowledge.graph.triples)
    rules = [rule for file in knowledge.rule_files for rule in file.rules]
    origins: dict[Atom, tuple[str, tuple[Atom, ...]]] = {}
    formal, schema = schema_rules(rules)
    triples |= _close(formal, triples, origins)
    rest = [rule for rule in rules if rule not in formal]
    vocabulary = knowledge.vocabulary
    predicates = (vocabulary.all_predicates | GATE_PREDICATES) - {TYPE}
    unfolded = unfold(rest, TripleIndex(triples), schema)
    dynamic = dynamic_keys(unfolded, predicates, vocabulary.classes)
    static = [r for r in unfolded if not any(is_dynamic(a, dynamic) for a in r.premises)]
    triples |= _close(static, triples, origins)
    stray = [t for t in triples if is_dynamic(t, dynamic)]
    if stray:
        raise KnowledgeError("patient-fact-in-ontology", where="ontology",
                             what=f"{stray[0]} says something that only a patient graph may say",
                             fix="remove it")
    kept = {o for s, p, o in triples if p == iri(OWL, "equivalentClass")}
    live = [r for r in unfolded if any(is_dynamic(a, dynamic) for a in r.premises)]
    program = compile_rules(live, TripleIndex(triples), dynamic, predicates, kept)
    return Engine(knowledge.root, knowledge.version, knowledge.fingerprint,
                  Graph(frozenset(triples)), origins, program, vocabulary)


def _close(rules: list[Rule], triples: set[Atom],
           origins: dict[Atom, tuple[str, tuple[Atom, ...]]]) -> set[Atom]:
    """Run static rules to a fixpoint, noting where each new fact came from."""
    index = TripleIndex(triples)
    every = {(TYPE, o) if p == TYPE else (p, None) for _, p, o in triples}
    every |= {
        (TYPE, o) if p == TYPE else (p, None) for r in rules for _, p, o in r.conclusions
    }
    needed = {a[1] for r in rules for a in r.premises}
    given = {p for _, p, _ in triples}
    program = compile_rules(rules, index, every, given, set())  # type: ignore[arg-type]
    from . import columns

    result = columns.Evaluator(program).run(t for t in triples if t[1] in needed)
    inferred: set[Atom] = set()
    for firing in result.firings:
        rule = firing.rule.rule
        for binding in firing.bindings():
            premises = tuple(_bind(a, binding) for a in (*rule.facts, *firing.rule.premises))
            for conclusion in rule.conclusions:
                fact = _bind(conclusion, binding)
                if fact not in triples and fact not in inferred:
                    inferred.add(fact)
                    origins[fact] = (rule.iri, premises)
    return inferred


def _bind(atom: Atom, binding: dict[str, str]) -> Atom:
    s, p, o = atom
    return (binding.get(s, s), p, binding.get(o, o))


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache") / "marrow"


def _write_cache(path: Path, engine: Engine) -> None:
    """Write the compiled knowledge beside the others; a cache that cannot be written is none."""
    content = json.dumps({
        "version": engine.version,
        "fingerprint": engine.fingerprint,
        "graph": sorted(engine.graph.triples),
        "origins": [[fact, *origin] for fact, origin in sorted(engine.origins.items())],
        "layers": _dump(engine.program),
        "vocabulary": {c: sorted(p) for c, p in engine.vocabulary.predicates.items()},
    }).encode()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_private(path.parent.stat()):
            path.parent.chmod(0o700)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            whole = Path(folder, path.name)
            with open(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(_seal(path, content) + content)
            os.replace(whole, path)
    except OSError:
        return


def _read_cache(path: Path, root: Path) -> Engine | None:
    try:
        content = _read_private(path)
        seal = _seal(path, content[_SEALED:])
        if content[:_SEALED] != seal:
            return None
        return _engine_of(json.loads(content[_SEALED:]), root)
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return None


_SEALED = 64


def _seal(path: Path, content: bytes) -> bytes:
    """Return what a cache begins with: it is whole, and it was written under this very name.

    The name says which knowledge, evidence and site it is of; another of the same folder must not
    stand in for it.
    """
    return hashlib.sha256(path.name.encode() + b"\n" + content).hexdigest().encode()


def _read_private(path: Path) -> bytes:
    """Return the bytes of a file that nobody but this user can have put there.

    What others can write must not decide what is recommended.

    Raises:
        OSError: it is not there, is a link or no file, or others can write it or its folder.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not (stat.S_ISREG(found.st_mode) and _is_private(found)
                and _is_private(os.lstat(path.parent))):
            raise PermissionError(path.name)
        return file.read()


def _is_private(found: os.stat_result) -> bool:
    return found.st_uid == os.getuid() and not found.st_mode & 0o022


def _engine_of(content: dict[str, Any], root: Path) -> Engine:
    origins = {
        tuple(fact): (rule, tuple(tuple(p) for p in premises))
        for fact, rule, premises in content["origins"]
    }
    vocabulary = Vocabulary({c: frozenset(p) for c, p in content["vocabulary"].items()})
    graph = Graph(frozenset(tuple(t) for t in content["graph"]))
    return Engine(root, content["version"], content["fingerprint"], graph, origins,
                  _restore(content["layers"]), vocabulary)


def _dump(program: Program) -> dict[str, Any]:
    """Return a program as plain lists: atoms and rules once, the layers as their numbers."""
    rules: dict[int, tuple[int, PlannedRule]] = {}
    for plan in program.rules:
        rules.setdefault(id(plan), (len(rules), plan))
    atoms: dict[Atom, int] = {}

    def numbers(some: Iterable[Atom]) -> list[int]:
        return [atoms.setdefault(atom, len(atoms)) for atom in some]

    def table(t: Table) -> list[Any]:
        return [t.variables, t.rows, numbers(t.atoms)]

    dumped = [
        [
            [r.name, r.branch, r.layer, numbers(r.premises), numbers(r.conclusions), r.filters,
             [[numbers(a.atoms), a.filters] for a in r.absences], numbers(r.facts), r.asks],
            numbers(plan.premises),
            table(plan.table),
            [[numbers(d.atoms), d.filters, table(d.table)] for d in plan.denials],
            numbers(plan.guards),
        ]
        for _, plan in rules.values()
        for r in (plan.rule,)
    ]
    return {
        "atoms": list(atoms),
        "rules": dumped,
        "layers": [[rules[id(plan)][0] for plan in layer] for layer in program.layers],
    }


def _restore(content: dict[str, Any]) -> Program:
    known: list[Atom] = [(s, p, o) for s, p, o in content["atoms"]]

    def atoms(numbers: list[int]) -> tuple[Atom, ...]:
        return tuple([known[n] for n in numbers])

    def deep(value: Any) -> Any:
        return tuple([deep(v) for v in value]) if isinstance(value, list) else value

    def table(value: list[Any]) -> Table:
        variables, rows, pattern = value
        return Table(tuple(variables), tuple([tuple(row) for row in rows]), atoms(pattern))

    plans = []
    for rule, premises, static, denials, guards in content["rules"]:
        name, branch, layer, body, heads, filters, absences, facts, asks = rule
        plans.append(PlannedRule(
            Rule(name, branch, layer, atoms(body), atoms(heads), deep(filters),
                 tuple([Absence(atoms(a), deep(f)) for a, f in absences]), atoms(facts), asks),
            atoms(premises), table(static),
            tuple([Denial(atoms(a), deep(f), table(t)) for a, f, t in denials]),
            atoms(guards),
        ))
    return Program(tuple(tuple(plans[n] for n in layer) for layer in content["layers"]))
