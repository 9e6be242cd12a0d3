"""An assessment and a proof as HTML for a notebook: no script, nothing from elsewhere.

Elements are built and written by the standard library, so that nothing a record says can become
markup. The text has the colours of the page that it stands in.
"""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, SubElement

from ..assessment import Assessment
from ..proof import Proof
from .decisions import site_lines
from .disagreements import disagreement_lines
from .followup import due_text, monitoring_text, term_text
from .picture import Picture, written
from .report import report
from .steps import Step, steps_of
from .text import TITLES, UNCONFIRMED, deferred_text, needs_text, source_text
from .unconfirmed import pressing_lines, quiet_lines
from .unread import aside_line, unread_line

_OPEN = ("recommended", "consider", "cannot-tell")
"""The outcomes that are shown unfolded."""


def frame(title: str, notice: str) -> tuple[Element, Element]:
    """Return an article with its title, and its body, ahead of the notice that goes with it."""
    article = Element("article", {"class": "marrow", "lang": "en",
                                  "style": "line-height:1.45;max-width:76rem"})
    SubElement(article, "h3", {"style": "margin:.3em 0"}).text = title
    body = SubElement(article, "div")
    SubElement(SubElement(article, "p"), "small").text = notice
    return article, body


def assessment_html(assessment: Assessment) -> str:
    """Return an assessment as HTML, the pressing first."""
    data = report(assessment)
    knowledge = data["knowledge"]
    article, body = frame(f"Patient {data['patient']} as of {data['asOf']}", knowledge["notice"])
    site = site_lines(data["site"])
    if site:
        _items(body, list(site))
    aside = aside_line(data["setAside"])
    if aside:
        SubElement(body, "p").text = aside
    section = _section(body, "Red flags")
    _flags(section, data["redFlags"])
    unread = unread_line(data["unreadDiagnoses"])
    if unread:
        SubElement(section, "p").text = unread
    pressing = [line.strip() for line in pressing_lines(data["unconfirmed"])]
    if pressing:
        _items(section, pressing)
    quiet = [line.strip() for line in quiet_lines(data["unconfirmed"])]
    if quiet:
        _items(_section(body, UNCONFIRMED), quiet)
    for title, key in (("Findings", "findings"), ("Disorders", "disorders")):
        _conditions(_section(body, title), data[key])
    _paths(_section(body, "Why the back may hurt (what may be, never what is)"), data["painPaths"])
    for outcome, title in TITLES.items():
        chosen = [e for e in data["recommendations"] if e["outcome"] == outcome]
        if chosen:
            _recommendations(_section(body, f"{title} ({len(chosen)})", outcome in _OPEN), chosen)
    if data["disagreements"]:
        _items(_section(body, "Sources disagree, and none is preferred here; a site may choose"),
               disagreement_lines(data["disagreements"]))
    if data["pitfalls"]:
        _items(_section(body, "Pitfalls in the plan of care"), [
            "; ".join([f"{e['label']}: {e['says']}", *term_text(e["term"], stopped=True),
                       *(f"because {reason}" for reason in e["because"]),
                       *(f"source: {source_text(s)}" for s in e["sources"])])
            for e in data["pitfalls"]])
    if data["deferredPitfalls"]:
        _items(_section(body, "Pitfalls that are judged later"),
               [*map(deferred_text, data["deferredPitfalls"])])
    if data["monitoring"]:
        section = _section(body, "Monitoring")
        due = list(due_text(data["monitoring"]))
        if due:
            _items(section, due)
        _items(section, ["; ".join([*(line.strip() for line in monitoring_text(e)),
                                    f"source: {source_text(e)}"]) for e in data["monitoring"]])
    _items(_section(body, f"Assumed absent, because no record names it "
                          f"({len(data['assumptions'])})", False),
           [a["label"] for a in data["assumptions"]])
    if data["issues"]:
        _items(_section(body, f"Not used, or in conflict ({len(data['issues'])})"),
               [f"{i['where']}: {i['what']}; {i['fix']}" for i in data["issues"]])
    SubElement(SubElement(body, "p"), "small").text = \
        f"Knowledge {knowledge['version']} ({knowledge['fingerprint']}), " \
        f"evidence: {knowledge['evidence']}"
    return written(article, "html")


def _section(body: Element, title: str, unfolded: bool = True) -> Element:
    details = SubElement(body, "details", {"open": "open"} if unfolded else {})
    SubElement(SubElement(details, "summary"), "strong").text = title
    return details


def _items(parent: Element, lines: list[str], otherwise: str = "none") -> None:
    if not lines:
        SubElement(parent, "p").text = otherwise
        return
    listed = SubElement(parent, "ul")
    for line in lines:
        SubElement(listed, "li").text = line


