"""What one cell may hold: each function gives the value as Convene keeps it, or says what is wrong with it."""

import re
from collections.abc import Mapping, Sequence

from rapidfuzz import fuzz, process

from scheduler.collect.importing.columns import ROLE_LABELS, role_in, words_of
from scheduler.collect.importing.reference import REGIONS
from scheduler.mailboxes import AddressHidesSomething, AddressRefused, address_of
from scheduler.text import clean_line

LONGEST_NAME = 200
LONGEST_PHONE = 40
TRUST_TYPES = ("acute", "specialist", "mental health", "community", "ambulance")
RESEARCH_ACTIVITY = ("high", "medium", "low")

_REGION_SPELLINGS = {
    "east": "East of England",
    "eoe": "East of England",
    "lon": "London",
    "mid": "Midlands",
    "east midlands": "Midlands",
    "west midlands": "Midlands",
    "ne": "North East and Yorkshire",
    "ney": "North East and Yorkshire",
    "north east": "North East and Yorkshire",
    "yorkshire": "North East and Yorkshire",
    "yorkshire humber": "North East and Yorkshire",
    "nw": "North West",
    "se": "South East",
    "sw": "South West",
    "y56": "London",
    "y58": "South West",
    "y59": "South East",
    "y60": "Midlands",
    "y61": "East of England",
    "y62": "North West",
    "y63": "North East and Yorkshire",
}
_TYPE_SPELLINGS = {
    "mh": "mental health",
    "mental": "mental health",
    "acute teaching": "acute",
    "specialised": "specialist",
}
_ACTIVITY_SPELLINGS = {"h": "high", "m": "medium", "med": "medium", "l": "low"}


class NotUsable(ValueError):
    """A cell cannot be used as it is. ``suggestion`` is what was probably meant, "" where that is not clear."""

    def __init__(self, message: str, suggestion: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.suggestion = suggestion


def ods_code(text: str) -> str:
    """An ODS code by its form: 3 to 6 letters and digits, kept in capitals."""
    code = text.upper()
    if re.fullmatch(r"[A-Z0-9]{3,6}", code):
        return code
    joined = re.sub(r"[\s\-./()]", "", code)
    raise NotUsable(
        f'"{text}" is not an ODS code: a code is 3 to 6 letters and numbers.',
        joined if re.fullmatch(r"[A-Z0-9]{3,6}", joined) else "",
    )


def region(text: str) -> str:
    """One of the seven NHS regions, however it is abbreviated."""
    return _one_of(REGIONS, _REGION_SPELLINGS, text, "is not an NHS region")


def trust_type(text: str) -> str:
    """The main kind of service of a Trust."""
    return _one_of(TRUST_TYPES, _TYPE_SPELLINGS, text, "is not a type of Trust")


def research_activity(text: str) -> str:
    """High, medium or low."""
    return _one_of(RESEARCH_ACTIVITY, _ACTIVITY_SPELLINGS, text, "is not a level of research activity")


def _one_of(values: Sequence[str], spellings: Mapping[str, str], text: str, is_not: str) -> str:
    def key(value: str) -> str:
        return " ".join(word for word in words_of(value) if word not in {"and", "region", "trust", "trusts", "england"})

    keys = {key(value): value for value in values}
    written = key(text)
    if found := keys.get(written) or spellings.get(written):
        return found
    near = process.extractOne(written, list(keys), scorer=fuzz.ratio, score_cutoff=65)
    if near:
        raise NotUsable(f'"{text}" {is_not}. Did you mean {keys[near[0]]}?', keys[near[0]])
    raise NotUsable(f'"{text}" {is_not}. Use one of these: {", ".join(values)}.')


def role(text: str) -> str:
    """A role in or around a pair: "R&D Director" is director."""
    if found := role_in(text):
        return found
    raise NotUsable(f'"{text}" is not a role. Use one of these: {", ".join(ROLE_LABELS.values())}.')


def name(text: str) -> str:
    """A person's or a Trust's name. Any script and any signs are kept: names are text."""
    if len(text) > LONGEST_NAME:
        raise NotUsable(f"This name is longer than {LONGEST_NAME} letters.")
    if re.fullmatch(r"[^\s@]+@[^\s@]+\.[^\s@]+", text):
        raise NotUsable(f'"{text}" is an email address, not a name.')
    return text


def phone(text: str) -> str:
    """A telephone number as it was written, extension and all."""
    if len(text) > LONGEST_PHONE or not re.search(r"\d", text):
        raise NotUsable(f'"{_shortened(text)}" is not a telephone number.')
    return text


def email(text: str) -> str:
    """An address in lower case that mail can be sent to, as far as its form shows (nothing is looked up)."""
    try:
        return address_of(text)
    except AddressHidesSomething as error:
        raise NotUsable(f"{error}.", error.without_them) from error
    except AddressRefused as error:
        raise NotUsable(str(error), _mended(clean_line(text))) from error


def _mended(text: str) -> str:
    """The address that was probably meant: inside angle brackets, after "mailto:", with a comma or space too many."""
    inside = re.search(r"<([^<>]+)>", text)
    bare = re.sub(r"^mailto:", "", inside[1] if inside else text, flags=re.IGNORECASE)
    for attempt in (bare.strip(" ,;."), re.sub(r"\s", "", bare).strip(",;."), re.sub(r"[\s,;]+", ".", bare.strip())):
        try:
            return address_of(attempt)
        except AddressRefused:
            continue
    return ""


def _shortened(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."
