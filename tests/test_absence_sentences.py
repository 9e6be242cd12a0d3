"""An absence is worded as a whole: what does not stand together, and never only its first part."""

from __future__ import annotations

from pathlib import Path

import pytest

from reasoner.assessment import Assessment
from reasoner.engine import Engine
from reasoner.explanation.absences import absence_sentence
from reasoner.namespaces import TYPE, marrow
from reasoner.pipeline import assess
from reasoner.rule import Atom

CASE = Path(__file__).parent / "golden" / "t10-myeloma" / "patient.ttl"
ME = "<urn:marrow:case:t10-myeloma>"
PAIN = "<urn:marrow:case:t10-myeloma/low-back-pain>"
HEMOGLOBIN = "<urn:marrow:case:t10-myeloma/hemoglobin>"


def m(*names: str) -> tuple[str, ...]:
    return tuple(n if n.startswith(("?", "<", '"')) else marrow(n) for n in names)


def pattern(*atoms: tuple[str, str, str]) -> tuple[Atom, ...]:
    return tuple(m(*atom) for atom in atoms)  # type: ignore[misc]


@pytest.fixture(scope="module")
def man(engine: Engine) -> Assessment:
    return assess(engine, CASE, "2026-11-01")


BY_HAND = [
    # a man has a sex on record; it only must not be one that the record does not go with
    (pattern((ME, "sex", "?sex"), (PAIN, "kind", "?kind"), ("?kind", "within", "?wider"),
             ("?wider", "contradictsSex", "?sex")),
     "no sex is on record that low back pain does not go with"),
    (pattern((ME, "sex", "?sex")), "no sex is on record"),
    (pattern((PAIN, "kind", "?kind"), (PAIN, "startedDaysAgo", "?started"),
             ("?kind", "within", "?limited"), ("?limited", "activeForDays", "?limit")),
     "the record of low back pain is not too old to be active"),
    (pattern((PAIN, "kind", "?kind"), ("?denial", "kind", "?denied"), (PAIN, "daysAgo", "?days"),
             ("?denial", "daysAgo", "?since"), (ME, "hasDenial", "?denial"),
             ("?kind", "lasting", '"true"'), ("?kind", "within", "?denied")),
     "no newer record denies low back pain where that is a disease that does not end"),
    (pattern(("?denial", "kind", "MultipleMyeloma"), (ME, "hasDenial", "?denial"),
             (ME, "ruledOut", "MultipleMyeloma")),
     "nothing on record both denies multiple myeloma and rules it out"),
    (pattern((ME, "suspectedOf", "?narrower"), ("?narrower", "isA", "MultipleMyeloma")),
     "nothing narrower than multiple myeloma is suspected"),
    (pattern((ME, "undecidedOn", "?exception"), ("G800", "unless", "?exception")),
     "it is not undecided whether an exception to this applies: an NSAID is an option for a "
     "painful back in selected patients"),
    (pattern((ME, "hasUnusableObservation", "?u"), ("?u", "kind", "Hemoglobin"),
             ("?u", "secondsAgoAtLeast", "?l"), (HEMOGLOBIN, "zonedSecondsAgo", "?m")),
     "no newer result of hemoglobin is on record that cannot be used"),
    (pattern((ME, "hasUnusableObservation", "?u"), ("?u", "kind", "GestationalAge")),
     "no result of gestational age is on record that cannot be used"),
    (pattern((ME, "hasCurrentObservation", "?o"), ("?o", "kind", "GestationalAge")),
     "no current result of gestational age is on record"),
    (pattern((ME, "hasUnreadRecord", "?u"), ("?u", "unreadAs", "?sort"),
             ("MedicationList", "coversRecords", "?sort")),
     "no record that could not be read belongs on the medication list"),
    (pattern(("?r", "kind", "?k"), (ME, "hasDoubtfulCondition", "?r"),
             ("?k", "within", "Pregnancy")),
     "no record of pregnancy is in doubt"),
    (pattern((ME, "ruledOut", "BackPain")), "nothing shows that back pain is ruled out"),
]


@pytest.mark.parametrize(("absent", "says"), BY_HAND, ids=lambda x: x if isinstance(x, str) else "")
def test_an_absence_is_said_as_a_whole(man: Assessment, absent: tuple[Atom, ...],
                                       says: str) -> None:
    assert absence_sentence(man, absent) == says


def test_nothing_says_that_a_man_has_no_sex_on_record(man: Assessment) -> None:
    said = {absence_sentence(man, absent) for fact in man.facts if fact[0] == ME
            for derivation in man.derivations.of(fact) for absent in derivation.absences}
    assert len(said) > 30
    assert "no sex is on record" not in said


def test_no_absence_shows_an_internal_name(man: Assessment) -> None:
    """A join that no pattern words, and an unnamed class, still read as a sentence."""
    odd = absence_sentence(man, ((ME, marrow("hasDoubtfulMedication"), "?record"),
                                 ("?record", marrow("kind"), "?kind"),
                                 ("?kind", marrow("within"), marrow("Anticoagulant"))))
    assert odd.startswith("nothing shows of anticoagulant that it is in doubt")
    said = {absence_sentence(man, absent) for fact in man.facts if fact[0] == ME
            for derivation in man.derivations.of(fact) for absent in derivation.absences}
    assert not [line for line in said if any(
        len(word) == 16 and all(c in "0123456789abcdef" for c in word) for word in line.split())]
    assert all("?" not in line and TYPE not in line for line in said)
