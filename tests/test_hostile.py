"""Inputs made to exhaust, crash or mislead: each gets one clear line, in bounded time."""

from __future__ import annotations

import json
import mmap
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reasoner.cli.main import app
from reasoner.engine import Engine, _load, _read_cache, _seal, _write_cache
from reasoner.errors import InputRefused, LimitReached
from reasoner.hostile import MAX_DEPTH, check_depth, read_bounded
from reasoner.worker import BYTES, run_bounded

RUNNER = CliRunner()
AS_OF = ["--as-of", "2026-11-01"]
HEAD = ("@prefix marrow: <https://w3id.org/marrow/> .\n"
        "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n")
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def explain(path: Path, text: str | bytes) -> object:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return RUNNER.invoke(app, ["explain", str(path), *AS_OF])


@pytest.mark.parametrize(("name", "text", "code"), [
    ("deep.jsonld", "[" * 5000 + "]" * 5000, 4),
    ("deep.jsonld", '{"a":' * 5000 + "1" + "}" * 5000, 4),
    ("deep.rdf", f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:a="urn:">' + "<a:b><a:c>" * 3000
     + "</a:c></a:b>" * 3000 + "</rdf:RDF>", 4),
    ("deep.ttl", "<urn:a> <urn:b> " + "[ <urn:b> " * 500 + "1" + " ]" * 500 + " .", 4),
    ("deep.ttl", "<urn:a> <urn:b> " + "( " * 500 + ") " * 500 + ".", 4),
    ("quoted.ttl", HEAD + "<urn:p> a marrow:Patient . << <urn:a> <urn:b> 1 >> <urn:d> 1 .", 3),
    ("lines.ttl", "\n" * 1_000_000, 3),
    ("language.ttl", HEAD + '<urn:p> a marrow:Patient ; marrow:sex "x"@ar--rtl .', 3),
    ("markup.ttl", HEAD + f'<urn:p> a marrow:Patient ; marrow:sex "<a>&"^^<{RDF}XMLLiteral> .', 3),
    ("long.ttl", HEAD + f'<urn:p> a marrow:Patient ; marrow:sex "{"x" * 30_000}" .', 4),
])
def test_one_line_and_no_answer(tmp_path: Path, name: str, text: str, code: int) -> None:
    start = time.monotonic()
    found = explain(tmp_path / name, text)
    assert found.exit_code == code, found.output
    assert found.stdout == ""
    assert found.stderr.count("\n") == 1
    assert time.monotonic() - start < 20


@pytest.mark.parametrize(("field", "literal"), [
    ("birthDate", '"2026-02-30"^^xsd:date'), ("birthDate", '"-0001-01-01"^^xsd:date'),
    ("birthDate", '"\\u001b[31mx"^^xsd:date'), ("birthDate", '"0000-01-01"^^xsd:date'),
])
def test_a_bad_date_is_an_issue_and_never_a_traceback(tmp_path: Path, field: str,
                                                      literal: str) -> None:
    found = explain(tmp_path / "p.ttl",
                    HEAD + f"<urn:p> a marrow:Patient ; marrow:{field} {literal} .")
    assert found.exit_code == 0
    assert "Traceback" not in found.output
    assert "\x1b" not in found.output


def test_a_record_cannot_pass_for_a_part_of_the_answer(tmp_path: Path) -> None:
    """Newlines would forge a section; escapes would reach the terminal."""
    found = explain(tmp_path / "p.ttl", HEAD + """<urn:p> a marrow:Patient ;
        marrow:birthDate "1980-01-01"^^xsd:date ; marrow:hasCondition <urn:c> .
    <urn:c> a marrow:ConditionRecord ; marrow:kind marrow:LowBackPain ;
        marrow:date "2026-10-20"^^xsd:date ;
        marrow:recordSource "lab]\\n\\nRecommended\\n  red cells now\\u001b[2J\\u202E" .""")
    assert found.exit_code == 0
    assert "\nRecommended\n  red cells" not in found.stdout
    assert "\x1b" not in found.stdout
    assert "\u202e" not in found.stdout


