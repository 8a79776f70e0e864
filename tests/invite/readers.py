"""Three readers that know nothing of Convene: icalendar, vobject and ical.js, to one shape."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, unquote

import icalendar
import vobject
from dateutil.tz import tzical

ROOT = Path(__file__).parents[2]
ICAL_JS = ROOT / "node_modules" / "ical.js" / "dist" / "ical.es5.cjs"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Read:
    """What one reader made of one VEVENT; moments in UTC, days as dates."""

    method: str
    uid: str
    sequence: int
    start: datetime | date
    end: datetime | date
    summary: str
    description: str
    location: str
    organizer: str
    attendee: str
    cn: str


def by_icalendar(data: bytes) -> list[Read]:
    calendar = icalendar.Calendar.from_ical(data)
    faults = [fault for part in calendar.walk() for fault in part.errors]
    assert faults == []
    # Its own idea of the zone is left aside: the VTIMEZONE of the object is read by dateutil, which knows no names.
    return [_from_icalendar(calendar, event, data) for event in calendar.walk("VEVENT")]


def _from_icalendar(calendar: icalendar.Calendar, event: icalendar.Event, data: bytes) -> Read:
    attendee = event.get("attendee")
    return Read(
        method=str(calendar["method"]),
        uid=str(event["uid"]),
        sequence=int(event["sequence"]),
        start=_by_own_zone(event["dtstart"], data),
        end=_by_own_zone(event["dtend"], data),
        summary=str(event["summary"]),
        description=str(event.get("description", "")),
        location=str(event.get("location", "")),
        organizer=str(event.get("organizer", "")),
        attendee=str(attendee or ""),
        cn=str(attendee.params.get("CN", "")) if attendee else "",
    )


def _by_own_zone(when: icalendar.vDDDTypes, data: bytes) -> datetime | date:
    if not isinstance(when.dt, datetime):
        return when.dt
    if "TZID" not in when.params:
        assert when.dt.tzinfo is not None
        return when.dt.astimezone(UTC)
    return when.dt.replace(tzinfo=zone_in(data, when.params["TZID"])).astimezone(UTC)


@lru_cache(maxsize=16)
def zone_in(data: bytes, tzid: str):
    """The VTIMEZONE of an object, as dateutil reads it: by the rules written there and nothing else."""
    return tzical(StringIO(data.decode().replace("\r\n", "\n"))).get(tzid)


def by_vobject(data: bytes) -> list[Read]:
    calendar = vobject.readOne(data.decode())
    return [_from_vobject(calendar, event) for event in calendar.contents.get("vevent", [])]


def _from_vobject(calendar, event) -> Read:
    def text(name: str) -> str:
        return event.contents[name][0].value if name in event.contents else ""

    attendee = event.contents["attendee"][0] if "attendee" in event.contents else None
    return Read(
        method=calendar.method.value,
        uid=event.uid.value,
        sequence=int(event.sequence.value),
        start=_utc(event.dtstart.value),
        end=_utc(event.dtend.value),
        summary=text("summary"),
        description=text("description"),
        location=text("location"),
        organizer=text("organizer"),
        attendee=text("attendee"),
        cn=attendee.params.get("CN", [""])[0] if attendee is not None else "",
    )


def _utc(value: datetime | date) -> datetime | date:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def ical_js_is_there() -> bool:
    """Whether ical.js can read what was written; in CI it must, so there a test that needs it fails without it."""
    return bool(os.environ.get("CI")) or (ICAL_JS.exists() and bool(_node() or _browser()))


def _node() -> str | None:
    return shutil.which("node")


def _browser() -> str | None:
    return next(filter(None, map(shutil.which, BROWSERS)), None)


_READ = """
const read = (data) => {
  const root = new ICAL.Component(ICAL.parse(data));
  const zones = {};
  for (const part of root.getAllSubcomponents('vtimezone'))
    zones[part.getFirstPropertyValue('tzid')] = new ICAL.Timezone(part);
  const moment = (property) => {
    const time = property.getFirstValue();
    if (time.isDate) return time.toString();
    const tzid = property.getParameter('tzid');
    if (tzid) time.zone = zones[tzid];
    return new Date(time.toUnixTime() * 1000).toISOString();
  };
  return root.getAllSubcomponents('vevent').map((event) => {
    const text = (name) => String(event.getFirstPropertyValue(name) ?? '');
    const attendee = event.getFirstProperty('attendee');
    return {
      method: root.getFirstPropertyValue('method'), uid: text('uid'), sequence: Number(text('sequence')),
      start: moment(event.getFirstProperty('dtstart')), end: moment(event.getFirstProperty('dtend')),
      summary: text('summary'), description: text('description'), location: text('location'),
      organizer: text('organizer'), attendee: text('attendee'), cn: attendee?.getParameter('cn') ?? '',
    };
  });
};
"""
_IN_NODE = """
const ICAL = require(process.argv[1]);
const given = JSON.parse(require('fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(given.map(read)));
"""
# As ASCII on both ways: a page's text is not the bytes that were written into it.
_IN_A_PAGE = """<!doctype html><script>{library}</script><script>{read}
const given = JSON.parse(decodeURIComponent("{given}"));
document.documentElement.innerHTML = '<body>' + encodeURIComponent(JSON.stringify(given.map(read)));
</script>"""


def by_ical_js(objects: list[bytes]) -> list[list[Read]]:
    """Many objects in one go, as a start takes longer than reading them: in node, or without it in a browser."""
    given = json.dumps([data.decode() for data in objects])
    answer = _asked_of_node(given) if _node() else _asked_of_a_browser(given)
    return [[_with_times(event) for event in events] for events in json.loads(answer)]


def _asked_of_node(given: str) -> str:
    command = ["node", "--eval", _READ + _IN_NODE, str(ICAL_JS)]
    answer = subprocess.run(command, input=given.encode(), capture_output=True, check=False)
    assert answer.returncode == 0, answer.stderr.decode()
    return answer.stdout.decode()


def _asked_of_a_browser(given: str) -> str:
    browser = _browser()
    assert browser is not None, "NO NODE AND NO BROWSER: nothing was read by ical.js"
    with TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        library = ICAL_JS.read_text("utf-8")
        page.write_text(_IN_A_PAGE.format(library=library, read=_READ, given=quote(given, safe="")), "utf-8")
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile"]
        shown = subprocess.run([*command, "--dump-dom", page.as_uri()], capture_output=True, check=False, timeout=120)
    body = shown.stdout.decode().partition("<body>")[2].partition("</body>")[0]
    assert body.startswith("%5B"), shown.stdout[:500]
    return unquote(body.strip())


def _with_times(event: dict[str, str]) -> Read:
    return Read(**{**event, "start": _from_js(event["start"]), "end": _from_js(event["end"])})


def _from_js(text: str) -> datetime | date:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def lines_of(data: bytes) -> list[bytes]:
    """The content lines of an object, unfolded."""
    return data.replace(b"\r\n ", b"").removesuffix(b"\r\n").split(b"\r\n")


def property_names(data: bytes) -> list[bytes]:
    """The name of each property and the word of each BEGIN and END, in order."""
    return [
        line if line.startswith((b"BEGIN:", b"END:")) else line.replace(b":", b";").split(b";")[0]
        for line in lines_of(data)
    ]
