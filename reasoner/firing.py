"""Find the rules that can never fire: no fact of a patient or of the knowledge could feed them.

The compiler drops a branch that nothing can supply, so that it costs nothing; whoever wrote it
should know.
"""

from __future__ import annotations

from collections import defaultdict

from .engine import Engine
from .knowledge import Knowledge
from .namespaces import local_name


def idle_rules(engine: Engine, knowledge: Knowledge) -> dict[str, tuple[int, ...]]:
    """Return the branches that can never fire, by the name of their rule file.

    A rule that only closes the knowledge itself is one branch to this: it either found something
    or did not.
    """
    live: dict[str, set[int]] = defaultdict(set)
    for plan in engine.program.rules:
        live[plan.rule.name].add(plan.rule.branch)
    closing = {local_name(rule) for rule, _ in engine.origins.values()}
    found = {}
    for file in knowledge.rule_files:
        branches = {rule.branch for rule in file.rules}
        idle = branches - live[file.name]
        if idle and not (file.name in closing and not live[file.name]):
            found[file.name] = tuple(sorted(idle))
    return found
