"""Run a program over a block of patients, as joins of integer columns.

Relations only grow, in the order facts are found, so that "new since a rule last ran" is a
position in a column. Every binding that makes a rule fire is kept: that is where proofs come
from.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from .expression import mask_of
from .namespaces import TYPE
from .plan import Denial, Key, PlannedRule, Program, key_of, sliced_objects
from .quantity import number_of
from .result import Firing, Result
from .rule import Atom, expression_variables, is_variable, variables_of

Column = np.ndarray[Any, np.dtype[np.int64]]
Columns = dict[str, Column]
SHIFT = 32


class Terms:
    """Numbers for terms, and the value of each term that is a number."""

    def __init__(self) -> None:
        self.list: list[str] = []
        self._number: dict[str, int] = {}
        self._values: list[float] = []
        self._array: np.ndarray[Any, Any] = np.empty(0)

    def number(self, term: str) -> int:
        """Return the number of a term, giving it one if it is new."""
        found = self._number.get(term)
        if found is None:
            found = self._number[term] = len(self.list)
            self.list.append(term)
            value = number_of(term)
            self._values.append(float("nan") if value is None else float(value))
        return found

    def values(self) -> np.ndarray[Any, Any]:
        """Return the value of each term as float64, NaN where it is no number."""
        if len(self._array) != len(self._values):
            self._array = np.array(self._values)
        return self._array


class Relation:
    """The facts of one key: two columns that only grow, without repeats."""

    def __init__(self) -> None:
        self.subject: Column = np.empty(0, dtype=np.int64)
        self.object: Column = np.empty(0, dtype=np.int64)
        self._keys: Column = np.empty(0, dtype=np.int64)
        self._sorted: dict[str, tuple[int, Column, Column]] = {}

    def __len__(self) -> int:
        return len(self.subject)

    def add(self, subject: Column, value: Column) -> bool:
        """Add the pairs that are new; tell whether there were any."""
        keys = np.unique((subject << SHIFT) | value)
        if len(self._keys):
            place = np.searchsorted(self._keys, keys)
            place[place == len(self._keys)] = 0
            keys = keys[self._keys[place] != keys]
            if not len(keys):
                return False
            self._keys = np.sort(np.concatenate((self._keys, keys)))
        else:
            self._keys = keys
        self.subject = np.concatenate((self.subject, keys >> SHIFT))
        self.object = np.concatenate((self.object, keys & ((1 << SHIFT) - 1)))
        return True

    def sorted_by(self, side: str) -> tuple[Column, Column]:
        """Return a column in order, and the positions its values came from."""
        cached = self._sorted.get(side)
        if cached is None or cached[0] != len(self):
            column = self.subject if side == "subject" else self.object
            order = np.argsort(column, kind="stable")
            cached = self._sorted[side] = (len(self), column[order], order)
        return cached[1], cached[2]


class Evaluator:
    """A program made ready to run many times."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.sliced = sliced_objects(program)
        self.readers: list[dict[Key, list[int]]] = []
        self.needs: dict[int, int] = {}
        self.needed_by: dict[Key, list[int]] = defaultdict(list)
        for layer in program.layers:
            readers: dict[Key, list[int]] = defaultdict(list)
            for number, plan in enumerate(layer):
                keys = {key_of(atom) for atom in plan.checked}
                for key in keys:
                    readers[key].append(number)
                if id(plan) not in self.needs:
                    self.needs[id(plan)] = len(keys)
                    for key in keys:
                        self.needed_by[key].append(id(plan))
            self.readers.append(readers)
        self.starters = [
            [n for n, plan in enumerate(layer) if plan.rule.layer or not first]
            for first, layer in enumerate(program.layers)
        ]
        """The rules to begin a layer with: entailment rules are done with what came before."""

    def run(self, facts: Iterable[Atom]) -> Result:
        """Run the program over patient facts and return everything that follows."""
        return _Run(self).run(facts)


