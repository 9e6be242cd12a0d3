"""What a result that is not final would change is told beside the answer, and decides nothing.

Expected values are worked out from the rows named in each test, not from what comes out.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from patients import AS_OF, PREFIXES
from reasoner.assessment import Assessment
from reasoner.audiences.told import tell
from reasoner.cli.main import app
from reasoner.engine import Engine
from reasoner.errors import UsageError
from reasoner.explanation.glance import glance_text
from reasoner.explanation.report import report
from reasoner.hypothesis import Change, suppose, suppose_each
from reasoner.namespaces import marrow
from reasoner.pipeline import assess

GOLDEN = Path(__file__).parent / "golden"
SCHEMA = Path(__file__).parent.parent / "reasoner" / "explanation" / "report.schema.json"


def woman(*results: str) -> bytes:
    """A woman of 50 with low back pain and some results: kind, value, unit, status and date."""
    text = PREFIXES + """
<urn:p> a marrow:Patient ; marrow:birthDate "1976-05-01"^^xsd:date ; marrow:sex marrow:Female ;
    marrow:hasCondition <urn:p/pain> .
<urn:p/pain> a marrow:ConditionRecord ; marrow:kind marrow:LowBackPain ;
    marrow:clinicalStatus "active" ; marrow:verificationStatus "confirmed" ;
    marrow:date "2026-10-20"^^xsd:date .
"""
    for number, result in enumerate(results):
        kind, value, unit, status, day = result.split()
        date = f' ; marrow:date "{day}"^^xsd:date' if day != "-" else ""
        text += f"""<urn:p> marrow:hasObservation <urn:p/{number}> .
<urn:p/{number}> a marrow:Observation ; marrow:kind marrow:{kind} ; marrow:value {value} ;
    marrow:unit "{unit}" ; marrow:status "{status}"{date} .
