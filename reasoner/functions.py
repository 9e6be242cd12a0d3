"""Run a program over one patient, as Python functions printed from the plan.

One patient has few facts, so dictionaries beat columns. Each rule becomes one function of nested
loops, made when it is first needed. The derivations found are the same as the columns find; a
test holds the two together.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache
from types import CodeType
from typing import Any

from .expression import COMPARE, holds, is_plain
from .namespaces import TYPE
from .plan import Denial, Key, PlannedRule, Program, Table, key_of, sliced_objects
from .quantity import number_of
from .result import Firing, Result
from .rule import Atom, Expression, expression_variables, is_variable, variables_of

Store = dict[Key, Any]
Matcher = Callable[[Store], list[tuple[str, ...]]]
Conclusion = tuple[int, str, str, int, str]
"""Where a conclusion's subject and object stand in a row (or -1), and its constant terms."""


class Pairs:
    """The facts of one predicate: pairs in order of arrival, and both look-ups."""

    __slots__ = ("backward", "forward", "pairs")

    def __init__(self) -> None:
        self.pairs: list[tuple[str, str]] = []
        self.forward: dict[str, dict[str, None]] = {}
        self.backward: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return len(self.pairs)

    def add(self, subject: str, value: str) -> bool:
        """Add a pair; tell whether it is new."""
        known = self.forward.setdefault(subject, {})
        if value in known:
            return False
        known[value] = None
        self.backward.setdefault(value, []).append(subject)
        self.pairs.append((subject, value))
        return True


@lru_cache(maxsize=100_000)
def value_of(term: str) -> float | None:
    """Return the value of a numeric term; gated decimals are exact as floats for comparison."""
    number = number_of(term)
    return None if number is None else float(number)


def compare(operator: str, left: str, right: str) -> bool:
    """Compare two terms as a SPARQL filter does; what cannot be compared is not true."""
    a, b = value_of(left), value_of(right)
    if a is not None and b is not None:
        return bool(COMPARE[operator](a, b))
    if a is None and b is None and operator in ("=", "!="):
        return (left == right) is (operator == "=")
    return False


class Evaluator:
    """A program made ready to run over one patient at a time."""

    def __init__(self, program: Program) -> None:
        self.rules = program.rules
        self._matchers: dict[int, tuple[Matcher, tuple[Conclusion, ...], tuple[str, ...]]] = {}
        self.sliced = sliced_objects(program)
        number_of_rule = {id(plan): n for n, plan in enumerate(self.rules)}
        self.keys = [{key_of(atom) for atom in plan.checked} for plan in self.rules]
        self.needs = [len(keys) for keys in self.keys]
        self.needed_by: dict[Key, list[int]] = defaultdict(list)
        for n, keys in enumerate(self.keys):
            for key in keys:
                self.needed_by[key].append(n)
        self.layers = [
            _Layer(
                [number_of_rule[id(plan)] for plan in layer],
                {number_of_rule[id(plan)] for plan in layer if plan.rule.layer or not first},
                self.keys,
            )
            for first, layer in enumerate(program.layers)
        ]

    def run(self, facts: Iterable[Atom]) -> Result:
        """Run the program over one patient's facts and return everything that follows."""
        return Run(self).run(facts)

    def matcher(self, n: int) -> tuple[Matcher, tuple[Conclusion, ...], tuple[str, ...]]:
        """Return the function, conclusions and variables of a rule, making it on first use."""
        found = self._matchers.get(n)
        if found is None:
            plan = self.rules[n]
            names, match = _Printer(plan).matcher()
            conclusions = tuple(
                (names.index(s) if is_variable(s) else -1, s, p,
                 names.index(o) if is_variable(o) else -1, o)
                for s, p, o in plan.rule.conclusions
            )
            found = self._matchers[n] = (match, conclusions, names)
        return found


class _Layer:
    """The rules of one layer: their order, who reads which key, and which start with it."""

    def __init__(self, order: list[int], starters: set[int], keys: list[set[Key]]) -> None:
        self.order = order
        self.starters = [place for place, n in enumerate(order) if n in starters]
        self.readers: dict[Key, list[int]] = defaultdict(list)
        for place, n in enumerate(order):
            for key in keys[n]:
                self.readers[key].append(place)


