"""Patients made by Hypothesis in the vocabulary of the shipped knowledge."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from hypothesis import strategies as st

from reasoner.knowledge import Graph
from reasoner.namespaces import TYPE, local_name, marrow

AS_OF = date(2026, 11, 1)
PREFIXES = ("@prefix marrow: <https://w3id.org/marrow/> .\n"
            "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n")
STATUSES = ["final", "final", "final", "final", "amended", "preliminary", "entered-in-error", ""]
USED = ["active", "active", "active", "stopped", "on-hold", "unknown", ""]
DONE = ["completed", "completed", "completed", "stopped", "unknown", ""]
CLINICAL = ["active", "active", "active", "recurrence", "resolved", "inactive"]
VERIFIED = ["confirmed", "confirmed", "confirmed", "provisional", "refuted"]


def kinds(graph: Graph, metaclass: str) -> list[str]:
    """The local names of the kinds of a sort, in order."""
    return sorted(local_name(k) for k in graph.subjects(TYPE, marrow(metaclass)))


def patients(graph: Graph, most: int = 8) -> st.SearchStrategy[str]:
    """Turtle of one patient with up to so many records of each sort."""
    units = {
        local_name(graph.object(c, marrow("forMeasurement")) or ""): unit
        for c in graph.subjects(TYPE, marrow("UnitConversion"))
        if graph.number(c, marrow("factor")) == 1.0
        and (unit := graph.text(c, marrow("writtenUnit")))
    }
    days = st.integers(0, 400).map(lambda n: (AS_OF - timedelta(days=n)).isoformat())
    times = st.tuples(days, st.sampled_from(["", "", "", "", "T08:00:00", "T08:00:00Z",
                                             "T22:30:00-05:00", "T01:00:00+02:00"])).map("".join)
    values = st.one_of(
        st.integers(0, 400).map(str),
        st.decimals(0, 400, places=1).map(str),
        st.sampled_from(["70", "80", "110", "120", "130", "30", "45", "100", "20", "5", "350"]),
    )
    observation = st.tuples(st.sampled_from(sorted(units)), values, times,
                            st.sampled_from(STATUSES), st.sampled_from(["", "", "", "<", ">"]))
    conditions = [*kinds(graph, "FindingKind"), *kinds(graph, "DisorderKind")]
    condition = st.tuples(st.sampled_from(conditions), days,
                          st.sampled_from(CLINICAL), st.sampled_from(VERIFIED))
    medication = st.tuples(st.sampled_from(kinds(graph, "MedicationKind")), days,
                           st.sampled_from(USED),
                           st.sampled_from(["", "taken", "not-taken"]))
    done = [*kinds(graph, "ExaminationKind"), *kinds(graph, "InterventionKind")]
    procedure = st.tuples(st.sampled_from(done), days, st.sampled_from(DONE))
    denial = st.tuples(st.sampled_from(conditions), days)
    review = st.tuples(st.sampled_from(kinds(graph, "ListKind")), days)

    def some(one: st.SearchStrategy[tuple[str, ...]]) -> st.SearchStrategy[list[tuple[str, ...]]]:
        return st.lists(one, max_size=most)

    return st.builds(
        lambda born, sex, o, c, m, p, d, r: _turtle(units, born, sex, o, c, m, p, d, r),
        st.integers(0, 95), st.sampled_from(["Female", "Male"]), some(observation),
        some(condition), some(medication), some(procedure), some(denial), some(review),
    )


def _turtle(units: dict[str, str], born: int, sex: str, *lists: list[tuple[str, ...]]) -> str:
    def said(predicate: str, text: str) -> str:
        return f' ; marrow:{predicate} "{text}"' if text else ""

    writers: list[tuple[str, Callable[..., str]]] = [
        ("hasObservation", lambda k, v, d, s, c: (
            f'a marrow:Observation ; marrow:kind marrow:{k} ; marrow:value {v} ; marrow:date '
            f'"{d}"^^xsd:{"dateTime" if "T" in d else "date"} ; marrow:unit "{units[k]}"'
            + said("status", s) + said("comparator", c))),
        ("hasCondition", lambda k, d, s, v: (
            f'a marrow:ConditionRecord ; marrow:kind marrow:{k} ; marrow:onset "{d}"^^xsd:date ; '
            f'marrow:date "{d}"^^xsd:date ; marrow:clinicalStatus "{s}" ; '
            f'marrow:verificationStatus "{v}"')),
        ("hasMedication", lambda k, d, s, a: (
            f'a marrow:MedicationRecord ; marrow:kind marrow:{k} ; marrow:start "{d}"^^xsd:date'
            + said("status", s) + said("adherence", a))),
        ("hasProcedure", lambda k, d, s: (
            f'a marrow:ProcedureRecord ; marrow:kind marrow:{k} ; marrow:date "{d}"^^xsd:date'
            + said("status", s))),
        ("hasDenial", lambda k, d: (
            f'a marrow:DenialRecord ; marrow:kind marrow:{k} ; marrow:date "{d}"^^xsd:date')),
        ("hasReview", lambda k, d: (
            f'a marrow:ReviewRecord ; marrow:kind marrow:{k} ; marrow:date "{d}"^^xsd:date')),
    ]
    text = (f'<urn:p> a marrow:Patient ; marrow:sex marrow:{sex} ; marrow:birthDate '
            f'"{AS_OF.year - 1 - born}-06-15"^^xsd:date .\n')
    for (link, write), records in zip(writers, lists, strict=True):
        for number, record in enumerate(records):
            text += f"<urn:p> marrow:{link} <urn:p/{link}/{number}> .\n"
            text += f"<urn:p/{link}/{number}> {write(*record)} .\n"
    return PREFIXES + text
