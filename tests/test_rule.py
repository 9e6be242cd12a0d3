"""The rule form: what is outside it is refused by file and construct."""

from __future__ import annotations

from pathlib import Path

import pytest

from reasoner.errors import KnowledgeError
from reasoner.rule import HEADER, read_rule_file

ROOT = Path(__file__).parent.parent
HEAD = "".join(f"# {key}: {'1' if key == 'layer' else 'x'}\n" for key in HEADER)


def read(tmp_path: Path, where: str, template: str = "{ ?a <urn:c> ?b . }", head: str = HEAD):
    path = tmp_path / "a-rule.rq"
    path.write_text(f"{head}CONSTRUCT {template}\nWHERE {{ {where} }}\n")
    return read_rule_file(path)


REFUSED = {
    "OPTIONAL": "?a <urn:p> ?b . OPTIONAL { ?b <urn:p> ?c . }",
    "MINUS": "?a <urn:p> ?b . MINUS { ?a <urn:q> ?b . }",
    "path": "?a <urn:p>/<urn:q> ?b .",
    "closure": "?a <urn:p>+ ?b .",
    "aggregate": "{ SELECT ?a (COUNT(?x) AS ?b) WHERE { ?a <urn:p> ?x } GROUP BY ?a }",
    "subselect": "{ SELECT ?a ?b WHERE { ?a <urn:p> ?b } }",
    "GRAPH": "GRAPH <urn:g> { ?a <urn:p> ?b . }",
    "SERVICE": "SERVICE <http://127.0.0.1/> { ?a <urn:p> ?b . }",
    "nested": "?a <urn:p> ?b . FILTER NOT EXISTS { ?a <urn:q> ?c . "
              "FILTER NOT EXISTS { ?c <urn:q> ?b . } }",
    "regex": '?a <urn:p> ?b . FILTER(regex(?b, "x"))',
    "string": '?a <urn:p> ?b . FILTER(strlen(?b) > 3)',
    "now": "?a <urn:p> ?b . FILTER(?b < now())",
    "division": "?a <urn:p> ?b . FILTER(?b / 2 < 3)",
    "computed": "?a <urn:p> ?c . BIND(?c + 1 AS ?b)",
    "in": "?a <urn:p> ?b . FILTER(?b IN (1, 2))",
    "scope": "?a <urn:p> ?b . { ?a <urn:q> ?c . FILTER(?b > ?c) } UNION { ?a <urn:r> ?c . }",
    "inner group": "?a <urn:p> ?b . { ?a <urn:q> ?c . FILTER(?b > ?c) }",
    "exists": "?a <urn:p> ?b . FILTER EXISTS { ?a <urn:q> ?b . }",
}


@pytest.mark.parametrize("construct", sorted(REFUSED))
def test_constructs_outside_the_form_are_refused_by_file(tmp_path: Path, construct: str) -> None:
    with pytest.raises(KnowledgeError) as caught:
        read(tmp_path, REFUSED[construct])
    assert caught.value.where == "a-rule.rq"
    assert caught.value.code == "rule-outside-form"


def test_a_blank_node_in_the_template_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError):
        read(tmp_path, "?a <urn:p> ?b .", "{ [] <urn:c> ?b . }")


def test_an_unbound_head_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="not bound"):
        read(tmp_path, "?a <urn:p> ?c .")


def test_a_header_that_lacks_a_line_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="why"):
        read(tmp_path, "?a <urn:p> ?b .", head=HEAD.replace("# why: x\n", ""))


def test_union_values_bind_and_absence_are_read(tmp_path: Path) -> None:
    found = read(tmp_path, """
        { ?a <urn:p> ?b . } UNION { ?a <urn:q> ?b . VALUES ?b { 1 2.0 } }
        FILTER(?b < 3 && ?b != 2)
        FILTER NOT EXISTS { ?a <urn:r> ?c . FILTER(?c > ?b) }
    """)
    assert [r.branch for r in found.rules] == [1, 2, 3]
    assert all(len(r.filters) == 2 for r in found.rules)
    assert all(r.absences[0].filters for r in found.rules), "filters inside NOT EXISTS are kept"


@pytest.mark.parametrize("path", sorted((ROOT / "queries").glob("*/*.rq")), ids=lambda p: p.stem)
def test_every_shipped_query_names_itself_well(path: Path) -> None:
    assert path.stem == path.stem.lower()
    if path.parent.name in ("rules", "entailment"):
        read_rule_file(path)
