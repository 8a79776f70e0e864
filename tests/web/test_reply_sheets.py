"""Replies as a spreadsheet: every invitation, its reply and words, and no cell that would be a formula."""

from __future__ import annotations

import csv
import io

import openpyxl

from scheduler.extensions import db
from scheduler.invite import publishing
from scheduler.models import Invitation, PartStat, Reply
from tests.builders import a_pair, a_session, a_venue, an_event, keep
from tests.invite.plans import a_plan


def test_both_kinds_hold_a_row_for_each_invitation_with_its_reply_and_words(organiser, programme):
    pair = a_pair(programme)
    session = a_session(an_event(programme, title="Workshop 1"), "2099-07-14 09:30", venue=a_venue(programme))
    publishing.publish(a_plan(programme, [(pair, session)]), by=None)
    invitation = db.session.query(Invitation).filter_by(person_id=pair.director_id).one()
    keep(
        Reply(
            programme=programme, invitation=invitation, answer=PartStat.DECLINED, sequence=0,
            stamp=invitation.dtstamp, comment="=HYPERLINK(\"https://evil.example\")", given_by="pa@trust.example",
        )
    )  # fmt: skip
    address = f"/programmes/{programme.slug}/replies/replies"

    text, book = organiser.get(f"{address}.csv"), organiser.get(f"{address}.xlsx")

    rows = list(csv.DictReader(io.StringIO(text.response.data.decode("utf-8-sig"))))
    declined = next(row for row in rows if row["Name"] == pair.director.name)
    assert len(rows) == 2
    assert (declined["Reply"], declined["Given by"]) == ("Declined", "pa@trust.example")
    assert (declined["Date"], declined["Starts"], declined["Time zone"]) == ("2099-07-14", "09:30", "Europe/London")
    assert (declined["ODS code"], declined["Place"]) == (pair.trust.ods_code, "The Carriageworks, Leeds, LS2 3AD")
    assert declined["Comment"].startswith("'=")
    sheet = openpyxl.load_workbook(io.BytesIO(book.response.data)).active
    cells = [list(row) for row in sheet.iter_rows(min_row=2)]
    assert {cell.data_type for row in cells for cell in row if cell.value} == {"s"}
    assert sorted(row[6].value for row in cells) == sorted(person.name for person in pair.people)