"""
    return text.encode()


def golden(name: str, record: str) -> bytes:
    """A golden patient of whom one result is only preliminary."""
    text = (GOLDEN / name / "patient.ttl").read_text("utf-8")
    before, start, about = text.partition(f"\n<urn:marrow:case:{name}/{record}>\n")
    changed, done = re.subn('marrow:status "final"', 'marrow:status "preliminary"', about, count=1)
    assert start
    assert done
    return (before + start + changed).encode()


def told(engine: Engine, patient: bytes) -> tuple[Assessment, list[dict[str, Any]]]:
    found = assess(engine, patient, AS_OF)
    data = report(found)
    Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(data)
    return found, data["unconfirmed"]


def outcomes(entry: dict[str, Any]) -> dict[str, tuple[str | None, str | None]]:
    return {o["intervention"]: (o["before"], o["after"]) for o in entry["outcomes"]}


@pytest.mark.parametrize("older", [[], ["Hemoglobin 131 g/L final 2026-09-01"]])
def test_a_hemoglobin_of_60_presses_and_decides_nothing(engine: Engine, older: list[str]) -> None:
    """G601 (C076): below 70 g/L red cells are considered, and that row is urgent."""
    found, (entry,) = told(engine, woman("Hemoglobin 60 g/L preliminary 2026-10-20", *older))
    assert "Anemia" not in {c["name"] for c in report(found)["disorders"]}
    was = "not-applicable" if older else "cannot-tell"
    assert found.outcome_of(marrow("RedCellTransfusion")) == marrow(
        {"not-applicable": "notApplicable", "cannot-tell": "cannotTell"}[was])
    assert outcomes(entry)["RedCellTransfusion"] == (was, "consider")
    assert entry["pressing"] == "urgent"
    assert entry["ask"] == "marrow what-if --confirm Hemoglobin"
    text = glance_text(found)
    assert text.index("hemoglobin, 60 g/L, preliminary, on 2026-10-20 - urgent if it is right") \
        < text.index("Disorders") < text.index("is not final and is no result")


def test_a_red_flag_that_it_would_raise_is_told_with_the_flags(engine: Engine) -> None:
    """G1107: new pain with a CRP above 5 mg/L; the infection is suspected once it is final."""
    found, (entry,) = told(engine, golden("crp-5-1-with-new-pain", "creactive-protein"))
    assert found.related("hasOpenFlag") == []
    (flag,) = (f for f in entry["redFlags"] if f["name"] == "VertebralOsteomyelitis")
    assert (flag["would"], flag["certainty"]) == ("open", "suspected")
    assert entry["pressing"] == flag["urgency"]
    text = glance_text(found)
    assert text.index("Red flags") < text.index(f"red flag: {flag['label']}") \
        < text.index("Disorders")
    assert f"then: {flag['actions'][0]}" in text


@pytest.mark.parametrize(("name", "record", "flag"), [
    ("falling-hemoglobin-with-back-pain", "hemoglobin-2", "MajorHemorrhage"),
    ("crisis-at-49", "hemoglobin", "SickleCellEmergency"),
])
def test_an_emergency_that_it_would_raise_is_one(engine: Engine, name: str, record: str,
                                                 flag: str) -> None:
    """G1116: a fall of 20 g/L in two days; G417: a crisis below 50 g/L."""
    found, (entry,) = told(engine, golden(name, record))
    assert marrow(flag) not in found.related("hasOpenFlag")
    assert flag in {f["name"] for f in entry["redFlags"] if f["would"] == "open"}
    assert entry["pressing"] == "emergency"


def test_an_older_half_of_a_fall_presses_as_well(engine: Engine) -> None:
    """G1116 compares two results: the earlier one need not be the newest to matter."""
    found, (entry,) = told(engine, golden("falling-hemoglobin-with-back-pain", "hemoglobin"))
    assert marrow("MajorHemorrhage") not in found.related("hasOpenFlag")
    assert entry["pressing"] == "emergency"


def test_platelets_that_would_close_a_recommendation_do_not_press(engine: Engine) -> None:
    """G811: an NSAID is withheld below 50 x 10^9/L; nothing is raised by it."""
    _, (entry,) = told(engine, golden("nsaid-platelets-51", "platelet-count"))
    assert outcomes(entry) == {"NSAID": ("cannot-tell", "consider")}
    assert entry["pressing"] is None
    _, (low,) = told(engine, woman("PlateletCount 49 10*9/L preliminary 2026-10-20"))
    assert outcomes(low)["NSAID"] == ("cannot-tell", "not-recommended")
    assert low["pressing"] is None


def test_a_result_that_changes_nothing_says_so(engine: Engine) -> None:
    """131 g/L and 130 g/L are both at or above the 120 g/L of women, with no fall of 20."""
    found, (entry,) = told(engine, woman("Hemoglobin 131 g/L final 2026-10-20",
                                         "Hemoglobin 130 g/L preliminary 2026-10-25"))
    assert (entry["redFlags"], entry["outcomes"], entry["pressing"]) == ([], [], None)
    assert "would change no outcome or red flag" in glance_text(found)


def test_final_results_are_not_told(engine: Engine) -> None:
    found, entries = told(engine, woman("Hemoglobin 60 g/L final 2026-10-20"))
    assert entries == []
    assert "Not final or not dated" not in glance_text(found)


def test_a_mistaken_or_cancelled_result_is_never_supposed(engine: Engine) -> None:
    assert told(engine, woman("Hemoglobin 60 g/L entered-in-error 2026-10-20",
                              "Hemoglobin 50 g/L cancelled 2026-10-20"))[1] == []


def test_a_result_without_a_date_is_supposed_of_today(engine: Engine) -> None:
    found, (entry,) = told(engine, woman("Hemoglobin 60 g/L final -"))
    assert found.outcome_of(marrow("RedCellTransfusion")) == marrow("cannotTell")
    assert outcomes(entry)["RedCellTransfusion"] == ("cannot-tell", "consider")
    assert entry["pressing"] == "urgent"


def test_what_only_all_together_would_change_is_told_of_all(engine: Engine) -> None:
    """G501, G305: oral iron needs both, a hemoglobin of 100 g/L and a ferritin of 8 ug/L."""
    _, entries = told(engine, woman("Hemoglobin 100 g/L preliminary 2026-10-20",
                                    "SerumFerritin 8 ug/L preliminary 2026-10-20"))
    named = {tuple(k["name"] for k in e["kinds"]): e for e in entries}
    assert set(named) == {("Hemoglobin",), ("SerumFerritin",), ("Hemoglobin", "SerumFerritin")}
    assert outcomes(named["Hemoglobin", "SerumFerritin"])["OralIron"] \
        == ("cannot-tell", "recommended")
    for alone in ("Hemoglobin", "SerumFerritin"):
        assert outcomes(named[alone,]).get("OralIron", ("", ""))[1] != "recommended"


def test_nothing_is_asked_of_a_result_after_a_death(engine: Engine) -> None:
    patient = woman("Hemoglobin 60 g/L preliminary 2026-10-20") \
        + b"<urn:p> marrow:deceased true .\n"
    assert told(engine, patient)[1] == []


def test_the_next_command_answers(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "p.ttl"
    file.write_bytes(woman("Hemoglobin 60 g/L preliminary 2026-10-20"))
    run = ["what-if", str(file), "--as-of", "2026-11-01", "--confirm"]
    answer = CliRunner().invoke(app, [*run, "Hemoglobin"])
    assert answer.exit_code == 0
    assert "red cell transfusion: cannot-tell -> consider" in answer.stdout
    for wrong in ("SerumFerritin", "Anemia"):
        refused = CliRunner().invoke(app, [*run, wrong])
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert wrong in refused.stderr
    why = CliRunner().invoke(app, [*run, "Hemoglobin", "--why", "RedCellTransfusion"])
    assert why.exit_code == 0
    assert "hemoglobin, 60 g/L, on 2026-10-20" in why.stdout


def test_cases_together_confirm_as_one_alone_does(engine: Engine) -> None:
    found = assess(engine, woman("Hemoglobin 60 g/L preliminary 2026-10-20"), AS_OF)
    change = Change("confirm", marrow("Hemoglobin"))
    own = found.patient.patient
    (together,) = suppose_each(found, [[change]])
    assert together == {f for f in suppose(found, [change]).facts if f[0] == own}
    with pytest.raises(UsageError, match="PlateletCount"):
        suppose(found, [Change("confirm", marrow("PlateletCount"))])


def test_a_patient_is_told_how_fast_and_not_what_for(engine: Engine) -> None:
    found, _ = told(engine, golden("crp-5-1-with-new-pain", "creactive-protein"))
    letter = tell(found, "explain", False, audience="patient", language="en")
    first = letter.passages[0].lines[0]
    assert first.says.startswith(("Call your care team today", "Get help right now"))
    assert any("could not be used yet" in detail for detail in first.details)
    assert "osteomyelitis" not in letter.text()
    assert "infection" not in " ".join(first.details)


def test_a_patient_is_told_of_a_result_that_would_change_the_page(engine: Engine) -> None:
    found, _ = told(engine, golden("nsaid-platelets-51", "platelet-count"))
    text = " ".join(tell(found, "explain", False, audience="patient", language="en").text().split())
    assert "could not be used yet" in text
    assert "this page would say something else" in text


def test_an_educator_reads_it_beside_the_flags(engine: Engine) -> None:
    found, _ = told(engine, woman("Hemoglobin 60 g/L preliminary 2026-10-20"))
    letter = tell(found, "explain", False, audience="educator", language="en")
    assert any("urgent if it is right" in line.says and "decides nothing now" in line.details[0]
               for line in letter.passages[0].lines)
