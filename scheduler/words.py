"""What stored values are called on screens and in mails: one label each, in one place (docs/words.md).

Keys are the stored values themselves, as text: this module stands below the tables that hold them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scheduler.deeds import OF_PEOPLE_AND_SEATS

ANSWERS: Mapping[str | None, str] = {
    "yes": "Yes",
    "if-need-be": "If need be",
    "no": "No",
    None: "Not answered",
}

GIVEN_IN: Mapping[str, str] = {
    "web": "On their page",
    "on behalf": "By an organiser",
    "import": "From a file",
    "demo": "Made up for the demo",
}

# What is known of two Trusts on one occasion.
HOWS: Mapping[str, str] = {
    "met": "Met",
    "planned": "Planned, attendance not taken",
    "will meet": "Will meet",
}

EVENT_KINDS: Mapping[str, str] = {
    "national": "National event",
    "regional": "Regional event",
    "workshop": "Workshop",
    "conference": "Conference",
    "action learning sets": "Action learning sets",
    "interviews": "Interviews",
}

PLAN_STATUSES: Mapping[str, str] = {
    "draft": "Draft",
    "published": "Published",
    "superseded": "Superseded",
    "discarded": "Discarded",
}

RUN_STATES: Mapping[str, str] = {
    "queued": "Waiting",
    "running": "Planning",
    "finished": "Finished",
    "failed": "Failed",
}

RUN_ENDS: Mapping[str, str] = {
    "proven": "No plan can do better: this is proven",
    "time limit": "The time was up",
    "stopped": "Stopped by an organiser",
    "infeasible": "The rules cannot hold together",
    "nothing found": "No plan was found in the time given",
    "out of memory": "Planning needed more memory than it may use",
    "crashed": "Planning broke off",
    "edited by hand": "Changed by hand",
}

ADVICE_STATES: Mapping[str, str] = {
    "queued": "Waiting",
    "working": "Working it out",
    "done": "Worked out",
    "stopped": "Stopped",
    "failed": "Failed",
}

LOCK_KINDS: Mapping[str, str] = {
    "attends": "Stays here",
    "never": "Never here",
    "runs": "Runs",
    "stays closed": "Stays closed",
    "set": "Stays in this set",
}

MESSAGE_STATES: Mapping[str, str] = {
    "waiting": "Waiting",
    "held": "Held",
    "sending": "Sending",
    "sent": "Sent",
    "failed": "Failed",
    "bounced": "Bounced",
    "uncertain": "Uncertain",
    "withdrawn": "Withdrawn",
}

REPLIES: Mapping[str, str] = {
    "needs-action": "No reply",
    "accepted": "Accepted",
    "tentative": "Tentative",
    "declined": "Declined",
}

WHO_COMES: Mapping[str, str] = {
    "partner": "Their partner still comes",
    "someone": "Someone comes for them",
    "nobody": "Nobody comes for them",
    "self": "They can come after all",
}

# The emails that organisers get, as they turn them on and off.
ALERT_KINDS: Mapping[str, str] = {
    "reply": "A reply needs me, an address bounced, or mail was refused",
    "mail-stopped": "Mail has stopped, or replies are not being read",
    "plan-finished": "A plan I started is finished, and I was not there",
    "all-answered": "Everybody has answered an event",
    "digest": "On the morning of a working day that brings something new: all that needs me",
}

# What came of one try to deliver a message.
FATES: Mapping[str | None, str] = {
    None: "Cut short: the worker that sent it ended",
    "sent": "Taken by the mail server",
    "refused": "Refused",
    "try-later": "Not taken, tried again later",
    "uncertain": "Handed over without an answer, so it may have arrived",
}

METHODS: Mapping[str, str] = {
    "REQUEST": "Invitation",
    "CANCEL": "Cancellation",
}

ROLES: Mapping[str, str] = {
    "owner": "Owner",
    "planner": "Planner",
    "facilitator": "Facilitator",
    "viewer": "Viewer",
    "evaluator": "Evaluator",
}

# What each role may do, for who gives it.
ROLES_EXPLAINED: Mapping[str, str] = {
    "owner": "Everything, also settings, and who else may do what",
    "planner": "Everything but settings: people, events, answers, plans, invitations",
    "facilitator": "Look at people, events, answers and plans",
    "viewer": "Look at people, events, answers and plans",
    "evaluator": "Data without names, for the evaluation",
}

PAIR_ROLES: Mapping[str, str] = {
    "director": "R&D director",
    "manager": "R&D manager",
}

STANDINGS: Mapping[str, str] = {
    "participant": "Participant",
    "stakeholder": "Stakeholder",
    "speaker": "Speaker",
    "facilitator": "Facilitator",
    "sponsor": "Board sponsor",
}

TRUST_TYPES: Mapping[str, str] = {
    "acute": "Acute",
    "specialist": "Specialist",
    "mental health": "Mental health",
    "community": "Community",
    "ambulance": "Ambulance",
}

RESEARCH_ACTIVITIES: Mapping[str, str] = {
    "high": "High",
    "medium": "Medium",
    "low": "Low",
}

# Answers to "Where are you now?" with an improvement intention.
HEADWAYS: Mapping[str, str] = {
    "not started": "Not started",
    "started": "Started",
    "making a difference": "Making a difference",
    "changed course": "Changed course",
}

# What a mix rule may look at; "one region", "different regions".
MIXED_BY: Mapping[str, tuple[str, str]] = {
    "region": ("region", "regions"),
    "trust_type": ("type of Trust", "types of Trust"),
    "research_activity": ("level of research activity", "levels of research activity"),
    "theme": ("main theme", "main themes"),
}

PROPOSAL_KINDS: Mapping[str, str] = {
    "topic": "A topic",
    "date": "A date",
    "host": "A host",
}

PROPOSAL_STATES: Mapping[str, str] = {
    "open": "Open",
    "taken up": "Taken up",
    "declined": "Not taken up",
    "withdrawn": "Withdrawn",
}

# The evaluation: when it asks, and how well somebody knows anyone at a Trust.
WAVES: Mapping[str, str] = {
    "before": "Before the programme",
    "after": "After the programme",
}

TIES: Mapping[str, str] = {
    "know": "I know somebody",
    "would call": "I would call them for advice",
    "have worked with": "We have worked together",
}

IMPORT_STATES: Mapping[str, str] = {
    "checked": "Checked",
    "imported": "Imported",
    "undone": "Undone",
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

# The pages of one area, beside one another; the first is the area's own. Those with a page of their own are shown.
PAGES_WITHIN: Mapping[str, tuple[tuple[str, str], ...]] = {
    "People": (
        ("Pairs", "/people"),
        ("Cohorts", "/cohorts"),
        ("Facilitators", "/facilitators"),
    ),
    "Events": (
        ("Events", "/events"),
        ("Venues", "/venues"),
        ("Proposals", "/proposals"),
        ("Interviews", "/interviews"),
    ),
    "Invite": (
        ("Messages", "/messages"),
        ("Replies", "/replies"),
        ("To judge", "/replies/held"),
        ("Declined", "/replies/declined"),
        ("Mail received", "/replies/received"),
        ("Bounced", "/replies/bounced"),
        ("Free seats", "/free-seats"),
    ),
    "Follow": (
        ("Attendance", "/attendance"),
        ("Sets", "/sets"),
        ("Encounters", "/encounters"),
        ("Reach", "/reach"),
        ("Fairness", "/fairness"),
        ("Improvement intentions", "/intentions"),
        ("Board sponsors", "/sponsors"),
        ("Evaluation", "/evaluation"),
        ("Board report", "/board-report"),
    ),
    "Settings": (
        ("Settings", "/settings"),
        ("Retention", "/settings/retention"),
        ("Audit", "/audit"),
    ),
}

# What was done with a message that came in.
EFFECTS: Mapping[str | None, str] = {
    None: "Not read yet",
    "accepted": "Accepted",
    "tentative": "Tentative",
    "declined": "Declined",
    "counter": "Another time proposed",
    "delegated": "Wants to send somebody",
    "refreshed": "Invitation sent again",
    "bounced": "Bounced",
    "ignored": "Ignored",
    "auto-reply-ignored": "Out of office, ignored",
    "held": "Held",
    "refused": "Refused",
    "duplicate": "Came twice",
}

DECISIONS: Mapping[str, str] = {
    "same-person": "It is theirs: the address is remembered",
    "assistant": "It is their assistant's: the address is remembered",
    "not-theirs": "Not theirs",
    "seen": "Seen",
}

# What was marked of somebody at a session; "" where nothing was.
PRESENCES: Mapping[str, str] = {
    "": "Not marked",
    "present": "Here",
    "apologies": "Apologies",
    "absent": "Not here",
    "deputy": "Deputy",
}

OFFER_STATES: Mapping[str, str] = {
    "offered": "Offered",
    "taken": "Taken",
    "refused": "Not wanted",
    "lapsed": "Lapsed",
    "withdrawn": "Taken back",
    "gone": "No longer free",
}

# What each entry of the audit says after the name of who did it. {thing} and the details of the entry fill it.
DEEDS: Mapping[str, str] = {
    **OF_PEOPLE_AND_SEATS,
    "answers.given_on_behalf": "answered for {thing}",
    "apology.dealt-with": "dealt with what {thing} said of a date",
    "apology.given": "told the organisers something about {thing}",
    "apology.reopened": "opened again what {thing} said of a date",
    "check-in.link-made": "made a check-in link for {thing}",
    "check-in.link-revoked": "ended a check-in link for {thing}",
    "collection.asked": "asked {people} people for dates of {thing}",
    "collection.closed": "closed answers to {thing}",
    "collection.closing-date-changed": "changed the closing date of {thing}",
    "collection.opened": "opened {thing} for answers",
    "collection.asked-to-decide": "asked {people} people to decide",
    "collection.reminded": "reminded {people} people of their dates",
    "evaluation.asked": "asked {people} people the evaluation's question, {thing} the programme",
    "evaluation.closed": "closed the evaluation's question {thing} the programme",
    "evaluation.opened": "opened the evaluation's question {thing} the programme",
    "encounters.brought": "brought in {encounters} earlier encounters from {thing}",
    "encounters.taken-back": "took the earlier encounters from {thing} out again",
    "event.added": "added {thing}",
    "event.changed": "changed {thing}",
    "directory.joined": "is listed in the directory",
    "directory.left": "left the directory",
    "cohort.added": "added the cohort {thing}",
    "cohort.changed": "changed the cohort {thing}",
    "cohort.joined": "put {pairs} pairs into the cohort {thing}",
    "intention.said": "said where {thing} is with its improvement intention",
    "intention.written": "wrote the improvement intention of {thing}",
    "link.renewed": "made a new link for {thing}: the old one has ended",
    "link.sent": "sent {thing} their link again",
    "lock.removed": 'removed the lock "{thing}"',
    "lock.added": 'added a lock: "{thing}"',
    "message.written": 'wrote "{thing}" to {people} people',
    "message.sent-again": 'sent "{thing}" again',
    "messages.released": "released {messages} held messages",
    "messages.stopped": "stopped {messages} messages that were waiting",
    "note.written": "wrote a note to the organisers",
    "organiser.logged-in": "logged in",
    "own-set.asked-to-join": "asked somebody to join {thing}",
    "own-set.cancelled": "cancelled the meeting of {thing} on {when}",
    "own-set.choice-called-off": "stopped choosing the next date of {thing}",
    "own-set.closed": "closed {thing}",
    "own-set.facilitator-changed": "changed who leads {thing}",
    "own-set.joined": "joined {thing}",
    "own-set.leavers-let-go": "took who has left the programme out of {thing}",
    "own-set.left": "left {thing}",
    "own-set.moved": "moved a meeting of {thing} to {when}",
    "own-set.offered": "offered {thing} {dates} dates to choose from",
    "own-set.released": "let {thing} run itself",
    "own-set.settled": "settled the next meeting of {thing}: {when}",
    "people.import-undone": "undid the import of {thing}",
    "people.imported": "imported {rows} rows from {thing}",
    "plan.discarded": "discarded {thing}",
    "plan.made": "finished {thing}",
    "plan.moved": "moved {who} to {where} in {thing}",
    "plan.move-undone": "took back the move of {who} in {thing}",
    "plan.mix-overruled": "moved {who} to {where} in {thing} against the mix, reason: {overruled}",
    "plan.kept": "kept what was tried from plan {tried_from} as {thing}",
    "plan.published": "published {thing}",
    "plan.told-unplaced": "told {people} people that {thing} has no place for them",
    "plan.started": "started {thing}",
    "event.themes-changed": "changed which themes {thing} takes up",
    "inquiry.heard": "wrote down what was heard from {thing}",
    "proposal.declined": "did not take up the proposal {thing}",
    "proposal.taken-up": "made an event of the proposal {thing}",
    "programme.changed": "changed the settings of {thing}",
    "programme.copied": "created {thing} from an earlier programme",
    "programme.created": "created {thing}",
    "programme.end-set": "set the last day of {thing}",
    "sponsor.confirmed": "confirmed who represents {thing}",
    "sponsors.asked": "asked {people} board sponsors to confirm their pairs",
    "themes.kept": "changed the themes that pairs may choose: {themes} now",
    "wording.changed": "changed the wording of {thing}",
    "wording.ours-again": "went back to Convene's own wording of {thing}",
    "reply.decided": "decided what came of a message from {thing}",
    "reply.undone": "took back what a message from {thing} did",
    "role.set": "changed the role of {thing}",
    "facilitator.added": "added a facilitator to {thing}",
    "facilitator.changed": "changed how many sets a facilitator of {thing} leads",
    "facilitator.taken-away": "took a facilitator away from {thing}",
    "set.written-to": "wrote to {thing}",
    "sets.proposed": "proposed the sets of {thing} to {people} people",
    "session.added": "added a date to {thing}",
    "sessions.added": "added {dates} dates to {thing}",
    "apart.added": "keeps {thing} apart",
    "apart.removed": "lets {thing} meet again",
    "event.audience-changed": "changed who {thing} is for",
    "event.copied": "copied {thing} to {weeks} weeks later",
    "session.changed": "changed a date of {thing}",
    "session.offered-again": "offered a withdrawn date of {thing} again",
    "session.withdrawn": "withdrew a date of {thing}",
    "venue.changed": "changed the venue {thing}",
    "venue.added": "added the venue {thing}",
    "notices.switched": "changed which mails around a session are sent in {thing}",
    "tables.asked": "had tables planned for {thing}",
    "trust.changed": "changed the details of {thing}",
}


def label(labels: Mapping[str, str] | Mapping[str | None, str], value: str | None) -> str:
    """The label of a stored value; a value without one is shown as it is, so that nothing vanishes."""
    return labels.get(value, "" if value is None else str(value))  # type: ignore[arg-type]


def audit_sentence(who: str | None, what: str, thing: str, details: Mapping[str, Any]) -> str:
    """One entry of the audit as a sentence: "Aisha Khan published plan 5". ``who`` None is Convene itself."""
    deed = DEEDS.get(what, what.replace(".", " ") + " {thing}")
    return f"{who or 'Convene'} {deed.format_map(_Filled(details, thing=thing)).strip()}"


class _Filled(dict[str, Any]):
    """The details of an entry; one that an older version did not keep is left out of the sentence."""

    def __missing__(self, key: str) -> str:
        return ""
