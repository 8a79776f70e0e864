"""Mail that is broken, huge, forged or meant ill: one row with its reason, no traceback, no answer that is not one."""

from __future__ import annotations

import base64
import re

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler.extensions import db
from scheduler.invite import receiving
from scheduler.invite.incoming.unwrapping import TOO_DEEP, TOO_LARGE, TOO_LARGE_A_CALENDAR
from scheduler.models import Effect, OutboxMessage, PartStat, ReceivedMessage, Reply
from tests.invite.inbox import FORMS, a_reply, answer_of, form, invited, receive


def rows():
    return db.session.scalar(sa.select(sa.func.count()).select_from(ReceivedMessage))


def _read_all(messages, ben):
    """Read messages one after the other; each has one row, with a reason that is not our own fault."""
    db.session.execute(sa.text("PRAGMA synchronous=OFF"))
    seen = set()
    for raw in messages:
        received = receive(raw)
        seen.add(receiving.fingerprint(raw))
        assert received.why not in ("", receiving.UNREADABLE), raw
        assert rows() == len(seen)
    assert db.session.query(Reply).filter_by(invitation_id=ben.id).count() == 0
    assert answer_of(ben) == "needs-action"


def test_every_form_cut_at_two_places_and_with_two_headers_doubled(app):
    """A tenth of what the two long tests below read, in every run: the places are other ones for each form."""
    ana, ben = invited()
    broken = []
    for nth, name in enumerate(FORMS):
        whole = form(name, ana)
        doubled = list(_with_a_header_doubled(whole))
        broken += [whole[: len(whole) * (nth + 1) // (len(FORMS) + 1)], whole[: -2 - nth * 7]]
        broken += [doubled[nth % len(doubled)], doubled[-1 - nth // 2 % len(doubled)]]

    _read_all(broken, ben)


@pytest.mark.long
@pytest.mark.parametrize("name", FORMS)
def test_a_form_cut_at_every_seventh_byte(app, name):
    ana, ben = invited()
    whole = form(name, ana)

    _read_all((whole[:end] for end in range(0, len(whole), 7)), ben)


@pytest.mark.long
@pytest.mark.parametrize("name", FORMS)
def test_a_form_with_each_header_doubled(app, name):
    ana, ben = invited()

    _read_all(_with_a_header_doubled(form(name, ana)), ben)


def _with_a_header_doubled(whole):
    for header in re.finditer(rb"^[A-Za-z-]+:[^\r]*\r\n(?:[ \t][^\r]*\r\n)*", whole, re.MULTILINE):
        start, end = header.span()
        yield whole[:end] + whole[start:end] + whole[end:]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_mail_without_a_valid_uid_changes_an_answer(app, inbox, data):
    ana, ben = inbox
    raw = form(data.draw(st.sampled_from(FORMS)), ana)
    other = data.draw(st.text("abcdef0123456789-@.%_*", min_size=0, max_size=60).filter(lambda uid: uid != ana.uid))
    uid, encoded = ana.uid.encode(), re.compile(rb"(?:[A-Za-z0-9+/=]+\r\n){2,}")
    raw = encoded.sub(lambda block: _without(block.group(), uid, other.encode()), raw)
    raw = raw.replace(uid.replace(b"-", b"=2D"), other.encode()).replace(uid, other.encode())
    raw = re.sub(uid[:12] + rb".{0,40}", other.encode(), raw, flags=re.DOTALL)

    receive(raw)

    assert (answer_of(ana), answer_of(ben)) == ("needs-action", "needs-action")


def _without(block, uid, other):
    try:
        text = base64.b64decode(block)
    except ValueError:
        return block
    for charset in ("utf-8", "utf-16-le"):
        text = text.replace(uid.decode().encode(charset), other.decode("ascii", "replace").encode(charset))
    return base64.encodebytes(text).replace(b"\n", b"\r\n")


@pytest.fixture
def inbox(app):
    return invited()


def test_the_same_message_a_hundred_times_is_one_row_and_one_answer(app):
    ana, _ = invited()
    raw = a_reply(ana, "DECLINED")

    effects = [receive(raw).effect for _ in range(100)]

    assert effects == [Effect.DECLINED] + [Effect.DUPLICATE] * 99
    row = db.session.query(ReceivedMessage).one()
    assert (row.copies, row.effect, db.session.query(Reply).count()) == (100, Effect.DECLINED, 1)


def test_a_copy_by_another_way_with_other_lines_on_top_is_the_same_message(app):
    ana, _ = invited()
    raw = a_reply(ana)

    receive(raw)
    again = receive(b"Received: from elsewhere by here\r\n" + raw.replace(b"\n", b"\r\n"))

    assert again.effect is Effect.DUPLICATE


def test_twenty_five_megabytes_are_kept_and_an_answer_in_them_is_read(app):
    ana, _ = invited()
    raw = a_reply(ana).replace(b"--part--", b"--part\nContent-Type: image/png\n\n%s\n--part--")
    raw = raw.replace(b"%s", b"x" * 76 * 1024)
    raw += b"\n" * (25 * 1024 * 1024 - len(raw))

    assert receive(raw).effect is Effect.ACCEPTED


def test_of_more_than_twenty_five_megabytes_the_beginning_is_kept_and_held(app):
    ana, _ = invited()
    raw = a_reply(ana) + b"x" * receiving.LARGEST

    received = receive(raw)

    row = db.session.get(ReceivedMessage, received.id)
    assert (received.effect, received.why) == (Effect.HELD, TOO_LARGE)
    assert (row.size, row.size_kept, row.sender) == (len(raw), receiving.KEPT_OF_LARGER, "ana.costa@trust.example")
    assert answer_of(ana) == "needs-action"


def test_a_calendar_part_of_more_than_a_megabyte_is_held(app):
    ana, _ = invited()

    received = receive(a_reply(ana, extra="DESCRIPTION:" + "x" * 1024 * 1024 + "\n"))

    assert (received.effect, received.why) == (Effect.HELD, TOO_LARGE_A_CALENDAR)


@pytest.mark.parametrize("levels", [25, 190, 400, 1000, 20_000])
def test_nested_parts_are_held(app, levels):
    opened = "".join(f"--b{n}\nContent-Type: multipart/mixed; boundary=b{n + 1}\n\n" for n in range(levels))
    raw = f"From: x@y.example\nContent-Type: multipart/mixed; boundary=b0\n\n{opened}".encode()

    received = receive(raw)

    assert (received.effect, received.why) == (Effect.HELD, TOO_DEEP)


def test_a_thousand_parts_side_by_side_are_held(app):
    part = "--b\nContent-Type: text/plain\n\nx\n"
    raw = f"From: x@y.example\nContent-Type: multipart/mixed; boundary=b\n\n{part * 1000}--b--\n".encode()

    assert receive(raw).why == TOO_DEEP


def test_ten_thousand_attendees_are_read_without_harm(app):
    ana, _ = invited()
    crowd = "".join(f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{n}@crowd.example\n" for n in range(10_000))

    received = receive(a_reply(ana, attendees=crowd))

    assert received.effect is Effect.HELD
    assert answer_of(ana) == "needs-action"


def test_two_calendars_that_say_the_same_count_once(app):
    ana, _ = invited()
    raw = a_reply(ana, "DECLINED")
    calendar = raw[raw.index(b"BEGIN:VCALENDAR") : raw.index(b"--part--")]

    received = receive(raw.replace(b"--part--", calendar + b"--part--"))

    assert received.effect is Effect.DECLINED
    assert db.session.query(Reply).count() == 1


def test_two_calendars_that_differ_are_held(app):
    ana, _ = invited()
    raw = a_reply(ana, "DECLINED")
    calendar = raw[raw.index(b"BEGIN:VCALENDAR") : raw.index(b"--part--")].replace(b"DECLINED", b"ACCEPTED")

    received = receive(raw.replace(b"--part--", calendar + b"--part--"))

    assert received.effect is Effect.HELD
    assert answer_of(ana) == "needs-action"


def test_one_message_may_answer_two_invitations(app):
    ana, ben = invited()
    ben.attendee = "ana.costa@trust.example"  # one mailbox for two people
    db.session.commit()
    raw = a_reply(ana, "DECLINED")
    calendar = raw[raw.index(b"BEGIN:VCALENDAR") : raw.index(b"--part--")]
    other = calendar.replace(ana.uid.encode(), ben.uid.encode()).replace(b"DECLINED", b"ACCEPTED")

    received = receive(raw.replace(b"--part--", other + b"--part--"))

    assert received.effect is Effect.DECLINED
    assert (answer_of(ana), answer_of(ben)) == ("declined", "accepted")


@pytest.mark.parametrize(
    ("whole", "broken"),
    [
        ("ana.costa@trust.example\n", "ana.cos\nta@trust.example\n"),
        ("PARTSTAT=ACCEPTED", "PARTSTAT=ACC\nEPTED"),
        ("CN=Ana Costa:mailto:", "CN=Ana Costa:mail\nto:"),
        ("SEQUENCE:0", "SEQUENCE:nought"),
        ("SEQUENCE:0", "SEQUENCE:0\nSEQUENCE:1"),
        ("SEQUENCE:0", "SEQUENCE:0\nUID:another@place.example"),
        ("DTSTAMP:2", "DTSTAMP:yesterday, 2"),
        ("END:VEVENT\n", ""),
    ],
)
def test_a_damaged_calendar_is_held(app, whole, broken):
    ana, ben = invited()
    head, calendar = a_reply(ana).split(b"BEGIN:VCALENDAR")

    received = receive(head + b"BEGIN:VCALENDAR" + calendar.replace(whole.encode(), broken.encode(), 1))

    assert received.effect is Effect.HELD
    assert (answer_of(ana), answer_of(ben)) == ("needs-action", "needs-action")


def test_a_fold_that_broke_in_the_description_hurts_nobody(app):
    ana, _ = invited()

    assert receive(a_reply(ana, extra="DESCRIPTION:one\ntwo without a fold\n")).effect is Effect.ACCEPTED


def test_rules_for_a_date_each_second_are_never_unrolled(app):
    ana, _ = invited()
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Bomb\nBEGIN:STANDARD\nDTSTART:00010101T000000\nTZOFFSETFROM:+0000\nTZOFFSETTO:+0000\n"
        "RRULE:FREQ=SECONDLY\nEND:STANDARD\nEND:VTIMEZONE\n"
    )
    raw = a_reply(ana, start="DTSTART;TZID=Bomb:20270112T093000\n", extra="RRULE:FREQ=SECONDLY;COUNT=1000000000\n")

    assert receive(raw.replace(b"BEGIN:VEVENT", zone.encode() + b"BEGIN:VEVENT")).effect is Effect.ACCEPTED


def test_a_zone_that_one_message_brought_is_forgotten_before_the_next(app):
    ana, _ = invited()

    def counter(offset):
        zone = (
            f"BEGIN:VTIMEZONE\nTZID:Customized Time Zone\nBEGIN:STANDARD\nDTSTART:16010101T000000\n"
            f"TZOFFSETFROM:{offset}\nTZOFFSETTO:{offset}\nEND:STANDARD\nEND:VTIMEZONE\n"
        )
        start = "DTSTART;TZID=Customized Time Zone:20270119T120000\nDTEND;TZID=Customized Time Zone:20270119T130000\n"
        raw = a_reply(ana, "TENTATIVE", method="COUNTER", start=start)
        receive(raw.replace(b"BEGIN:VEVENT", zone.encode() + b"BEGIN:VEVENT"))
        return db.session.query(Reply).order_by(Reply.id.desc()).first().proposed_start.hour

    assert (counter("+0900"), counter("-0500")) == (3, 17)


def test_an_unknown_uid_is_ignored_and_a_cancelled_invitation_is_answered_no_more(app):
    ana, _ = invited()
    stranger = receive(a_reply(ana, uid="somebody@elsewhere.example"))
    ana.cancelled_at = ana.created_at
    db.session.commit()

    late = receive(a_reply(ana))

    assert (stranger.effect, late.effect) == (Effect.IGNORED, Effect.IGNORED)
    assert (answer_of(ana), db.session.query(Reply).count()) == ("needs-action", 0)


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL", "PUBLISH", "ADD", "DECLINECOUNTER", "NONSENSE"])
def test_what_only_an_organizer_may_send_is_refused(app, method):
    ana, _ = invited()

    received = receive(a_reply(ana, method=method))

    assert received.effect is Effect.REFUSED
    assert answer_of(ana) == "needs-action"
    assert ana.cancelled_at is None


def test_our_own_invitation_that_comes_back_is_ignored(app):
    ana, _ = invited()
    ours = db.session.query(OutboxMessage).filter_by(uid=ana.uid).one().body

    by_its_id = receive(ours)
    forwarded = receive(re.sub(rb"Message-ID: \S+", b"Message-ID: <forwarded@trust.example>", ours))

    assert (by_its_id.effect, forwarded.effect) == (Effect.IGNORED, Effect.IGNORED)
    assert ana.partstat is PartStat.NEEDS_ACTION


def test_a_header_that_contradicts_its_calendar_is_held(app):
    ana, _ = invited()

    assert receive(a_reply(ana, header_method="COUNTER")).effect is Effect.HELD


def test_a_machine_that_answers_everything_gets_no_answer(app):
    invited()
    before = db.session.query(OutboxMessage).count()
    answer = (
        "From: robot@trust.example\nTo: convene@localhost\nAuto-Submitted: auto-replied\nSubject: Re\n\nThank you\n"
    )

    effects = {receive(f"Message-ID: <{n}@r.example>\n{answer}".encode()).effect for n in range(50)}

    assert effects == {Effect.AUTO_REPLY_IGNORED}
    assert db.session.query(OutboxMessage).count() == before


def test_mail_that_our_own_server_calls_forged_is_held_and_a_senders_own_pass_proves_nothing(app):
    ana, _ = invited()
    fail = "Authentication-Results: mx.localhost; dmarc=fail header.from=trust.example\n"
    theirs = "Received: from a by b.elsewhere.example; x\nAuthentication-Results: mx.localhost; dmarc=fail\n"

    forged = receive(b"%b%b" % (fail.encode(), a_reply(ana)))
    further_down = receive(b"%b%b" % (theirs.encode(), a_reply(ana, "DECLINED")))

    assert (forged.effect, further_down.effect) == (Effect.HELD, Effect.DECLINED)


@pytest.mark.parametrize(
    "raw", [b"", b"\n", b"\x00" * 500, b"\xff\xfe" * 500, b"\r\n\r\n", b"From \n: \n\n", b"=" * 9999]
)
def test_what_is_no_mail_at_all_is_kept_and_held(app, raw):
    invited()

    received = receive(raw)

    assert received.effect is Effect.HELD
    assert db.session.get(ReceivedMessage, received.id).raw == raw