def _flags(parent: Element, flags: list[dict[str, Any]]) -> None:
    if not flags:
        SubElement(parent, "p").text = \
            "none raised by what is on record; that is no proof that there is none"
    for flag in sorted(flags, key=lambda f: str(f["urgency"])):
        entry = SubElement(parent, "div", {"style": "border-left:4px solid;padding-left:.7em"})
        SubElement(entry, "strong").text = \
            f"{flag['label']} ({flag['certainty']}) {flag['urgency'] or ''}".rstrip()
        _items(entry, [
            *(f"do: {action}" + (f" Who: {actor}." if actor else "")
              for action, actor in zip(flag["actions"], flag["actors"], strict=True)),
            *(f"because {reason}" for reason in flag["because"]),
            *(f"source: {source_text(s)}" for s in flag["sources"])])


def _conditions(parent: Element, conditions: list[dict[str, Any]]) -> None:
    if not conditions:
        SubElement(parent, "p").text = "none established"
    listed = SubElement(parent, "ul") if conditions else parent
    for condition in conditions:
        entry = SubElement(listed, "li")
        aside = "; sources disagree" if condition["sourcesDisagree"] else ""
        SubElement(entry, "span").text = \
            f"{condition['label']} ({condition['certainty']}{aside})"
        if condition["because"]:
            _items(entry, condition["because"])


def _paths(parent: Element, paths: list[dict[str, Any]]) -> None:
    _items(parent, [
        f"[{path['certainty']}] " + " \u2192 ".join(k["label"] for k in path["kinds"])
        + f" ({', '.join(sorted({c for link in path['links'] for c in link['claims']}))})"
        + "".join(f"; {fit['says']}" for fit in path["fit"])
        for path in paths],
        "no active causal link leads from what is on record to a recorded pain")


def _recommendations(parent: Element, entries: list[dict[str, Any]]) -> None:
    listed = SubElement(parent, "ul")
    for entry in entries:
        item = SubElement(listed, "li")
        SubElement(item, "strong").text = entry["label"]
        aside = list(entry["reasons"])
        aside += ["being given now"] if entry["ongoing"] else []
        name = SubElement(item, "code")
        name.text = entry["intervention"]
        name.tail = f" [{'; '.join(aside)}]" if aside else ""
        name.set("style", "margin-left:.6em")
        lines = [needs_text(entry["missing"])] if entry["missing"] else []
        lines += [f"waits for: {', '.join(entry['waitsFor'])}"] if entry["waitsFor"] else []
        for sign, key in (("for", "because"), ("against", "against")):
            lines += [f"{sign}: {row['label']} ({row['modality']}; {source_text(row)})"
                      + (f": {'; '.join(row['facts'])}" if row["facts"] else "")
                      for row in entry[key]]
        if lines:
            _items(item, lines)


def proof_picture(assessment: Assessment, proof: Proof) -> Picture:
    """Return a proof as a picture: each step below what it rests on, records with dotted edges."""
    import networkx as nx

    steps = steps_of(assessment, proof)
    graph: nx.DiGraph[str] = nx.DiGraph()
    for step in steps:
        name = f"step {step.number}"
        graph.add_node(name, label=f"{step.number}. {step.sentence}", says=_said(step),
                       sort="goal" if step is steps[-1] else "plain")
        for record in step.records:
            graph.add_node(record, label=record, says=record, sort="record")
            graph.add_edge(record, name, says=f"{record} is read by {step.rule}", sort="plain")
    for step in steps:
        for number in step.premises:
            graph.add_edge(f"step {number}", f"step {step.number}", sort="plain",
                           says=f"step {step.number} rests on step {number}")
    return Picture(
        f"Why: {assessment.wording.sentence(proof.conclusion)}",
        f"{len(steps)} steps; each arrow leads from what a step rests on. Dotted boxes are "
        "records. The list says the same.", graph, columns=26)


def proof_svg(assessment: Assessment, proof: Proof) -> str:
    """Return that picture as a file of its own."""
    return proof_picture(assessment, proof).svg(alone=True)


def _said(step: Step) -> str:
    sources = f"; {', '.join(step.sources)}" if step.sources else ""
    return f"{step.sentence} (by {step.rule}{sources})"


def proof_html(assessment: Assessment, proof: Proof) -> str:
    """Return a proof as HTML: its picture and its steps, each after those it rests on."""
    picture = proof_picture(assessment, proof)
    article, body = frame(picture.title, assessment.wording.notice())
    SubElement(body, "div", {"style": "overflow-x:auto"}).append(picture.element())
    listed = SubElement(body, "ol")
    for step in steps_of(assessment, proof):
        item = SubElement(listed, "li")
        rests = f" (from {', '.join(str(n) for n in step.premises)})" if step.premises else ""
        SubElement(item, "span").text = f"{step.sentence}{rests}"
        small = SubElement(item, "small")
        small.text = f" by {step.rule}" + \
            (f"; {', '.join(step.sources)}" if step.sources else "")
        if step.records:
            _items(item, list(step.records))
    return written(article, "html")
