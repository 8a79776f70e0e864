"""The columns an import knows, and the many ways in which organisers head them."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Role = Literal["director", "manager", "sponsor", "stakeholder", "speaker", "facilitator"]

PAIR_ROLES: tuple[Role, ...] = ("director", "manager", "sponsor")
"""Roles that stand in or behind a Trust's pair and may have columns of their own in a row per Trust."""

ROLE_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "director": "Director",
        "manager": "Manager",
        "sponsor": "Board sponsor",
        "stakeholder": "Stakeholder",
        "speaker": "Speaker",
        "facilitator": "Facilitator",
    }
)

TRUST_FIELDS = ("ods_code", "trust_name", "region", "trust_type", "research_activity", "cohort")
PERSON_FIELDS = ("name", "first_name", "last_name", "email", "phone")

_LABELS = {
    "ods_code": "ODS code",
    "trust_name": "Trust name",
    "region": "Region",
    "trust_type": "Type of Trust",
    "research_activity": "Research activity",
    "cohort": "Cohort",
    "role": "Role",
    "name": "Name",
    "first_name": "First name",
    "last_name": "Surname",
    "email": "Email",
    "phone": "Phone",
}


@dataclass(frozen=True, slots=True)
class Column:
    """What one column of a file holds: ``field``, of the person in ``role`` where the heading names a role.

    ``role`` is "" for what describes the Trust and, in a row per person, for that row's own person.
    """

    field: str
    role: str = ""

    @property
    def label(self) -> str:
        """The heading of our own template: "ODS code", "Director email"."""
        label = _LABELS[self.field]
        return f"{ROLE_LABELS[self.role]} {label.lower()}" if self.role else label

    @property
    def key(self) -> str:
        """The column in a form field or a stored choice: "ods_code", "director.email"."""
        return f"{self.role}.{self.field}" if self.role else self.field


COLUMNS: Mapping[str, Column] = MappingProxyType(
    {
        column.key: column
        for column in (
            *(Column(field) for field in TRUST_FIELDS),
            *(Column(field, role) for role in PAIR_ROLES for field in PERSON_FIELDS),
            Column("role"),
            *(Column(field) for field in PERSON_FIELDS),
        )
    }
)
"""Every column an import knows by its key, in the order in which a page offers them."""

_TRUST_HEADINGS = {
    "ods_code": """
        ods, ods code, code, trust code, ods trust code, trust ods, trust ods code, organisation code, org code,
        provider code, nacs code, nacs, organisation ods code, trust id, ods id, organisation id, organisation
        data service code
        """,
    "trust_name": """
        trust, trust name, name trust, organisation, organisation name, name organisation, org, org name,
        provider, provider name, hospital, hospital name, hospital trust, employer, institution
        """,
    "region": """
        region, trust region, england region, region england, region name, region trust
        """,
    "trust_type": """
        type, trust type, type trust, kind, kind trust, sector, organisation type, type organisation, service
        type
        """,
    "research_activity": """
        research activity, activity, research activity level, level research activity, research level, research
        intensity, activity level, activity research
        """,
    "cohort": """
        cohort, cohort number, cohort name, cohort no, intake
        """,
}

_PERSON_HEADINGS = {
    "name": """
        name, full name, contact, contact name, person, person name, participant, participant name, delegate,
        delegate name, attendee, attendee name, name participant, name person, display name
        """,
    "first_name": """
        first name, forename, forenames, given name, given names, first, first names, name first
        """,
    "last_name": """
        surname, last name, family name, last, family names, second name, name last
        """,
    "email": """
        email, email address, mail, contact email, contact email address, mail address, address email, emails,
        person email, participant email
        """,
    "phone": """
        phone, telephone, tel, mobile, phone number, phone no, telephone number, telephone no, tel no, tel
        number, mobile number, mobile no, mobile phone, contact number, contact telephone, contact phone
        """,
}

_ROLE_HEADINGS = {
    "role": """
        role, roles, role pair, role programme, role trust, position, post, job, job role, job title, person role
        """,
}


def _by_heading(headings: Mapping[str, str]) -> dict[str, str]:
    return {" ".join(heading.split()): field for field, known in headings.items() for heading in known.split(",")}


_TRUST_FIELD_OF = _by_heading(_TRUST_HEADINGS)
_PERSON_FIELD_OF = _by_heading(_PERSON_HEADINGS)
_ROLE_FIELD_OF = _by_heading(_ROLE_HEADINGS)

_ROLE_WORDS = {
    "director": "director",
    "directors": "director",
    "dir": "director",
    "manager": "manager",
    "managers": "manager",
    "mgr": "manager",
    "sponsor": "sponsor",
    "sponsors": "sponsor",
    "stakeholder": "stakeholder",
    "stakeholders": "stakeholder",
    "speaker": "speaker",
    "speakers": "speaker",
    "facilitator": "facilitator",
    "facilitators": "facilitator",
}
_WORDS_AROUND_A_ROLE = {
    "research",
    "development",
    "innovation",
    "board",
    "exec",
    "executive",
    "senior",
    "associate",
} | {"clinical", "operations", "head", "lead", "pair", "trust", "and"}
_FILLERS = {"a", "an", "the", "of", "for", "in", "nhs", "s", "your", "work", "please", "their"}


def words_of(text: str) -> list[str]:
    """The words of a heading in one spelling: "R&D Director's e-mail (work)" -> research, director, email."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)  # DirectorEmail
    text = unicodedata.normalize("NFKD", text).casefold().replace("&", " and ")
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = re.sub(r"[^\w]+|_", " ", re.sub(r"['’`´]", " ", text)).strip()
    text = re.sub(r"\br (?:and )?d\b|\brd\b|\brandd\b", "research", text)
    text = re.sub(r"\be mail(s?)\b", r"email\1", text).replace("organization", "organisation")
    return [word for word in text.split() if word not in _FILLERS]


def role_in(text: str) -> str:
    """The one role that a cell, a heading or the name of a sheet speaks of; "" if it is none or more than one."""
    roles = {_ROLE_WORDS[word] for word in words_of(text) if word in _ROLE_WORDS}
    return roles.pop() if len(roles) == 1 else ""


def column_headed(heading: str) -> Column | None:
    """What a column with this heading holds, or None for a heading we do not know."""
    words = words_of(heading)
    phrase = " ".join(words)
    if field := _TRUST_FIELD_OF.get(phrase) or _ROLE_FIELD_OF.get(phrase) or _PERSON_FIELD_OF.get(phrase):
        return Column(field)
    role = role_in(heading)
    if role not in PAIR_ROLES:
        return None
    rest = " ".join(word for word in words if word not in _ROLE_WORDS and word not in _WORDS_AROUND_A_ROLE)
    field = _PERSON_FIELD_OF.get(rest, "name" if not rest else "")
    return Column(field, role) if field else None


def headings_known(cells: tuple[str, ...]) -> int:
    """How many different columns of ours a row would name if it were the header."""
    return len({column.key for cell in cells if cell and (column := column_headed(cell))})
