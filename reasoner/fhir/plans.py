"""Make the records of a CarePlan: one for each activity that it describes.

Source: HL7 FHIR R4, CarePlan.
"""

from __future__ import annotations

from .document import Entry
from .element import objects, read_concept, source_text, text
from .records import Context, Record, date_fact, make_records

_STATUSES = {
    "cancelled": "revoked", "completed": "completed", "in-progress": "active",
    "not-started": "active", "scheduled": "active", "stopped": "revoked",
}
_PLANS = {"active": "", "completed": "completed", "revoked": "revoked"}


def read_plan(entry: Entry, context: Context) -> list[Record]:
    """Make the records of a CarePlan; activities that are only referred to are not read."""
    resource, notes = entry.resource, context.notes
    overall = _PLANS.get(text(resource.get("status")))
    if overall is None or resource.get("intent") in ("proposal", "option"):
        notes.add("plan-not-settled", entry.name, "this CarePlan is not settled: it is a draft or "
                  "an option, on hold, or says no status", "send the plan that holds",
                  "information")
        return []
    period = resource.get("period")
    start = resource.get("created") or (period.get("start") if isinstance(period, dict) else None)
    dated = date_fact(entry, "created", start, "date", notes)
    records = []
    for number, activity in enumerate(objects(resource.get("activity"))):
        detail = activity.get("detail")
        if not isinstance(detail, dict) or detail.get("doNotPerform") is True:
            notes.add("activity-not-read", entry.name, "an activity of this CarePlan is only "
                      "referred to, or is not to be done", "read it yourself where it matters",
                      "information")
            continue
        status = overall or _STATUSES.get(text(detail.get("status")))
        if not status:
            notes.add("activity-not-settled", entry.name, "an activity of this CarePlan is on hold "
                      "or says no status", "send the plan that holds", "information")
            continue
        concept = read_concept(detail.get("code"))
        kinds = context.kinds.of(entry, "activity.detail.code", concept, "InterventionKind",
                                 "information")
        records += make_records(entry, "PlanRecord", kinds,
                                [("status", source_text(status)), *dated],
                                f"$.activity[{number}].detail.code", f"/activity/{number + 1}")
    if not records and not notes.reason:
        notes.add("no-activity", entry.name, "this CarePlan describes no activity",
                  "send what is planned", "information")
    return records
