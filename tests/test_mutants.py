"""Every property fails on knowledge that is broken in a way it is there to notice.

A property that holds of broken knowledge says nothing of the shipped one.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import test_safety_properties as properties
import test_safety_values as values
from metamorphic import SETTINGS
from mutants import (
    closing,
    denying_more,
    denying_nothing,
    dropping,
    forgetful,
    forgetting_the_kind,
    in_another_order,
    last_by_name,
    last_to_come,
    moving,
    of_later_years,
    taking_records_as_coded,
    turning,
    twins,
    with_factor,
)
from reasoner.engine import Engine
from reasoner.namespaces import marrow

Check = Callable[[Engine, st.DataObject], None]
HUNT = 400
"""How many patients a mutant may survive: which one betrays it changes with the knowledge."""
GIVING = ("recommend-what-is-indicated", "consider-what-is-suggested")


def bounds(engine: Engine, _: st.DataObject) -> None:
    values.check_the_bounds(engine, {marrow("Hemoglobin")})


MUTANTS: dict[str, tuple[Check, Callable[[Engine], Engine]]] = {
    "M1 a comparison forgets what was measured":
        (properties.check_irrelevance, forgetting_the_kind),
    "M2 a procedure takes care away for no reason":
        (properties.check_witnessed_removal,
         denying_more(GIVING, ("?patient", marrow("hasPastProcedure"), "?record"))),
    "M2 an indication gives way to any medicine":
        (properties.check_witnessed_removal,
         denying_more(["indicate", "indicate-for-consideration"],
                      ("?patient", marrow("hasActiveMedication"), "?record"))),
    "M2 what is no longer indicated gets no outcome":
        (properties.check_witnessed_removal, dropping("pass-over-what-does-not-apply")),
    "M3 what is contraindicated is not excluded":
        (properties.check_contraindications, dropping("exclude-for-any-reason",
                                                      "contraindicated")),
    "M3 what is advised against is not excluded":
        (properties.check_contraindications, dropping("exclude-for-any-reason",
                                                      "advisedAgainst")),
    "M3 an indication beats an exclusion":
        (properties.check_contraindications, denying_nothing(GIVING[0], "notRecommended")),
    "M3 a suggestion beats an exclusion":
        (properties.check_contraindications, denying_nothing(GIVING[1], "notRecommended")),
    "M4 severe anemia is at high hemoglobin":
        (values.check_falling_hemoglobin, turning("HemoglobinSevereInAdults")),
    "M4 one bound is open that was closed": (bounds, closing("HemoglobinSevereInAdults")),
    "M4 one bound is moved": (bounds, moving("HemoglobinSevereInAdults", "0.1")),
    "M5 a factor is ten times too large":
        (values.check_units, with_factor("Hemoglobin", "g/dL", "100")),
    "M6 the record whose name is last is left out":
        (properties.check_names, forgetful(last_by_name)),
    "M7 the record that comes last is left out":
        (properties.check_forms, forgetful(last_to_come)),
    "M8 the layers run the wrong way round":
        (properties.check_idempotence, in_another_order),
    "M8 two equal results put each other out":
        (properties.check_idempotence, forgetful(twins)),
    "M10 a doubtful exclusion is none":
        (properties.check_unknown_is_not_normal, dropping("doubt-exclusions")),
    "M10 doubt holds nothing back":
        (properties.check_unknown_is_not_normal, dropping("doubt-for-any-reason")),
    "M11 every result is the newest":
        (properties.check_older_results, denying_nothing("select-newest-observations")),
    "M11 records of later years are left out":
        (properties.check_shift, forgetful(of_later_years)),
    "M12 a kind is not one of the kinds above it":
        (properties.check_subsumption, taking_records_as_coded),
    "M13 results do not conflict":
        (properties.check_conflict, dropping("notice-conflicting-results")),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_mutant(engine: Engine, mutant: str) -> None:
    check, mutate = MUTANTS[mutant]
    broken = mutate(engine)

    @settings(SETTINGS, max_examples=HUNT)
    @given(data=st.data())
    def holds(data: st.DataObject) -> None:
        check(broken, data)

    with pytest.raises(AssertionError):
        holds()