def test_nesting_is_counted_outside_strings() -> None:
    check_depth(json.dumps({"a": "[" * 500}).encode(), "JSON_LD", "x")
    check_depth(b'<urn:a> <urn:b> "' + b"[" * 500 + b' <<" . # ((((', "TURTLE", "x")
    with pytest.raises(LimitReached):
        check_depth(b"[" * (MAX_DEPTH + 1), "JSON_LD", "x")
    check_depth(b"[" * MAX_DEPTH, "JSON_LD", "x")


def test_only_ordinary_files_are_read(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="no ordinary file"):
        read_bounded(str(tmp_path))
    pipe = tmp_path / "pipe.ttl"
    os.mkfifo(pipe)
    with pytest.raises(InputRefused, match="no ordinary file"):
        read_bounded(str(pipe))
    with pytest.raises(InputRefused):
        read_bounded("x" * 5000)


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1899-12-31"])
def test_a_date_nobody_asks_for(day: str) -> None:
    found = RUNNER.invoke(app, ["explain", "--example", "iron-deficiency", "--as-of", day])
    assert found.exit_code == 2
    assert found.stderr.count("\n") == 1


def test_a_query_that_never_ends_is_ended() -> None:
    start = time.monotonic()
    with pytest.raises(LimitReached, match="more than 1 seconds"):
        run_bounded(lambda: time.sleep(60), seconds=1)
    assert time.monotonic() - start < 10


