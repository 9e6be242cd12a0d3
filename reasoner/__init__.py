"""Marrow: reasons with proofs about back pain in patients with anemia.

Not medical advice: it supports clinical judgement and does not replace it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .display.mechanisms import MechanismGraph
    from .pipeline import assess, load_knowledge

__all__ = ["MechanismGraph", "__version__", "assess", "load_knowledge"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import the front door only when it is used, so that small commands start quickly."""
    if name in ("assess", "load_knowledge"):
        from . import pipeline

        return getattr(pipeline, name)
    if name == "MechanismGraph":
        from .display.mechanisms import MechanismGraph

        return MechanismGraph
    raise AttributeError(name)
