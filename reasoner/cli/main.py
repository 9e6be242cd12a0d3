"""The ``marrow`` command.

Heavy imports happen inside the commands, so that help and version answer at once. Exit codes: 0
answered, 1 findings (validate and check only), 2 usage, 3 unusable input, 4 limit reached.
"""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from .. import __version__
from ..errors import UsageError
from . import ask, diff, export, plain, release
from .call import (
    AsJson,
    Asked,
    Audience,
    Files,
    Language,
    about_a_patient,
    answer,
    answering,
    emit,
    last_of,
    only_for_clinicians,
    read_record,
    tell_language,
    tell_site,
)
from .fault import telling_faults
from .usage import Verbs
from .verdict import proof_verdict

app = typer.Typer(
    cls=Verbs, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Reason with proofs about back pain in patients with anemia. "
         "Supports clinical judgement and does not replace it.",
    epilog="Start with: marrow explain --example mixed. Exit codes: 0 answered, 1 findings "
           "(validate and check), 2 usage, 3 input that cannot be used, 4 limit reached.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"marrow {__version__}")
        raise typer.Exit


@app.callback()
def marrow(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Reason with proofs about back pain in patients with anemia."""


@app.command()
@about_a_patient
def explain(
    asked: Asked,
    patient: Files = [],  # noqa: B006 - typer reads the default and never writes to it
    everything: Annotated[
        bool, typer.Option("--all", help="Also show in full what does not apply and what was "
                                         "not used.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Show every reason with its records, every way to the "
                                          "pain, and what is assumed absent.")
    ] = False,
    evidence: Annotated[
        str, typer.Option("--evidence", metavar="TIER",
                          help="all, or article to reason from the article alone; exclusions and "
                               "red flags still apply.")
    ] = "all",
    compare: Annotated[
        bool, typer.Option("--compare-evidence", help="Instead show what differs between the "
                                                      "article alone and everything.")
    ] = False,
    all_patients: Annotated[
        bool, typer.Option("--all-patients", help="Answer for every patient of the input, one "
                                                  "after the other; with --json one a line.")
    ] = False,
    import_report: Annotated[
        bool, typer.Option("--import-report", help="Instead account for every FHIR resource: used, "
                                                   "not needed or not understood, and why.")
    ] = False,
    audience: Audience = "clinician",
    language: Language = "en",
) -> None:
    """Say what a patient has and what is recommended, and why.

    With it come why the back may hurt, what is not recommended, and what cannot be told.
    """
    from ..explanation.glance import told_text
    from ..explanation.report import report
    from ..explanation.tiers import compare_evidence, compare_text
    from .cohort import explain_all, show_import

    instead = {"import_report": import_report, "all_patients": all_patients,
               "compare_evidence": compare}
    only_for_clinicians((audience, language), **instead)
    if sum(instead.values()) > 1:
        raise UsageError("one-answer", what="--import-report, --all-patients and "
                         "--compare-evidence each answer instead", fix="take one of them")
    if any(instead.values()):
        tell_language(language)
    if import_report:
        show_import(asked, patient)
        return
    if all_patients:
        explain_all(asked, patient, evidence, (full, everything))
        return
    if compare:
        both, article = asked.assess_by(patient, "all", "article")
        found = compare_evidence(article, both)
        emit(found, asked.as_json, partial(compare_text, found), both.engine)
        return
    assessment = asked.assess(patient, evidence)
    answer(assessment, (audience, language), "explain", (everything,),
           lambda: report(assessment), lambda: told_text(
               assessment, full, everything, asked.typed(patient)),
           asked.as_json, says_site=True)


@app.command()
@about_a_patient
def why(
    asked: Asked,
    arguments: Annotated[
        list[str], typer.Argument(metavar="[PATIENT] CONCLUSION",
                                  help="A patient file (or --example) and what to explain: a "
                                       "name or label, or a line of an answer in quotation marks.")
    ],
    rdf: Annotated[
        str, typer.Option("--rdf", metavar="FILE",
                          help="Write the proof to this file as TriG, or with --justifications "
                               "those.")
    ] = "",
    draw: Annotated[
        str, typer.Option("--draw", metavar="FORM", help="Print the proof as a tree, or to be "
                                                    "drawn: mermaid, dot or graphml.")
    ] = "",
    unfold: Annotated[
        bool, typer.Option("--unfold", help="Show every step, those of general knowledge too.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--justifications", help="Instead show every smallest part of what is "
                                                    "known that gives it.")
    ] = False,
    most: Annotated[
        int, typer.Option("--most", metavar="1..1000", min=1, max=1000,
                          help="With --justifications: how many to look for.")
    ] = 50,
    audience: Audience = "clinician",
    language: Language = "en",
) -> None:
    """Show the path from the record to a conclusion."""
    from ..asking.line import line_data, name_in, preface, reader_of
    from ..explanation.justified import justifications, justifications_text
    from ..explanation.reason import reason
    from ..explanation.why import draw_why, find_conclusion
    from ..graphs.justifications import justifications_quads
    from ..store import write_quads, write_trig

    files, (wanted,) = last_of(arguments, 1, asked.example, "one conclusion")
    if rdf and any(Path(rdf).exists() and Path(rdf).samefile(f) for f in files if Path(f).exists()):
        raise UsageError("writes-over-its-input", what="--rdf names the patient's file",
                         fix="name another file to write the proof to")
    assessment = asked.assess(files)
    wanted, line = name_in(reader_of(assessment), wanted)
    only_for_clinicians((audience, language), rdf=rdf, draw=draw, unfold=unfold,
                        justifications=every)
    if draw or every:
        tell_language(language)
    if rdf and not every:
        write_trig(assessment, find_conclusion(assessment, wanted), Path(rdf))
    if draw:
        tell_site(assessment.engine)
        typer.echo(draw_why(assessment, find_conclusion(assessment, wanted), draw), nl=False)
        return
    if every:
        found = justifications(assessment, find_conclusion(assessment, wanted), most)
        if rdf:
            write_quads(justifications_quads(assessment, found), Path(rdf))
        emit(found, asked.as_json, partial(justifications_text, found), assessment.engine)
        return
    answer(assessment, (audience, language), "why", (wanted,),
           lambda: {**line_data(line), **reason(assessment, wanted, unfold)[0]},
           lambda: preface(line, assessment.graph) + reason(assessment, wanted, unfold)[1](),
           asked.as_json)


@app.command()
@about_a_patient
def validate(asked: Asked, patient: Files = []) -> None:  # noqa: B006
    """Check a patient graph; exit 1 if a part cannot be used.

    That is what breaks a shape, what the gate for numbers refuses, and results in conflict. With a
    site's file that file is checked first, and alone if no patient is named.
    """
    from dataclasses import asdict
    from datetime import date

    from ..explanation.findings import findings_of
    from ..pipeline import assess_graph, parse_date

    engine = asked.load()
    if asked.thresholds and not patient and not asked.example:
        emit({"conforms": True, "findings": []}, asked.as_json, lambda: "conforms\n", engine)
        return
    graph, issues = read_record(patient, asked.example, asked.which, engine)
    day = parse_date(asked.as_of) if asked.as_of else date.today()
    assessed = assess_graph(engine, graph, day, issues)
    later = (*assessed.issues[len(issues):], *findings_of(assessed))
    found = [*issues, *(i for i in later if i.severity == "warning")]
    lines = [f"{i.where}: {i.what}; {i.fix}  <{i.code}>\n" for i in found]
    verdict = _counted(found) if found else "conforms\n"
    emit({"conforms": not found, "findings": [asdict(i) for i in found]}, asked.as_json,
         lambda: "".join(lines) + verdict, engine)
    if found:
        raise typer.Exit(1)


@app.command()
@about_a_patient
def query(
    asked: Asked,
    arguments: Annotated[
        list[str], typer.Argument(metavar="[PATIENT] QUERY",
                                  help="A patient file (or --example) and a query: the name of a "
                                       "shipped question, or a .rq file.")
    ],
    given: Annotated[
        list[str], typer.Option("--with", metavar="NAME=VALUE",
                                help="A parameter of a shipped question, as name=LocalName.")
    ] = [],  # noqa: B006 - typer reads the default and never writes to it
) -> None:
    """Run SPARQL over the knowledge, or over a patient as well.

    A patient comes with the inferences and their proofs. Without a patient the query is asked
    of the knowledge alone.
    """
    from ..graphs.asked import graphs_for
    from ..store import answer_query, is_about_a_patient, read_parameters, read_query

    files, (wanted,) = last_of(arguments, 1, asked.example, "one query")
    text = read_query(wanted)
    parameters = read_parameters(text, given, asked.load().graph) if given else {}
    if files or asked.example or is_about_a_patient(text):
        about = asked.assess(files)
        graphs = graphs_for(about, wanted, parameters)
        engine, answer = about.engine, answer_query(about, text, parameters, graphs)
    else:
        engine = asked.load()
        answer = answer_query(engine.graph, text, parameters)
    if not asked.as_json:
        tell_site(engine)
    emit(answer.data, asked.as_json, answer.text, engine if asked.as_json else None)


@app.command()
def graph(
    html: Annotated[str, typer.Option("--html", metavar="FILE",
                                     help="Write the page to this file.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show the mechanism graph: what leads to what, says who."""
    from ..display.links import graph_data, graph_text
    from ..display.page import graph_page
    from ..pipeline import load_knowledge

    with answering():
        engine = load_knowledge()
        if html:
            Path(html).write_text(graph_page(engine), encoding="utf-8")
            typer.echo(f"wrote {html}", err=True)
            return
        emit(graph_data(engine), as_json, partial(graph_text, engine))


@app.command()
def check(
    dl: Annotated[bool, typer.Option("--dl", help="Also check consistency with HermiT (needs the "
                                                  "dl extra).")] = False,
    as_json: AsJson = False,
    write_is_a: Annotated[
        bool, typer.Option("--write-is-a", help="First write the taxonomy between kinds anew "
                                                "from the class tree.")
    ] = False,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Instead show what carries each claim; exit 1 if "
                                              "one is carried by nothing.")
    ] = False,
    article: Annotated[
        bool, typer.Option("--article", help="Instead list what of the article is contradicted, "
                                             "needs caution, leaves something open or cites "
                                             "nothing.")
    ] = False,
    row_coverage: Annotated[
        bool, typer.Option("--row-coverage", help="Instead show what carries each guideline row; "
                                                  "exit 1 if one is carried by nothing.")
    ] = False,
    proof: Annotated[
        str, typer.Option("--proof", metavar="FILE",
                          help="Instead check every step of each proof that --rdf wrote; exit 1 "
                               "if it does not hold.")
    ] = "",
    patient: Annotated[
        str, typer.Option("--patient", metavar="FILE",
                          help="With --proof: also check it against this record.")
    ] = "",
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="YYYY-MM-DD",
                            help="With --proof: the date it has to be for.")
    ] = "",
    thresholds: Annotated[
        str, typer.Option("--thresholds", metavar="FILE",
                                 help="With --proof: the site's file it was made with.")
    ] = "",
) -> None:
    """Check the knowledge, or a written proof. Exit 1 if a check finds an error."""
    from dataclasses import asdict

    from ..article import doubted_statements, doubts_text
    from ..checks import run_checks
    from ..coverage import coverage_text, find_coverage, find_row_coverage, row_coverage_text
    from ..knowledge import find_root
    from ..pipeline import load_knowledge
    from ..taxonomy import write_taxonomy

    with answering():
        if proof:
            verdict = proof_verdict(proof, patient, as_of, thresholds)
            emit(asdict(verdict), as_json, verdict.text)
            raise typer.Exit(0 if verdict.holds else 1)
        if patient or as_of or thresholds:
            raise UsageError("no-proof-named", fix="name the proof to check",
                             what="--patient, --as-of and --thresholds go with --proof")
        if write_is_a:
            typer.echo(f"wrote {write_taxonomy(find_root())}", err=True)
        if coverage:
            claims = find_coverage(find_root())
            emit([asdict(c) for c in claims], as_json, partial(coverage_text, claims))
            raise typer.Exit(0 if all(c.carriers for c in claims) else 1)
        if article:
            doubts = doubted_statements(load_knowledge().graph)
            emit(doubts, as_json, partial(doubts_text, doubts))
            return
        if row_coverage:
            rows_of = find_row_coverage(find_root())
            emit([asdict(r) for r in rows_of], as_json, partial(row_coverage_text, rows_of))
            raise typer.Exit(0 if all(r.carriers for r in rows_of) else 1)
        rows = run_checks(dl)
        lines = [f"{r['severity']}: {r['check']}: {r['where']}: {r['what']}\n" for r in rows]
        lines.append(_counted(rows) if rows else "no findings\n")
        emit(rows, as_json, lambda: "".join(lines))
        if any(r["severity"] == "error" for r in rows):
            raise typer.Exit(1)


def _counted(found: Sequence[object]) -> str:
    return f"{len(found)} finding{'' if len(found) == 1 else 's'}\n"


ask.register(app)
diff.register(app)
export.register(app)
plain.register(app)
release.register(app)


def run() -> None:
    """Run the command.

    Reading the compiled knowledge makes very many objects that all stay; looking for circles among
    them again and again would take a third of the time of a short run. Who waits at a terminal is
    told what for.
    """
    gc.set_threshold(200_000, 20, 100)
    if sys.stderr.isatty():
        logging.basicConfig(format="marrow: %(message)s")
        logging.getLogger("reasoner").setLevel(logging.INFO)
    with telling_faults():
        app(prog_name="marrow")
