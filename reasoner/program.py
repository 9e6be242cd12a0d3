"""Compile knowledge into the program that runs over patients.

What is static is settled here, once: class expressions and thresholds are unfolded into rules
with constants, the remaining static premises of a rule become one joined table, and what no
rule can ever need is dropped. The layers that the rule files declare become the strata, and a
check makes sure that nothing is denied before it is complete.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from dataclasses import replace

from .expression import holds
from .guard import guard_rules
from .namespaces import EXPRESSION, OWL, RDF, RDFS, TYPE, XSD
from .plan import Denial, Key, PlannedRule, Program, Table, heads_of, key_of
from .rule import (
    Absence,
    Atom,
    Rule,
    expression_variables,
    is_variable,
    substitute_rule,
    variables_of,
)
from .strata import refuse, stratify

SCHEMA = tuple(f"<{namespace}" for namespace in (OWL, RDF, RDFS, XSD))


class TripleIndex:
    """Matches patterns against a fixed set of triples."""

    def __init__(self, triples: Iterable[Atom]) -> None:
        self._p: dict[str, list[Atom]] = defaultdict(list)
        self._ps: dict[tuple[str, str], list[Atom]] = defaultdict(list)
        self._po: dict[tuple[str, str], list[Atom]] = defaultdict(list)
        for triple in sorted(triples):
            s, p, o = triple
            self._p[p].append(triple)
            self._ps[p, s].append(triple)
            self._po[p, o].append(triple)

    def candidates(self, atom: Atom) -> list[Atom]:
        """Return the triples that can match an atom whose predicate is constant."""
        s, p, o = atom
        if not is_variable(s):
            return self._ps.get((p, s), [])
        if not is_variable(o):
            return self._po.get((p, o), [])
        return self._p.get(p, [])

    def join(self, atoms: tuple[Atom, ...]) -> Iterator[dict[str, str]]:
        """Yield every binding of the variables of some atoms that the triples satisfy."""
        yield from self._join(list(atoms), {})

    def _join(self, atoms: list[Atom], binding: dict[str, str]) -> Iterator[dict[str, str]]:
        if not atoms:
            yield dict(binding)
            return
        bound = [
            tuple(binding.get(term, term) for term in atom) for atom in atoms
        ]
        ready = [i for i, atom in enumerate(bound) if not is_variable(atom[1])]
        best = min(ready, key=lambda i: len(self.candidates(bound[i])))  # type: ignore[arg-type]
        pattern = bound[best]
        rest = atoms[:best] + atoms[best + 1 :]
        for triple in self.candidates(pattern):  # type: ignore[arg-type]
            extra = dict(binding)
            if all(
                extra.setdefault(want, have) == have if is_variable(want) else want == have
                for want, have in zip(pattern, triple, strict=True)
            ):
                yield from self._join(rest, extra)


def is_schema(atom: Atom, schema: set[str]) -> bool:
    """Tell whether an atom is about the form of the ontology itself."""
    _, p, o = atom
    if p == TYPE:
        return o.startswith(SCHEMA)
    return p.startswith(SCHEMA) or p in schema


def unfold(rules: Iterable[Rule], index: TripleIndex, schema: set[str]) -> list[Rule]:
    """Match the schema premises of each rule, giving one rule for every match.

    A static premise that names a class or predicate for another premise counts as schema too.

    Args:
        rules: rules as they were read.
        index: the ontology, its schema part closed.
        schema: further predicates that say something about the ontology's form.

    Raises:
        KnowledgeError: a predicate or concluded class is still a variable afterwards.
    """
    unfolded = []
    for rule in rules:
        absent = tuple(a for absence in rule.absences for a in absence.atoms)
        names = {
            term
            for _, p, o in (*rule.premises, *rule.conclusions, *absent)
            for term in ((p, o) if p == TYPE else (p,))
            if is_variable(term)
        }
        chosen = tuple(
            a for a in rule.premises
            if is_schema(a, schema)
            or (a[1] != TYPE and not is_variable(a[1]) and names & {a[0], a[2]})
        )
        rest = tuple(a for a in rule.premises if a not in chosen)
        for binding in index.join(chosen):
            special = substitute_rule(replace(rule, premises=rest, facts=chosen), binding)
            atoms = special.premises + special.conclusions
            atoms += tuple(a for absence in special.absences for a in absence.atoms)
            if any(is_variable(p) for _, p, _ in atoms):
                raise refuse(rule, "a predicate that no axiom binds")
            if any(p == TYPE and is_variable(o) for _, p, o in atoms):
                raise refuse(rule, "a class that no axiom binds")
            unfolded.append(special)
    return unfolded


def schema_rules(rules: Iterable[Rule]) -> tuple[list[Rule], set[str]]:
    """Return the rules that only read and extend the form of the ontology, and what they add."""
    concluding: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        for _, p, _ in rule.conclusions:
            concluding[p].append(rule)
    schema: set[str] = set()
    while True:
        # A rule may read what it concludes itself, so its own predicate is tried as schema.
        added = {
            p for p, found in concluding.items()
            if not is_variable(p) and p != TYPE and p not in schema
            and all(is_schema(a, schema | {p}) for r in found for a in r.premises)
        }
        if not added:
            return [r for p in schema for r in concluding[p]], schema
        schema |= added


def dynamic_keys(rules: Iterable[Rule], predicates: Iterable[str], classes: Iterable[str]) \
        -> set[Key]:
    """Return the predicates and classes whose facts depend on a patient."""
    rules = list(rules)
    dynamic: set[Key] = {(p, None) for p in predicates} | {(TYPE, c) for c in classes}
    grew = True
    while grew:
        grew = False
        for rule in rules:
            if any(is_dynamic(atom, dynamic) for atom in rule.premises):
                for _, p, o in rule.conclusions:
                    key = (TYPE, o) if p == TYPE else (p, None)
                    if key not in dynamic:
                        dynamic.add(key)
                        grew = True
    return dynamic


def is_dynamic(atom: Atom, dynamic: set[Key]) -> bool:
    """Tell whether an atom is matched by patient facts."""
    _, p, o = atom
    return ((TYPE, o) if p == TYPE else (p, None)) in dynamic


def compile_rules(rules: list[Rule], index: TripleIndex, dynamic: set[Key], given: Set[str],
                  keep: set[str]) -> Program:
    """Plan the rules that read patient facts.

    Args:
        rules: unfolded rules.
        index: every static fact, closed.
        dynamic: the keys of patient facts.
        given: the predicates of the facts a run starts from.
        keep: variables-free names (IRIs of anonymous expressions excepted) are always kept;
            this set names further type objects that readers ask for.
    """
    planned = []
    for rule in rules:
        plan = _plan(rule, index, dynamic)
        if plan is not None:
            planned.append(plan)
    planned = _drop_unneeded(_drop_impossible(planned, dynamic, given), keep)
    return Program(stratify(guard_rules(planned, keep)))


def _plan(rule: Rule, index: TripleIndex, dynamic: set[Key]) -> PlannedRule | None:
    premises = tuple(a for a in rule.premises if is_dynamic(a, dynamic))
    static = tuple(a for a in rule.premises if not is_dynamic(a, dynamic))
    static_variables = variables_of(static)
    filters = tuple(f for f in rule.filters if not expression_variables(f) <= static_variables)
    early = [f for f in rule.filters if expression_variables(f) <= static_variables]
    bindings = [b for b in index.join(static) if all(holds(f, b) for f in early)]
    dynamic_variables = variables_of(premises)
    denials = []
    for absence in rule.absences:
        atoms = tuple(a for a in absence.atoms if is_dynamic(a, dynamic))
        fixed = tuple(a for a in absence.atoms if not is_dynamic(a, dynamic))
        if not atoms:
            touches = variables_of(fixed) | {
                v for f in absence.filters for v in expression_variables(f)
            }
            if not touches & (dynamic_variables - static_variables):
                bindings = [b for b in bindings if not _exists(fixed, absence, b, index)]
                continue
        if atoms and not variables_of(atoms) & (dynamic_variables | static_variables):
            raise refuse(rule, "a NOT EXISTS that shares nothing with the rule")
        denials.append(Denial(atoms, absence.filters, _table(fixed, list(index.join(fixed)))))
    if not bindings:
        return None
    if not _connected(premises):
        raise refuse(rule, "premises that share no variable (a cross product)")
    ready = replace(rule, filters=filters)
    return PlannedRule(ready, premises, _table(static, bindings), tuple(denials))


def _exists(fixed: tuple[Atom, ...], absence: Absence, binding: dict[str, str],
            index: TripleIndex) -> bool:
    atoms = tuple(
        (binding.get(s, s), binding.get(p, p), binding.get(o, o)) for s, p, o in fixed
    )
    return any(
        all(holds(f, {**binding, **found}) for f in absence.filters)
        for found in index.join(atoms)
    )


def _table(atoms: tuple[Atom, ...], bindings: list[dict[str, str]]) -> Table:
    names = tuple(sorted(variables_of(atoms)))
    rows = sorted({tuple(b[v] for v in names) for b in bindings})
    return Table(names, tuple(rows), atoms)


def _connected(atoms: tuple[Atom, ...]) -> bool:
    if not atoms:
        return True
    reached, waiting = variables_of(atoms[:1]), list(atoms[1:])
    while waiting:
        linked = [a for a in waiting if variables_of((a,)) & reached]
        if not linked:
            return False
        for atom in linked:
            reached |= variables_of((atom,))
            waiting.remove(atom)
    return True


def _drop_impossible(planned: list[PlannedRule], dynamic: set[Key], given: Set[str]) \
        -> list[PlannedRule]:
    """Drop rules with a premise that neither the given facts nor a rule can supply."""
    classes = {o for p, o in dynamic if p == TYPE} - {
        o for plan in planned for _, p, o in plan.rule.conclusions if p == TYPE
    }

    def possible(atom: Atom, produced: set[Key], predicates: set[str]) -> bool:
        predicate, value = key_of(atom)
        if predicate == TYPE:
            return atom[1:] in produced or value in classes
        if predicate in given or (predicate, value) in produced or (predicate, None) in produced:
            return True
        return value is None and predicate in predicates

    while True:
        produced = {key for plan in planned for key in heads_of(plan)}
        predicates = {p for p, _ in produced}
        kept = [
            plan for plan in planned
            if all(possible(atom, produced, predicates) for atom in plan.premises)
        ]
        if len(kept) == len(planned):
            return kept
        planned = kept


def _drop_unneeded(planned: list[PlannedRule], keep: set[str]) -> list[PlannedRule]:
    """Drop rules that only conclude membership of an expression that nothing reads."""
    while True:
        read = {
            key_of(a)
            for plan in planned
            for a in (*plan.premises, *(x for d in plan.denials for x in d.atoms))
        }
        kept = [
            plan for plan in planned
            if any(
                p != TYPE or not o.startswith(f"<{EXPRESSION}") or (p, o) in read or o in keep
                for _, p, o in plan.rule.conclusions
            )
        ]
        if len(kept) == len(planned):
            return kept
        planned = kept
