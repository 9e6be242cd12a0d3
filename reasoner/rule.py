"""Read a rule: one SPARQL ``CONSTRUCT`` file with a fixed header, in one narrow form.

The file is the only encoding of a rule. What falls outside the form is refused by file and
construct, because a construct that is silently ignored would change a conclusion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .errors import KnowledgeError
from .namespaces import RULE, expand

Atom = tuple[str, str, str]
"""A triple pattern; a variable begins with ``?``, anything else is a term."""

Expression = tuple[Any, ...] | str
"""A term, a variable, or an operator with its operands."""

HEADER = ("title", "when", "then", "why", "source", "layer", "status", "date")
COMPARISONS = ("<", "<=", ">", ">=", "=", "!=")
EVERY_LAYER = 0
"""The layer of entailment rules, which run in every layer."""


@dataclass(frozen=True)
class Absence:
    """One ``NOT EXISTS``: no match of these atoms satisfies these filters."""

    atoms: tuple[Atom, ...]
    filters: tuple[Expression, ...] = ()


@dataclass(frozen=True)
class Rule:
    """One branch of a rule file.

    ``name`` is the file name; ``branch`` tells alternatives of a ``UNION`` apart; ``facts``
    are static premises that specialisation has already matched; ``asks`` is the item that is
    unknown where the rule finds something unknown.
    """

    name: str
    branch: int
    layer: int
    premises: tuple[Atom, ...]
    conclusions: tuple[Atom, ...]
    filters: tuple[Expression, ...] = ()
    absences: tuple[Absence, ...] = ()
    facts: tuple[Atom, ...] = ()
    asks: str = ""

    @property
    def iri(self) -> str:
        """The term that names the rule file."""
        return f"<{RULE}{self.name}>"


@dataclass(frozen=True)
class RuleFile:
    """A rule file: its header, its text, and its branches."""

    name: str
    header: dict[str, str]
    text: str
    rules: tuple[Rule, ...]


def is_variable(term: str) -> bool:
    """Tell whether a member of an atom or expression is a variable."""
    return term.startswith("?")


def variables_of(atoms: tuple[Atom, ...]) -> set[str]:
    """Return the variables of some atoms."""
    return {term for atom in atoms for term in atom if is_variable(term)}


def expression_variables(expression: Expression) -> set[str]:
    """Return the variables of an expression."""
    if isinstance(expression, str):
        return {expression} if is_variable(expression) else set()
    return {v for part in expression[1:] for v in expression_variables(part)}


def substitute(atom: Atom, binding: dict[str, str]) -> Atom:
    """Return an atom with its bound variables replaced."""
    s, p, o = atom
    return (binding.get(s, s), binding.get(p, p), binding.get(o, o))


def substitute_expression(expression: Expression, binding: dict[str, str]) -> Expression:
    """Return an expression with its bound variables replaced."""
    if isinstance(expression, str):
        return binding.get(expression, expression)
    return (expression[0], *(substitute_expression(part, binding) for part in expression[1:]))


def substitute_rule(rule: Rule, binding: dict[str, str]) -> Rule:
    """Return a rule with its bound variables replaced throughout."""
    return replace(
        rule,
        premises=tuple(substitute(a, binding) for a in rule.premises),
        conclusions=tuple(substitute(a, binding) for a in rule.conclusions),
        filters=tuple(substitute_expression(f, binding) for f in rule.filters),
        absences=tuple(
            Absence(
                tuple(substitute(a, binding) for a in absence.atoms),
                tuple(substitute_expression(f, binding) for f in absence.filters),
            )
            for absence in rule.absences
        ),
        facts=tuple(substitute(a, binding) for a in rule.facts),
        asks=binding.get(rule.asks, rule.asks),
    )


def read_rule_file(path: Path) -> RuleFile:
    """Read one rule file.

    Raises:
        KnowledgeError: the header is incomplete, or the query uses a construct outside the form.
    """
    text = path.read_text(encoding="utf-8")
    header = read_header(path)
    missing = [key for key in HEADER if key not in header]
    if missing:
        raise _refuse(path, f"the header lacks {', '.join(missing)}", "add the header lines")
    name = path.stem
    try:
        layer = int(header["layer"]) if header["layer"] != "every" else EVERY_LAYER
    except ValueError:
        raise _refuse(path, f"layer {header['layer']!r} is no number", "write a number or every") \
            from None
    branches = _Reader(path).read(text)
    rules = tuple(
        replace(branch, name=name, branch=number, layer=layer,
                asks=expand(header.get("asks", "")))
        for number, branch in enumerate(branches, 1)
    )
    return RuleFile(name, header, text, rules)


def read_header(path: Path) -> dict[str, str]:
    """Return what the author of a query file says of it: each line of the header by its key."""
    text = path.read_text(encoding="utf-8")
    return dict(re.findall(r"^# (\w+): (.+)$", text, flags=re.MULTILINE))


def _refuse(path: Path, what: str, fix: str) -> KnowledgeError:
    return KnowledgeError("rule-outside-form", where=path.name, what=what, fix=fix)


@dataclass(frozen=True)
class _Pattern:
    """One alternative of a group while it is being read."""

    atoms: tuple[Atom, ...] = ()
    filters: tuple[Expression, ...] = ()
    absences: tuple[Absence, ...] = ()
    bound: tuple[tuple[str, str], ...] = ()

    def merge(self, other: _Pattern) -> _Pattern:
        return _Pattern(
            self.atoms + other.atoms,
            self.filters + other.filters,
            self.absences + other.absences,
            self.bound + other.bound,
        )


class _Reader:
    """Turns rdflib's algebra of one file into rules."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, text: str) -> list[Rule]:
        from pyparsing import ParseException
        from rdflib.plugins.sparql.algebra import translateQuery
        from rdflib.plugins.sparql.parser import parseQuery

        try:
            query = translateQuery(parseQuery(text)).algebra
        except ParseException as error:
            raise _refuse(self.path, f"not SPARQL 1.1: {error}", "mend the query") from error
        if query.name != "ConstructQuery":
            raise _refuse(self.path, f"a {query.name}", "write a CONSTRUCT")
        template = tuple(self._atom(triple) for triple in query.template)
        if any(term.startswith("?_:") for atom in template for term in atom):
            raise _refuse(self.path, "a blank node in the template", "name the node")
        return [self._rule(pattern, template) for pattern in self._patterns(query.p.p, depth=0)]

    def _rule(self, pattern: _Pattern, template: tuple[Atom, ...]) -> Rule:
        binding = dict(pattern.bound)
        rule = Rule("", 0, 0, pattern.atoms, template, pattern.filters, pattern.absences)
        rule = substitute_rule(rule, binding)
        unbound = (
            variables_of(rule.conclusions)
            | {v for f in rule.filters for v in expression_variables(f)}
        ) - variables_of(rule.premises)
        if unbound:
            raise _refuse(self.path, f"{', '.join(sorted(unbound))} not bound by a triple pattern",
                          "bind it in the WHERE part")
        return rule

    def _patterns(self, node: Any, depth: int) -> Iterator[_Pattern]:
        name = node.name
        if name == "BGP":
            yield _Pattern(tuple(self._atom(t) for t in node.triples))
        elif name == "Join":
            for left in self._group(node.p1, depth):
                for right in self._group(node.p2, depth):
                    yield left.merge(right)
        elif name == "Union":
            yield from self._group(node.p1, depth)
            yield from self._group(node.p2, depth)
        elif name == "Filter":
            for pattern in self._patterns(node.p, depth):
                yield pattern.merge(self._conditions(node.expr, depth))
        elif name == "ToMultiSet" and node.p.name == "values":
            for row in node.p.res:
                yield _Pattern(bound=tuple((_term(k), _term(v)) for k, v in row.items()))
        elif name == "Extend":
            for pattern in self._patterns(node.p, depth):
                value = self._expression(node.expr)
                if not isinstance(value, str):
                    raise _refuse(self.path, "a computed BIND", "compare it in a FILTER")
                yield pattern.merge(_Pattern(bound=((_term(node.var), value),)))
        else:
            raise _refuse(self.path, f"the construct {name}", "use the rule form of the guide")

    def _group(self, node: Any, depth: int) -> Iterator[_Pattern]:
        """Read a group within another; its filters see nothing of the one around it (18.2.2)."""
        for pattern in self._patterns(node, depth):
            own = variables_of(pattern.atoms) | {name for name, _ in pattern.bound}
            unseen = {v for f in pattern.filters for v in expression_variables(f)} - own
            if unseen:
                raise _refuse(self.path, f"a filter on {', '.join(sorted(unseen))} in a group "
                              "that does not bind it", "bind it in the same braces")
            yield pattern

    def _conditions(self, expression: Any, depth: int) -> _Pattern:
        name = getattr(expression, "name", "")
        if name == "ConditionalAndExpression":
            pattern = self._conditions(expression.expr, depth)
            for other in expression.other:
                pattern = pattern.merge(self._conditions(other, depth))
            return pattern
        if name == "Builtin_NOTEXISTS":
            if depth:
                raise _refuse(self.path, "NOT EXISTS inside NOT EXISTS", "write two rules")
            absences = []
            # .graph keeps the filters inside; the indexed form loses them.
            for inner in self._patterns(expression.graph, depth + 1):
                if inner.bound or inner.absences:
                    raise _refuse(self.path, "BIND or VALUES inside NOT EXISTS", "move it out")
                absences.append(Absence(inner.atoms, inner.filters))
            return _Pattern(absences=tuple(absences))
        return _Pattern(filters=(self._expression(expression),))

    def _expression(self, node: Any) -> Expression:
        name = getattr(node, "name", "")
        if not name:
            return _term(node)
        if name == "RelationalExpression":
            if node.op not in COMPARISONS:
                raise _refuse(self.path, f"the operator {node.op}", "use a comparison")
            return (node.op, self._expression(node.expr), self._expression(node.other))
        if name in ("ConditionalAndExpression", "ConditionalOrExpression"):
            operator = "and" if name == "ConditionalAndExpression" else "or"
            return (operator, *(self._expression(e) for e in [node.expr, *node.other]))
        if name == "UnaryNot":
            return ("not", self._expression(node.expr))
        if name in ("AdditiveExpression", "MultiplicativeExpression"):
            result = self._expression(node.expr)
            for operator, operand in zip(node.op, node.other, strict=True):
                if operator not in ("+", "-", "*"):
                    raise _refuse(self.path, f"the operator {operator}", "use + - or *")
                result = (operator, result, self._expression(operand))
            return result
        raise _refuse(self.path, f"the expression {name}", "use comparisons, && || ! and + - *")

    def _atom(self, triple: Any) -> Atom:
        s, p, o = triple
        from rdflib import URIRef, Variable

        if not isinstance(p, (URIRef, Variable)):
            raise _refuse(self.path, "a property path", "write out the steps")
        return (_term(s), _term(p), _term(o))


def _term(node: Any) -> str:
    from rdflib import BNode, Literal, URIRef, Variable

    if isinstance(node, Variable):
        return f"?{node}"
    if isinstance(node, BNode):
        return f"?_:{node}"
    if isinstance(node, URIRef):
        return f"<{node}>"
    if isinstance(node, Literal):
        from .quantity import canonical_literal

        datatype = str(node.datatype) if node.datatype else None
        return canonical_literal(str(node), datatype, node.language)
    raise TypeError(f"unexpected node {node!r}")
