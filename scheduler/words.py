"""What stored values are called on screens and in mails: one label each, in one place (docs/words.md)."""

from __future__ import annotations

from collections.abc import Mapping

ANSWERS: Mapping[str | None, str] = {
    "yes": "Yes",
    "if-need-be": "If need be",
    "no": "No",
    None: "Not answered",
}

EVENT_KINDS: Mapping[str, str] = {
    "national": "National event",
    "regional": "Regional event",
    "workshop": "Workshop",
    "conference": "Conference",
    "sets": "Action learning sets",
}

PLAN_STATUSES: Mapping[str, str] = {
    "waiting": "Waiting",
    "running": "Planning",
    "draft": "Draft",
    "published": "Published",
    "superseded": "Superseded",
    "failed": "Failed",
    "infeasible": "Cannot hold",
}

MESSAGE_STATES: Mapping[str, str] = {
    "waiting": "Waiting",
    "held": "Held",
    "sending": "Sending",
    "sent": "Sent",
    "failed": "Failed",
    "bounced": "Bounced",
    "uncertain": "Uncertain",
    "stopped": "Stopped",
}

REPLIES: Mapping[str, str] = {
    "needs-action": "No reply",
    "accepted": "Accepted",
    "tentative": "Tentative",
    "declined": "Declined",
}

ROLES: Mapping[str, str] = {
    "owner": "Owner",
    "planner": "Planner",
    "facilitator": "Facilitator",
    "viewer": "Viewer",
    "evaluator": "Evaluator",
}

PAIR_ROLES: Mapping[str, str] = {
    "director": "R&D director",
    "manager": "R&D manager",
    "sponsor": "Board sponsor",
}

# North to south, as every list and every region bar has them; the letters tell the parts of a bar apart in grey.
REGION_LETTERS: Mapping[str, str] = {
    "North West": "NW",
    "North East and Yorkshire": "NEY",
    "Midlands": "Mid",
    "East of England": "EoE",
    "South West": "SW",
    "South East": "SE",
    "London": "Lon",
}

# The organiser's areas in the order of the header: label and address below /programmes/<slug>.
AREAS: tuple[tuple[str, str], ...] = (
    ("Home", ""),
    ("People", "/people"),
    ("Events", "/events"),
    ("Collect", "/collect"),
    ("Plan", "/plans"),
    ("Invite", "/messages"),
    ("Follow", "/attendance"),
    ("Settings", "/settings"),
)


def label(labels: Mapping[str, str] | Mapping[str | None, str], value: str | None) -> str:
    """The label of a stored value; a value without one is shown as it is, so that nothing vanishes."""
    return labels.get(value, "" if value is None else str(value))  # type: ignore[arg-type]
