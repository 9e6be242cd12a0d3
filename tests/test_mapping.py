"""The mapping file is sound SSSOM, and only exact and narrower codes assert a term."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from reasoner.errors import KnowledgeError
from reasoner.mapping import CODE_SYSTEMS, COLUMNS, EXACT, load_mappings, system_name
from reasoner.namespaces import TYPE, local_name, marrow
from reasoner.taxonomy import read_ontology

FILE = Path(__file__).parent.parent / "ontology" / "mappings.sssom.tsv"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
ICD9 = "http://hl7.org/fhir/sid/icd-9-cm"
MIMIC9 = "http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-diagnosis-icd9"
MIMIC = "http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-diagnosis-icd10"

HEADER = """\
#mapping_set_id: https://w3id.org/marrow/test
#curie_map:
#  ICD10CM: http://example.org/icd/
#  SNOMED: http://snomed.info/id/
#  marrow: https://w3id.org/marrow/
#  semapv: https://w3id.org/semapv/vocab/
#  skos: http://www.w3.org/2004/02/skos/core#
"""


def write(tmp_path: Path, *rows: str, columns: tuple[str, ...] = COLUMNS,
          header: str = HEADER) -> Path:
    path = tmp_path / "small.sssom.tsv"
    path.write_text(header + "\t".join(columns) + "\n" + "".join(f"{r}\n" for r in rows), "utf-8")
    return path


def row(subject: str, predicate: str, target: str) -> str:
    return "\t".join((f"marrow:{subject}", "label", f"skos:{predicate}", target, "label",
                      "semapv:ManualMappingCuration"))


@pytest.mark.parametrize(
    ("system", "code", "terms"),
    [
        (LOINC, "718-7", ["Hemoglobin"]),
        (LOINC, "30313-1", ["Hemoglobin"]),
        (LOINC, "788-0", ["RedCellDistributionWidthCV"]),
        (LOINC, "21000-5", ["RedCellDistributionWidthSD"]),
        (RXNORM, "310325", ["FerrousSulfate"]),
        (SNOMED, "271737000", ["Anemia"]),
        (SNOMED, "72892002", ["Pregnancy"]),
        (SNOMED, "278860009", ["ChronicBackPain", "LowBackPain"]),
        (SNOMED, "51868009", ["PepticUlcerDisease"]),
        (ICD, "D50.9", ["IronDeficiencyAnemia"]),
        (ICD, "D509", ["IronDeficiencyAnemia"]),
        (MIMIC, "M545", ["LowBackPain"]),
        (ICD9, "280.9", ["IronDeficiencyAnemia"]),
        (ICD9, "2809", ["IronDeficiencyAnemia"]),
        (MIMIC9, "7242", ["LowBackPain"]),
        (MIMIC9, "28262", ["SickleCellAnemia", "VasoOcclusiveCrisis"]),
        (ICD9, "D50.9", []),
        (ICD, "280.9", []),
        # one code, two things said
        (RXNORM, "857005", ["Acetaminophen", "Hydrocodone"]),
        (ICD, "D57.00", ["SickleCellAnemia", "VasoOcclusiveCrisis"]),
        (RXNORM, "1191", ["Aspirin"]),
        (ICD, "D649", ["Anemia"]),
        # medicines by their ATC code, whole class, one drug of it, and a combination
        (ATC, "N06AB", ["SelectiveSerotoninReuptakeInhibitor"]),
        (ATC, "N06AB06", ["SelectiveSerotoninReuptakeInhibitor"]),
        (ATC, "N06AB08", ["Fluvoxamine"]),
        (ATC, "C09AA03", ["ACEInhibitor"]),
        (ATC, "C09BA03", ["ACEInhibitor", "Diuretic"]),
        (ATC, "C09CA01", ["AngiotensinReceptorBlocker"]),
        (ATC, "C03CA01", ["Diuretic"]),
        (ATC, "B01AB05", ["Anticoagulant"]),
        (ATC, "B01AE07", ["Dabigatran"]),
        (ATC, "N05AN01", ["Lithium"]),
        (ATC, "N03AG01", ["Valproate"]),
        (ATC, "H02AB04", ["Corticosteroid"]),
        (ATC, "M01AE03", ["NSAID"]),
        (ATC, "B01AC06", ["LowDoseAspirin"]),
        (ATC, "N02BA01", ["AnalgesicAspirin"]),
        (LOINC, "14682-9", ["SerumCreatinine"]),
        (LOINC, "2000-8", ["SerumCalcium"]),
        (LOINC, "18185-9", ["GestationalAge"]),
        (SNOMED, "19943007", ["Cirrhosis"]),
        (ICD, "K74.60", ["Cirrhosis"]),
        (ICD, "I21.4", ["MyocardialInfarction"]),
        (ICD, "J45.909", ["Asthma"]),
        # the heading of one anemia's codes; a bowel disease by its own name; one code, two pains
        (ICD, "D50", ["IronDeficiencyAnemia"]),
        (ICD, "D51.0", ["PerniciousAnemia"]),
        (ICD, "K50.90", ["CrohnDisease"]),
        (ICD, "K51.90", ["UlcerativeColitis"]),
        (ICD, "M54.4", ["LowBackPain", "Sciatica"]),
        # a method or a property of the test is narrower than the test, and still asserts it
        (LOINC, "2160-0", ["SerumCreatinine"]),
        (LOINC, "33914-3", ["eGFR"]),
        (LOINC, "789-8", ["RedCellCount"]),
        (SNOMED, "267064002", ["UrinaryRetention"]),
        # any joint is more than the back
        (SNOMED, "298222004", []),
        # what was once is not what is; a state that need not be the term's
        (ICD, "I25.2", []),
        (ICD, "D69.6", []),
        (ATC, "N04BD01", []),
        # near misses: a code of another test, another system, a looser match, a name for a code
        (LOINC, "4548-4", []),
        (LOINC, "57905-2", []),
        ("http://hl7.org/fhir/sid/icd-10", "D50.9", []),
        (SNOMED, "718-7", []),
        (LOINC, "7187", []),
        (ICD, "K50", []),
        (SNOMED, "116859006", []),
        (LOINC, "Hemoglobin", []),
    ],
)
def test_what_a_code_asserts(system: str, code: str, terms: list[str]) -> None:
    assert list(load_mappings(FILE).lookup(system, code)) == [marrow(t) for t in terms]


def test_a_term_equals_one_code_of_a_system_at_most() -> None:
    """An exact match is transitive: two codes that both equal the term would equal each other."""
    found = Counter((entry.subject, entry.prefix) for entry in load_mappings(FILE).entries
                    if entry.predicate == EXACT)
    assert [pair for pair, count in found.items() if count > 1] == []


def test_what_is_near_is_named_and_asserts_nothing() -> None:
    mappings = load_mappings(FILE)
    assert mappings.near(ICD, "K50") == (marrow("CrohnDisease"),)
    assert mappings.near(SNOMED, "166584001") == (marrow("RaisedInflammatoryMarker"),)
    assert mappings.near(SNOMED, "298222004") == (marrow("ReducedRangeOfMotion"),)
    assert mappings.near(LOINC, "718-7") == ()
    assert system_name(SNOMED) == "SNOMED CT"
    assert system_name("http://example.org/x") == "http://example.org/x"


def test_what_an_allergy_is_to() -> None:
    mappings = load_mappings(FILE)
    for code, term in (("293610009", "NSAID"), ("293619005", "Ibuprofen"), ("293586001", "Aspirin"),
                       ("91936005", "OtherAllergen")):
        assert mappings.allergens(SNOMED, code) == (marrow(term),)
        assert mappings.lookup(SNOMED, code) == ()  # the finding is not the medicine
        assert mappings.near(SNOMED, code) == ()
    assert mappings.near(SNOMED, "716186003") == (marrow("AllergyList"),)
    # a code of another meaning, and one whose check digit is wrong, as they are passed around
    assert mappings.allergens(SNOMED, "293637006") == (marrow("OtherAllergen"),)  # contrast media
    assert mappings.allergens(SNOMED, "293594001") == ()


def test_every_code_of_snomed_has_its_check_digit() -> None:
    """Source: SNOMED CT Technical Implementation Guide, check digit computation (Verhoeff)."""
    def product(a: int, b: int) -> int:  # of the symmetries of a pentagon
        flip = (a % 5 - b % 5) if a >= 5 else (a % 5 + b % 5)
        return flip % 5 + 5 * ((a >= 5) != (b >= 5))

    order = "1576283094"

    def check(code: str) -> int:
        total = 0
        for place, digit in enumerate(reversed(code)):
            moved = int(digit)
            for _ in range(place % 8):
                moved = int(order[moved])
            total = product(total, moved)
        return total

    codes = [e.code for e in load_mappings(FILE).entries if e.prefix == "SNOMED"]
    assert len(codes) > 150
    assert [c for c in codes if check(c)] == []
    assert check("293594001")


def test_exact_beats_narrow_and_narrow_matches_add_up(tmp_path: Path) -> None:
    found = load_mappings(write(
        tmp_path,
        row("A", "exactMatch", "SNOMED:1"), row("B", "narrowMatch", "SNOMED:1"),
        row("B", "narrowMatch", "SNOMED:2"), row("A", "narrowMatch", "SNOMED:2"),
        row("A", "closeMatch", "SNOMED:3"), row("A", "broadMatch", "SNOMED:4"),
        row("A", "relatedMatch", "SNOMED:5"),
    ))
    assert found.lookup(SNOMED, "1") == (marrow("A"),)
    assert found.lookup(SNOMED, "2") == (marrow("A"), marrow("B"))
    for loose in "345":
        assert found.lookup(SNOMED, loose) == ()
        assert found.near(SNOMED, loose) == (marrow("A"),)


@pytest.mark.parametrize(
    ("rows", "line", "what"),
    [
        (["marrow:A\tlabel\tskos:exactMatch\tSNOMED:1\tlabel"], 9, "5 cells"),
        ([row("A", "exactMatch", "SNOMED:1") + "\tmore"], 9, "7 cells"),
        ([row("A", "exactMatch", "LOINC:1")], 9, "curie_map"),
        ([row("A", "exactMatch", "SNOMED:")], 9, "curie_map"),
        ([row("A", "sameAs", "SNOMED:1")], 9, "predicate"),
        ([row("A b", "exactMatch", "SNOMED:1")], 9, "no term"),
        ([row("A", "exactMatch", "SNOMED:1").replace("marrow:", "skos:")], 9, "no term"),
        ([row("A", "exactMatch", "SNOMED:1").replace("label", " ")], 9, "empty"),
        ([row("A", "exactMatch", "SNOMED:1"), row("B", "exactMatch", "SNOMED:1")], 10, "second"),
        ([row("A", "exactMatch", "ICD10CM:D50.9"), row("B", "exactMatch", "ICD10CM:D509")], 10,
         "second"),
        ([row("A", "exactMatch", "SNOMED:1"), row("A", "narrowMatch", "SNOMED:1")], 10, "again"),
    ],
)
def test_a_broken_row_is_an_error_that_names_its_line(
        tmp_path: Path, rows: list[str], line: int, what: str) -> None:
    with pytest.raises(KnowledgeError) as caught:
        load_mappings(write(tmp_path, *rows))
    assert caught.value.where == f"small.sssom.tsv, line {line}"
    assert what in caught.value.what


def test_a_missing_column_a_missing_table_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="predicate_id"):
        load_mappings(write(tmp_path, columns=tuple(c for c in COLUMNS if c != "predicate_id")))
    (tmp_path / "empty.tsv").write_text(HEADER, "utf-8")
    with pytest.raises(KnowledgeError, match="no table"):
        load_mappings(tmp_path / "empty.tsv")
    with pytest.raises(KnowledgeError, match="missing"):
        load_mappings(tmp_path / "none.tsv")
    (tmp_path / "latin.tsv").write_bytes(b"caf\xe9")
    with pytest.raises(KnowledgeError, match="UTF-8"):
        load_mappings(tmp_path / "latin.tsv")


def test_the_shipped_file_is_sorted_and_says_what_sssom_requires() -> None:
    lines = FILE.read_text("utf-8").splitlines()
    header = [line for line in lines if line.startswith("#")]
    for slot in ("mapping_set_id", "mapping_set_version", "license", "curie_map"):
        assert sum(line.startswith(f"#{slot}:") for line in header) == 1, slot
    table = [line.split("\t") for line in lines[len(header):]]
    columns, rows = table[0], table[1:]
    assert set(COLUMNS) <= set(columns)
    order = [(r[0], r[2], r[3]) for r in rows]
    assert order == sorted(set(order))
    assert {r[columns.index("mapping_justification")] for r in rows} \
        == {"semapv:ManualMappingCuration"}
    used = {cell.split(":")[0] for r in rows for cell in (r[0], r[2], r[3], r[5])}
    assert used == set(load_mappings(FILE).curies)


def test_every_subject_is_a_kind_of_the_ontology_under_its_label() -> None:
    ontology = read_ontology(FILE.parent.parent)
    kinds = {s for s, p, o in ontology.triples if p == TYPE and o.endswith("Kind>")}
    wrong = []
    for line in FILE.read_text("utf-8").splitlines():
        if line.startswith("marrow:"):
            subject, label = line.split("\t")[:2]
            term = marrow(subject.removeprefix("marrow:"))
            if term not in kinds or ontology.label(term) != label:
                wrong.append(line)
    assert wrong == []


@pytest.mark.parametrize(
    ("system", "sort"),
    [(LOINC, "MeasurementKind"), (RXNORM, "MedicationKind"), (ATC, "MedicationKind"),
     (ICD, "ConditionKind")],
)
def test_codes_assert_the_sort_of_kind_their_vocabulary_is_about(system: str, sort: str) -> None:
    """Only procedures are examinations; SNOMED CT is about several sorts and not looked at."""
    ontology = read_ontology(FILE.parent.parent)
    mappings = load_mappings(FILE)
    prefix = next(s.prefix for s in CODE_SYSTEMS if system in s.uris)
    below = {sort, "FindingKind", "DisorderKind"} if sort == "ConditionKind" else {sort}
    wrong = [
        entry for entry in mappings.entries
        if entry.prefix == prefix and mappings.lookup(system, entry.code)
        and not {local_name(t) for t in ontology.objects(entry.subject, TYPE)} & below
    ]
    assert [(e.code, local_name(e.subject)) for e in wrong] \
        == ([("1007-4", "DirectAntiglobulinTest")] if system == LOINC else [])


def test_the_labels_of_licensed_vocabularies_are_our_own() -> None:
    """Official names of SNOMED CT end in the hierarchy; those of LOINC name the property."""
    for line in FILE.read_text("utf-8").splitlines():
        cells = line.split("\t")
        if cells[0].startswith("marrow:") and cells[3].startswith(("SNOMED:", "LOINC:")):
            assert "(" not in cells[4], line
            assert "[" not in cells[4], line
            assert len(cells[4]) <= 60, line