class Run:
    """One run of a program: rules fire, layer by layer, until nothing more comes of it."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.sliced = evaluator.sliced
        self.store: Store = {}
        self.fired: dict[int, dict[tuple[str, ...], None]] = {}
        self.unmet = evaluator.needs.copy()
        self.layer: _Layer | None = None
        self.waiting: list[int] = []
        self.queued: set[int] = set()
        self.facts: set[Atom] = set()

    def run(self, facts: Iterable[Atom]) -> Result:
        """Run the program over facts and return everything that follows."""
        for fact in facts:
            self._add(fact)
        self._settle()
        firings = tuple(
            Firing(self.evaluator.rules[n], self.evaluator.matcher(n)[2], tuple(rows))
            for n, rows in self.fired.items()
        )
        return Result(frozenset(self.facts), firings)

    def _settle(self) -> None:
        for layer in self.evaluator.layers:
            self.layer = layer
            order, unmet = layer.order, self.unmet
            self.waiting = [place for place in layer.starters if not unmet[order[place]]]
            self.queued = set(self.waiting)
            while self.waiting:
                place = heapq.heappop(self.waiting)
                self.queued.discard(place)
                self._fire(order[place])

    def _wake(self, key: Key) -> None:
        layer = self.layer
        if layer is None:
            return
        for place in layer.readers.get(key, ()):
            if place not in self.queued and not self.unmet[layer.order[place]]:
                self.queued.add(place)
                heapq.heappush(self.waiting, place)

    def _stir(self, fact: Atom) -> None:
        """Wake whatever reads a fact."""
        _, p, o = fact
        self._wake((p, o if p == TYPE else None))
        if o in self.sliced.get(p, ()):
            self._wake((p, o))

    def _appear(self, key: Key) -> None:
        """Note that a key has its first fact: rules that need it are one step nearer."""
        for n in self.evaluator.needed_by.get(key, ()):
            self.unmet[n] -= 1

    def _add(self, fact: Atom) -> None:
        if fact in self.facts:
            return
        self.facts.add(fact)
        s, p, o = fact
        if p == TYPE:
            self._member((p, o), s)
            return
        key = (p, None)
        pairs = self.store.get(key)
        if pairs is None:
            pairs = self.store[key] = Pairs()
            self._appear(key)
        pairs.add(s, o)
        self._wake(key)
        if o in self.sliced.get(p, ()):
            self._member((p, o), s)

    def _member(self, key: Key, subject: str) -> None:
        members = self.store.get(key)
        if members is None:
            members = self.store[key] = {}
            self._appear(key)
        members[subject] = None
        self._wake(key)

    def _fire(self, n: int) -> None:
        match, conclusions, _ = self.evaluator.matcher(n)
        rows = match(self.store)
        if not rows:
            return
        known = self.fired.setdefault(n, {})
        for row in rows:
            if row in known:
                continue
            known[row] = None
            for i, s, p, j, o in conclusions:
                self._add((row[i] if i >= 0 else s, p, row[j] if j >= 0 else o))


@lru_cache(maxsize=4096)
def _compiled(source: str) -> CodeType:
    """Return the code of a printed rule; rules of one shape differ only in their constants."""
    return compile(source, "<rule>", "exec")


class _Printer:
    """Prints one planned rule as a function and compiles it."""

    def __init__(self, plan: PlannedRule, given: dict[str, str] | None = None) -> None:
        self.plan = plan
        self.given = 0 if given is None else 100
        self.names: dict[str, str] = dict(given or {})
        self.constants: dict[str, Any] = {"compare": compare, "holds": holds}
        self.lines: list[str] = []
        self.depth = 1

    def matcher(self) -> tuple[tuple[str, ...], Matcher]:
        plan = self.plan
        self._premises(plan.checked)
        self._table(plan.table)
        self._filters(plan.rule.filters)
        for denial in plan.denials:
            self._denial(denial)
        order = tuple(self.names)
        row = "".join(f"{self.names[v]}, " for v in order)
        self._line(f"rows.append(({row}))")
        body = "\n".join(self.lines)
        source = f"def match(store):\n    rows = []\n{body}\n    return rows\n"
        exec(_compiled(source), self.constants)  # noqa: S102
        return order, self.constants["match"]

    def _line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def _constant(self, value: Any) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = value
        return name

    def _variable(self, name: str) -> str:
        return self.names.setdefault(name, f"v{self.given + len(self.names)}")

    def _text(self, term: str) -> str:
        return self.names[term] if is_variable(term) else self._constant(term)

    def _premises(self, atoms: tuple[Atom, ...]) -> None:
        waiting = list(atoms)
        while waiting:
            best = min(waiting, key=lambda atom: self._cost(atom, waiting))
            waiting.remove(best)
            self._premise(best)

    def _cost(self, atom: Atom, waiting: list[Atom]) -> tuple[int, int, bool]:
        """Rank a premise: linked ones first, then tests, then values, then what opens a search."""
        s, _, o = atom
        open_ends = (s not in self.names) + (is_variable(o) and o not in self.names)
        linked = (s in self.names) or (o in self.names)
        fresh = {v for v in (s, o) if is_variable(v) and v not in self.names}
        opens = any(other[0] in fresh for other in waiting if other != atom)
        return (0 if linked or not self.names else 9, open_ends, opens)

    def _premise(self, atom: Atom) -> None:
        s, _, o = atom
        key = self._constant(key_of(atom))
        facts = f"store.get({key}, {'()' if not is_variable(o) else 'EMPTY'})"
        self.constants["EMPTY"] = _EMPTY
        if not is_variable(o):
            if s in self.names:
                self._unless(f"{self.names[s]} in {facts}")
            else:
                self._loop(self._variable(s), facts)
        elif s in self.names and o in self.names:
            self._unless(f"{self.names[o]} in {facts}.forward.get({self.names[s]}, ())")
        elif s in self.names:
            self._loop(self._variable(o), f"{facts}.forward.get({self.names[s]}, ())")
        elif o in self.names:
            self._loop(self._variable(s), f"{facts}.backward.get({self.names[o]}, ())")
        else:
            self._loop(f"{self._variable(s)}, {self._variable(o)}", f"{facts}.pairs")

    def _unless(self, condition: str) -> None:
        """Print a line that gives this binding up unless a condition holds."""
        self._line(f"if not ({condition}): " + ("continue" if self.depth > 1 else "return False"))

    def _filters(self, expressions: tuple[Expression, ...]) -> None:
        for expression in expressions:
            self._unless(self._filter(expression))

    def _loop(self, target: str, source: str) -> None:
        self._line(f"for {target} in {source}:")
        self.depth += 1

    def _table(self, table: Table) -> None:
        if not table.variables:
            return
        shared = [v for v in table.variables if v in self.names]
        fresh = [v for v in table.variables if v not in self.names]
        index: dict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
        for row in table.rows:
            value = dict(zip(table.variables, row, strict=True))
            index[tuple(value[v] for v in shared)].append(tuple(value[v] for v in fresh))
        name = self._constant(dict(index))
        key = "(" + "".join(f"{self.names[v]}, " for v in shared) + ")"
        if fresh:
            self._loop("".join(f"{self._variable(v)}, " for v in fresh), f"{name}.get({key}, ())")
        else:
            self._unless(f"{key} in {name}")

    def _filter(self, expression: Expression) -> str:
        if not isinstance(expression, str) and is_plain(expression):
            operator, left, right = expression
            return f"compare({operator!r}, {self._text(left)}, {self._text(right)})"
        used = ", ".join(f"{v!r}: {name}" for v, name in self.names.items())
        return f"holds({self._constant(expression)}, {{{used}}})"

    def _denial(self, denial: Denial) -> None:
        """Print a function that tells whether a denial is broken, and a call of it."""
        outer = {v: name for v, name in self.names.items() if v in _mentioned(denial)}
        inner = _Printer(self.plan, outer)
        inner._premises(denial.atoms)
        inner._table(denial.table)
        inner._filters(denial.filters)  # type: ignore[arg-type]
        inner._line("return True")
        arguments = ", ".join(["store", *outer.values()])
        body = "\n".join(inner.lines)
        source = f"def broken({arguments}):\n{body}\n    return False\n"
        exec(compile(source, f"<{self.plan.rule.name}>", "exec"), inner.constants)  # noqa: S102
        name = self._constant(inner.constants["broken"])
        self._line(f"if {name}({arguments}): continue")


def _mentioned(denial: Denial) -> set[str]:
    found = variables_of(denial.atoms) | set(denial.table.variables)
    for expression in denial.filters:
        found |= expression_variables(expression)  # type: ignore[arg-type]
    return found


_EMPTY = Pairs()
