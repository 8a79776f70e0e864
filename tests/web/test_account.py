"""An organiser's own account: which emails they get."""

from __future__ import annotations

from scheduler.extensions import db
from scheduler.follow.alerts import turned_off
from scheduler.models import AlertKind, Organiser


def test_each_organiser_turns_emails_off_and_on_for_themselves(organiser, programme):
    first = organiser.get("/account")
    kept = organiser.post("/account", {"kinds": ["reply", "digest"]})
    again = organiser.get("/account")

    assert sorted(first.form_values["kinds"]) == sorted(kind.value for kind in AlertKind)
    assert kept.said == "Saved."
    assert sorted(again.form_values["kinds"]) == ["digest", "reply"]
    aisha = db.session.query(Organiser).one()
    assert turned_off(aisha) == {AlertKind.MAIL_STOPPED, AlertKind.PLAN_FINISHED, AlertKind.ALL_ANSWERED}