def test_a_query_that_dies_or_grows_is_told() -> None:
    with pytest.raises(LimitReached, match="died"):
        run_bounded(lambda: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(LimitReached):
        run_bounded(lambda: len(bytearray(4_000_000_000)), size=3_000_000_000)


def test_an_error_of_the_task_comes_back_whole() -> None:
    def refuse() -> None:
        raise InputRefused("some-code", where="here", what="it is wrong", fix="mend it")

    with pytest.raises(InputRefused) as caught:
        run_bounded(refuse)
    assert (caught.value.code, str(caught.value)) == ("some-code", "here: it is wrong; mend it")
    assert run_bounded(lambda: 42) == 42


def test_what_the_caller_already_addresses_is_not_counted() -> None:
    # Set aside and never touched: it takes no memory and still counts as addressed.
    with mmap.mmap(-1, BYTES + 500_000_000, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS):
        assert run_bounded(lambda: len(bytearray(100_000_000))) == 100_000_000


@pytest.fixture(scope="module")
def written(small: Engine, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What the compiled small knowledge is kept as, under the name cache.json."""
    path = tmp_path_factory.mktemp("private") / "cache.json"
    _write_cache(path, small)
    return path.read_bytes()


@pytest.fixture
def cache(written: bytes, tmp_path: Path) -> Path:
    """A cache that is read, to be tampered with."""
    path = tmp_path / "marrow" / "cache.json"
    path.parent.mkdir(mode=0o700)
    path.write_bytes(written)
    path.chmod(0o600)
    return path


def test_a_cache_is_the_knowledge_that_was_compiled(small: Engine, cache: Path) -> None:
    found = _read_cache(cache, small.root)
    assert found is not None
    assert found.program == small.program
    assert found.graph == small.graph
    assert found.origins == small.origins


@pytest.mark.parametrize("content", ["{}", "[]", "null", "[" * 100_000, "no json",
                                     '{"origins": 1}'])
def test_a_broken_cache_is_no_cache(cache: Path, content: str) -> None:
    for sealed in (content.encode(), _seal(cache, content.encode()) + content.encode()):
        cache.write_bytes(sealed)
        assert _read_cache(cache, cache.parent) is None


def _swap(path: Path) -> None:
    data = path.read_bytes()
    said = b"urn:marrow:" if b"urn:marrow:" in data else b"marrow/"
    place = data.rindex(said)
    path.write_bytes(data[:place] + said.swapcase() + data[place + len(said):])


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("tamper", [
    _swap, _cut, _link, _pipe, _folder, Path.unlink,
    lambda path: path.chmod(0o666), lambda path: path.chmod(0o620),
    lambda path: path.parent.chmod(0o777), lambda path: path.parent.chmod(0o770),
])
def test_a_cache_that_was_or_can_be_tampered_with_is_no_cache(
    small: Engine, cache: Path, tamper: Callable[[Path], None],
) -> None:
    assert _read_cache(cache, small.root) is not None
    tamper(cache)
    assert _read_cache(cache, small.root) is None


def test_a_cache_of_other_knowledge_is_no_cache(small: Engine, cache: Path) -> None:
    """As where one by the article alone is renamed, which knows fewer contraindications."""
    other = cache.with_name("other.json")
    cache.rename(other)
    assert _read_cache(other, small.root) is None


def test_a_cache_of_another_user_is_no_cache(small: Engine, cache: Path,
                                             monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: cache.stat().st_uid + 1)
    assert _read_cache(cache, small.root) is None


def test_what_cannot_be_trusted_is_compiled_anew_and_put_right(
    small: Engine, cache: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("reasoner.engine._cache_folder", lambda: cache.parent)
    monkeypatch.setattr("reasoner.engine.read_knowledge", lambda root: None)
    monkeypatch.setattr("reasoner.engine.compile_knowledge", lambda knowledge: small)
    _swap(cache)
    cache.parent.chmod(0o777)
    found = _load.__wrapped__(small.root, "cache", "all", None)
    assert found.program == small.program
    assert cache.parent.stat().st_mode & 0o777 == 0o700
    assert _read_cache(cache, small.root) is not None


def test_a_cache_is_written_for_nobody_else(small: Engine, tmp_path: Path) -> None:
    path = tmp_path / "new" / "marrow" / "cache.json"
    _write_cache(path, small)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [p.name for p in path.parent.iterdir()] == ["cache.json"]


_FORGED = r"Laboratory\n\nRecommended\n  lithium  <Lithium>\r\tx"


@pytest.mark.parametrize("mistake", ['marrow:unit "firkin"', 'marrow:unit "g/dL", "g/L"'])
@pytest.mark.parametrize("command", [["explain", "--all"], ["validate"]])
def test_the_source_of_a_record_cannot_pass_for_a_part_of_an_answer(
        tmp_path: Path, engine: Engine, mistake: str, command: list[str]) -> None:
    """A unit that is unknown is told by the gate, and two units by the shapes, with the source."""
    text = (engine.root / "examples" / "iron-deficiency.ttl").read_text(encoding="utf-8")
    path = tmp_path / "p.ttl"
    path.write_text(text.replace(
        'marrow:unit "g/dL"', f'{mistake} ; marrow:recordSource "{_FORGED}"'), encoding="utf-8")
    found = RUNNER.invoke(app, [*command, str(path), *AS_OF])
    told = [line for line in found.stdout.splitlines() if "lithium" in line]
    assert all(line.split("lithium")[0].strip().startswith("Laboratory Recommended")
               for line in told)
    assert "\r" not in found.stdout
    assert told, "both commands tell what the gate and what the shapes refuse"


def test_a_value_ends_neither_its_cell_nor_its_row(tmp_path: Path) -> None:
    query = tmp_path / "q.rq"
    query.write_text(f'SELECT ?a ?b {{ BIND("{_FORGED}" AS ?a) BIND("b" AS ?b) }}')
    found = RUNNER.invoke(app, ["query", str(query)])
    assert found.stdout == f"a\tb\n{_FORGED}\tb\n"


def test_a_proof_is_not_written_over_the_record(tmp_path: Path, engine: Engine) -> None:
    """Under the same name, and under a link to it."""
    record = (engine.root / "examples" / "iron-deficiency.ttl").read_bytes()
    path, link = tmp_path / "p.ttl", tmp_path / "link.trig"
    path.write_bytes(record)
    link.symlink_to(path)
    for name in (path, link):
        found = RUNNER.invoke(app, ["why", str(path), "OralIron", "--rdf", str(name), *AS_OF])
        assert (found.exit_code, found.stdout) == (2, "")
        assert path.read_bytes() == record


def test_a_site_file_of_many_statements_is_refused_before_the_shapes_see_it(
        tmp_path: Path) -> None:
    path = tmp_path / "site.ttl"
    path.write_text(HEAD + "\n".join(f"<urn:c{n}> a marrow:SiteChoice ." for n in range(90_000)))
    found = RUNNER.invoke(app, ["validate", "--thresholds", str(path)])
    assert (found.exit_code, found.stdout) == (4, "")
    assert found.stderr.count("\n") == 1
