"""Every invitation with its reply as rows of a spreadsheet, for those who count in Excel."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from scheduler.collect.audience import living_pairs
from scheduler.invite.replies import InvitationReplies, replies_in
from scheduler.models import Programme

HEADINGS = (
    "Event", "Date", "Starts", "Ends", "Time zone", "Place", "Name", "Email", "Trust", "ODS code", "Region",
    "Reply", "Replied at (UTC)", "Given by", "Comment", "Proposes (UTC)", "Wants to send",
)  # fmt: skip


def rows_of(programme: Programme) -> Iterator[tuple[str, ...]]:
    """A row for every living invitation, by date and Trust; every cell is text."""
    trust_of = {person.id: pair.trust for pair in living_pairs(programme) for person in pair.people}
    for each in replies_in(programme):
        invitation, last = each.invitation, each.last
        trust = trust_of.get(invitation.person_id)
        start = invitation.starts_at.astimezone(ZoneInfo(invitation.time_zone))
        end = invitation.ends_at.astimezone(ZoneInfo(invitation.time_zone))
        yield (
            invitation.session.event.title,
            f"{start:%Y-%m-%d}",
            f"{start:%H:%M}",
            f"{end:%H:%M}",
            invitation.time_zone,
            invitation.location,
            invitation.person.name,
            invitation.attendee,
            trust.name if trust else invitation.person.affiliation,
            trust.ods_code if trust else "",
            trust.region if trust else "",
            each.state.value,
            f"{last.arrived_at:%Y-%m-%d %H:%M}" if last else "",
            last.given_by if last else "",
            each.comment,
            _proposal(each),
            each.delegated_to,
        )


def _proposal(each: InvitationReplies) -> str:
    if each.proposal is None:
        return ""
    start, end = each.proposal
    return f"{start:%Y-%m-%d %H:%M} to {end:%H:%M}"