class _Run:
    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.terms = Terms()
        self.relations: dict[Key, Relation] = {}
        self.firings: list[tuple[PlannedRule, Columns]] = []
        self.sliced = {
            p: {self.terms.number(o): o for o in objects} for p, objects in evaluator.sliced.items()
        }
        self.tables: dict[int, Columns] = {}
        self.seen: dict[int, tuple[int, ...]] = {}
        self.needed_by = evaluator.needed_by
        self.unmet = evaluator.needs.copy()
        self.layer: tuple[PlannedRule, ...] = ()
        self.readers: dict[Key, list[int]] = {}
        self.waiting: list[int] = []
        self.queued: set[int] = set()

    def run(self, facts: Iterable[Atom]) -> Result:
        grouped: dict[Key, list[tuple[int, int]]] = defaultdict(list)
        number = self.terms.number
        for s, p, o in facts:
            grouped[(p, o) if p == TYPE else (p, None)].append((number(s), number(o)))
        for key, pairs in grouped.items():
            array = np.array(pairs, dtype=np.int64)
            self._store(key, array[:, 0], array[:, 1])
        own = self.evaluator
        for layer, readers, starters in zip(own.program.layers, own.readers, own.starters,
                                            strict=True):
            self._run_layer(layer, readers, starters)
        return Result(frozenset(self._facts()), tuple(self._firings()))

    def _facts(self) -> Iterator[Atom]:
        text = self.terms.list
        for (p, o), relation in self.relations.items():
            if o is None or p == TYPE:
                for s, v in zip(relation.subject.tolist(), relation.object.tolist(),
                                strict=True):
                    yield (text[s], p, o or text[v])

    def _firings(self) -> Iterator[Firing]:
        text = self.terms.list
        for plan, columns in self.firings:
            rows = zip(*(column.tolist() for column in columns.values()), strict=True)
            yield Firing(plan, tuple(columns),
                         tuple(tuple(text[n] for n in row) for row in rows))

    def _run_layer(self, layer: tuple[PlannedRule, ...], readers: dict[Key, list[int]],
                   starters: list[int]) -> None:
        """Fire rules in their order until no premise of any of them gains a row."""
        self.layer, self.readers = layer, readers
        self.waiting = [n for n in starters if not self.unmet[id(layer[n])]]
        self.queued = set(self.waiting)
        while self.waiting:
            number = heapq.heappop(self.waiting)
            self.queued.discard(number)
            self._fire(layer[number])

    def _wake(self, key: Key) -> None:
        layer, unmet = self.layer, self.unmet
        for number in self.readers.get(key, ()):
            if number not in self.queued and not unmet[id(layer[number])]:
                self.queued.add(number)
                heapq.heappush(self.waiting, number)

    def _store(self, key: Key, subject: Column, value: Column) -> None:
        relation = self.relations.get(key)
        if relation is None:
            relation = self.relations[key] = Relation()
            for plan in self.needed_by.get(key, ()):
                self.unmet[plan] -= 1  # a rule whose premises all have facts is worth waking
        if not relation.add(subject, value):
            return
        self._wake(key)
        p, o = key
        if o is None and p in self.sliced:
            for found in np.unique(value).tolist():
                term = self.sliced[p].get(found)
                if term is not None:
                    mask = value == found
                    self._store((p, term), subject[mask], value[mask])

    def _relation(self, atom: Atom) -> Relation | None:
        _, p, o = atom
        return self.relations.get((p, None if is_variable(o) else o))

    def _fire(self, plan: PlannedRule) -> None:
        relations = [self._relation(atom) for atom in plan.checked]
        if any(relation is None for relation in relations):
            return
        counts = tuple(len(r) for r in relations if r is not None)
        before = self.seen.get(id(plan), (0,) * len(counts))
        if counts == before:
            return
        self.seen[id(plan)] = counts
        first = not any(before)
        for position in range(len(counts)):
            if counts[position] == before[position]:
                continue
            limits = [
                (0, before[j]) if j < position else
                (before[j], counts[j]) if j == position else (0, counts[j])
                for j in range(len(counts))
            ]
            self._run_rule(plan, position, limits)
            if first:
                break

    def _run_rule(self, plan: PlannedRule, start: int, limits: list[tuple[int, int]]) -> None:
        if any(low >= high for low, high in limits):
            return
        order = _order(plan.checked, start)
        columns: Columns = {}
        for position in order:
            columns = self._join(columns, plan.checked[position], limits[position])
            if not _rows(columns):
                return
        columns = self._with_table(columns, plan)
        columns = self._filtered(columns, plan.rule.filters)
        if not _rows(columns):
            return
        for denial in plan.denials:
            columns = self._denied(columns, denial)
            if not _rows(columns):
                return
        self.firings.append((plan, columns))
        for s, p, o in plan.rule.conclusions:
            subject, value = self._column(columns, s), self._column(columns, o)
            self._store((p, o) if p == TYPE else (p, None), subject, value)

    def _column(self, columns: Columns, term: str) -> Column:
        if is_variable(term):
            return columns[term]
        return np.full(_rows(columns), self.terms.number(term))

    def _filtered(self, columns: Columns, filters: Iterable[Any]) -> Columns:
        for expression in filters:
            if not _rows(columns):
                break
            used = {v: columns[v] for v in expression_variables(expression)}
            mask = mask_of(expression, used, self.terms.list, self.terms.values,
                           self.terms.number)
            columns = {v: c[mask] for v, c in columns.items()}
        return columns

    def _join(self, columns: Columns, atom: Atom, limit: tuple[int, int]) -> Columns:
        relation = self._relation(atom)
        if relation is None:
            return {}
        s, _, o = atom
        low, high = limit
        if not columns:
            found = {s: relation.subject[low:high]}
            if is_variable(o):
                found[o] = relation.object[low:high]
            return found
        side = "subject" if s in columns else "object"
        left, right = _match(columns[s if side == "subject" else o], *relation.sorted_by(side))
        if limit != (0, len(relation)):
            mask = (right >= low) & (right < high)
            left, right = left[mask], right[mask]
        if s in columns and o in columns:
            mask = relation.object[right] == columns[o][left]
            left, right = left[mask], right[mask]
        joined = {v: c[left] for v, c in columns.items()}
        if s not in columns:
            joined[s] = relation.subject[right]
        elif is_variable(o) and o not in columns:
            joined[o] = relation.object[right]
        return joined

    def _table_columns(self, owner: PlannedRule | Denial) -> Columns:
        found = self.tables.get(id(owner))
        if found is None:
            rows = owner.table.rows
            found = self.tables[id(owner)] = {
                v: np.array([self.terms.number(row[i]) for row in rows], dtype=np.int64)
                for i, v in enumerate(owner.table.variables)
            }
        return found

    def _with_table(self, columns: Columns, owner: PlannedRule | Denial) -> Columns:
        if not owner.table.variables:
            return columns
        table = self._table_columns(owner)
        shared = [v for v in table if v in columns]
        if not shared:
            size, rows = len(next(iter(table.values()))), _rows(columns)
            joined = {v: np.repeat(c, size) for v, c in columns.items()}
            joined.update({v: np.tile(c, rows) for v, c in table.items()})
            return joined
        by = shared[0]
        order = np.argsort(table[by], kind="stable")
        left, right = _match(columns[by], table[by][order], order)
        for other in shared[1:]:
            mask = columns[other][left] == table[other][right]
            left, right = left[mask], right[mask]
        joined = {v: c[left] for v, c in columns.items()}
        joined.update({v: c[right] for v, c in table.items() if v not in columns})
        return joined

    def _denied(self, columns: Columns, denial: Denial) -> Columns:
        """Return the rows for which nothing matches a denial."""
        rows = _rows(columns)
        tagged = {**columns, "": np.arange(rows)}
        atoms = list(denial.atoms)
        while atoms:
            atom = next(a for a in atoms if variables_of((a,)) & tagged.keys())
            atoms.remove(atom)
            relation = self._relation(atom)
            if relation is None:
                return columns
            tagged = self._join(tagged, atom, (0, len(relation)))
            if not _rows(tagged):
                return columns
        tagged = self._with_table(tagged, denial)
        tagged = self._filtered(tagged, denial.filters)
        if not _rows(tagged):
            return columns
        keep = np.ones(rows, dtype=bool)
        keep[tagged[""]] = False
        return {v: c[keep] for v, c in columns.items()}


def _rows(columns: Columns) -> int:
    return len(next(iter(columns.values()))) if columns else 0


def _order(premises: tuple[Atom, ...], start: int) -> list[int]:
    """Return an order of joins from a premise on, each next one sharing a variable."""
    order, reached = [start], variables_of((premises[start],))
    waiting = [i for i in range(len(premises)) if i != start]
    while waiting:
        linked = [i for i in waiting if variables_of((premises[i],)) & reached]
        best = min(linked, key=lambda i: len(variables_of((premises[i],)) - reached))
        order.append(best)
        reached |= variables_of((premises[best],))
        waiting.remove(best)
    return order


def _match(wanted: Column, values: Column, positions: Column) -> tuple[Column, Column]:
    """Join a column with a sorted one: pairs of row in the first and position in the second."""
    low = np.searchsorted(values, wanted, side="left")
    count = np.searchsorted(values, wanted, side="right") - low
    left = np.repeat(np.arange(len(wanted)), count)
    offset = np.arange(len(left)) - np.repeat(np.cumsum(count) - count, count)
    return left, positions[np.repeat(low, count) + offset]
