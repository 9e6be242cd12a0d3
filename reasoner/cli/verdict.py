"""The verdict on a written proof, against a patient's record if one is named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .call import read_input

if TYPE_CHECKING:
    from ..proofcheck import Verdict


def proof_verdict(proof: str, patient: str, as_of: str, thresholds: str) -> Verdict:
    """Check a written proof, against a patient's record if one is named.

    The readers of patients and of a site's file are shared with the assessment; the check itself
    shares nothing with it.
    """
    from ..knowledge import find_root, read_knowledge
    from ..pipeline import (
        load_knowledge,
        parse_date,
        read_file,
        read_patient,
        read_site_file,
        validate_patient,
    )
    from ..proofcheck import Checker, read_library
    from ..site import apply_site
    from ..store import ox_term
    from ..validation import set_aside

    data = read_file(proof)
    day = parse_date(as_of) if as_of else None
    record = None
    if patient:
        engine = load_knowledge()
        graph, _ = read_patient(*read_input(patient, ""), engine)
        graph, _ = set_aside(graph, validate_patient(graph, engine), engine.graph)
        record = [(ox_term(s), ox_term(p), ox_term(o)) for s, p, o in graph.triples]
    library = read_library(find_root())
    if thresholds:
        decided = read_site_file(thresholds)
        triples = apply_site(read_knowledge(), decided).graph.triples
        library = library.with_knowledge((ox_term(s), ox_term(p), ox_term(o))
                                         for s, p, o in triples)
    checker = Checker(library)
    return checker.check(data, Path(proof).suffix, Path(proof).name, day, record)
