"""Import patients' FHIR records into the vocabulary of a patient graph.

What is understood becomes records; what is not becomes an issue that names the resources, and
nothing is dropped in silence. The import concludes nothing: which result is current and which
condition is active is for the rules to say.
"""

from __future__ import annotations

from ..knowledge import Graph
from ..mapping import Mappings
from .intake import FhirImport, FhirInput
from .notes import Notes
from .report import ImportReport, Tally, report_data, report_text
from .source import Source, sources_of

__all__ = ["FhirImport", "FhirInput", "ImportReport", "Notes", "Source", "Tally", "read_bundle",
           "report_data", "report_text", "sources_of"]


def read_bundle(data: bytes, source_name: str, mappings: Mappings,
                knowledge: Graph | None = None) -> FhirImport:
    """Import the one patient of a bundle, a list, a bare resource or NDJSON.

    Args:
        data: FHIR as JSON, plain or gzip.
        source_name: what to call the document in messages.
        mappings: which codes mean which terms.
        knowledge: the ontology; with it, a code of another sort than its resource needs is found.

    Raises:
        InputRefused: it is no FHIR JSON about one patient.
        LimitReached: it is larger or deeper than the limits.
    """
    with FhirInput([Source(source_name, data)], mappings, knowledge) as found:
        return found.read(found.only())
