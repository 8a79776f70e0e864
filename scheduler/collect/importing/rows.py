"""From the rows of a file to Trusts and people: each row checked by itself and against the rows before it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from scheduler.collect.importing import values
from scheduler.collect.importing.cells import cleaned, is_formula_error, unguarded
from scheduler.collect.importing.columns import PAIR_ROLES, ROLE_LABELS, Column
from scheduler.collect.importing.files import Row
from scheduler.collect.importing.headers import Table
from scheduler.collect.importing.reference import (
    ClosedTrust,
    Reference,
    TrustDetails,
    estimated_activity,
    estimated_type,
    name_key,
)
from scheduler.collect.importing.values import NotUsable

Mends = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Cells an organiser corrected on the Check page: {sheet: {line: {position of the column: text}}}."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell: heading as the file has it, value, sentence; ``suggestion`` mends it if given."""

    column: str
    value: str
    message: str
    suggestion: str = ""
    position: int | None = None


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """A person as a row gives them; ``phone`` is "" where it is not said."""

    name: str
    email: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One row of a file: the Trust it is about, its people by role, and its faults (then nothing of it is imported).

    ``affiliation`` is where a person outside the pairs comes from, in the file's words; ``estimates`` say what neither
    the file nor the list of Trusts tells, as {"Type of Trust": "acute"}.
    """

    table: Table = field(repr=False, compare=False)
    line: int
    trust: TrustDetails | None
    people: Mapping[str, PersonDetails]
    cohort: str = ""
    affiliation: str = ""
    estimates: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    @property
    def sheet(self) -> str:
        """The name of its sheet, "" in a text file."""
        return self.table.sheet

    @property
    def place(self) -> str:
        """Where a person finds it: "line 14", or "line 14 of sheet Managers"."""
        return _place(self.table, self.line)


def rows_of(tables: Sequence[Table], reference: Reference, mends: Mends | None = None) -> list[ImportRow]:
    """Every row of the tables in the order of the file, checked; Trusts are completed from the reference.

    A Trust that is described on one row is known to the rows that only name it, wherever they are.
    """
    reading = _Reading(reference)
    order = {table.sheet: at for at, table in enumerate(tables)}
    rows = [
        reading.row(table, _mended(row, (mends or {}).get(table.sheet, {})))
        for table in sorted(tables, key=lambda table: table.row_per_person)  # rows per Trust say most about it: first
        for row in table.rows
    ]
    return sorted(rows, key=lambda row: (order[row.sheet], row.line))


def fault_at(table: Table, column: Column, value: str, message: str, suggestion: str = "") -> Fault:
    """A fault in a column of a table, under the heading that the file gives it."""
    heading = table.heading(column)
    name = heading.text if heading and heading.text else column.label
    return Fault(name, value, message, suggestion, heading.position if heading else None)


def _place(table: Table, line: int) -> str:
    return f"line {line} of sheet {table.sheet}" if table.among_others else f"line {line}"


def _mended(row: Row, mends: Mapping[str, Mapping[str, str]]) -> Row:
    cells = list(row.cells)
    for position, text in mends.get(str(row.line), {}).items():
        cells.extend([""] * (int(position) + 1 - len(cells)))
        cells[int(position)] = text
    return replace(row, cells=tuple(cells))


@dataclass
class _Cells:
    """The cells of one row by column, and the faults found in them so far."""

    table: Table
    row: Row
    faults: list[Fault] = field(default_factory=list)

    @property
    def place(self) -> str:
        return _place(self.table, self.row.line)

    def has(self, column: Column) -> bool:
        return self.table.heading(column) is not None

    def text(self, column: Column) -> str:
        heading = self.table.heading(column)
        return cleaned(self.row.cell(heading.position)) if heading else ""

    def value(self, column: Column, check: Callable[[str], str]) -> str:
        """The checked value, or "" with a fault noted."""
        text = self.text(column)
        if not text:
            return ""
        try:
            if is_formula_error(text):
                raise NotUsable(f"The formula in this cell has failed ({text}). Type the value instead.")
            return check(unguarded(self._raw(column)) if column.field == "email" else text)
        except NotUsable as error:
            self.fault(column, error.message, error.suggestion)
            return ""

    def _raw(self, column: Column) -> str:
        heading = self.table.heading(column)
        return self.row.cell(heading.position) if heading else ""

    def fault(self, column: Column, message: str, suggestion: str = "") -> None:
        self.faults.append(fault_at(self.table, column, self.text(column), message, suggestion))

    def faulty(self, column: Column) -> bool:
        heading = self.table.heading(column)
        return heading is not None and any(fault.position == heading.position for fault in self.faults)


ODS_CODE, TRUST_NAME, REGION = Column("ods_code"), Column("trust_name"), Column("region")
TRUST_TYPE, RESEARCH_ACTIVITY = Column("trust_type"), Column("research_activity")
COHORT, ROLE = Column("cohort"), Column("role")
_CHECKED_TRUST_COLUMNS: tuple[tuple[Column, Callable[[str], str]], ...] = (
    (REGION, values.region),
    (TRUST_TYPE, values.trust_type),
    (RESEARCH_ACTIVITY, values.research_activity),
)
_WANTED = {TRUST_NAME: "name of the Trust", REGION: "region"}


class _Reading:
    """Reads row after row, and remembers what earlier rows said: of each Trust, its roles and each address."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference.with_trusts([])
        self.said: dict[tuple[str, str], tuple[str, str]] = {}
        self.trusts: dict[str, str] = {}
        self.roles: dict[tuple[str, str], _Mention] = {}
        self.addresses: dict[str, _Mention] = {}

    def row(self, table: Table, row: Row) -> ImportRow:
        cells = _Cells(table, row)
        if row.fault:
            cells.faults.append(Fault("", row.cells[0] if row.cells else "", f"{row.fault}. Mend it in the file."))
            return ImportRow(table, row.line, None, {}, faults=tuple(cells.faults))
        people = dict(_people(cells))
        outside = table.row_per_person and not people.keys() & set(PAIR_ROLES) and not cells.faulty(ROLE)
        trust = None if outside else self._trust(cells)
        estimates = dict(_estimates(trust)) if trust else {}
        if trust and estimates:
            trust = replace(
                trust,
                trust_type=estimates.get("trust_type", trust.trust_type),
                research_activity=estimates.get("research_activity", trust.research_activity),
            )
        cohort = cells.value(COHORT, values.name)
        affiliation = self._affiliation(cells) if outside else ""
        self._note_repeats(cells, trust, people)
        if trust and not cells.faults:
            self.reference.learn(trust)
        return ImportRow(
            table=table,
            line=row.line,
            trust=trust,
            people=people,
            cohort=cohort,
            affiliation=affiliation,
            estimates={Column(name).label: value for name, value in estimates.items()},
            faults=tuple(sorted(cells.faults, key=lambda fault: -1 if fault.position is None else fault.position)),
        )

    def _trust(self, cells: _Cells) -> TrustDetails | None:
        code = self._code(cells)
        given = {column.field: cells.value(column, check) for column, check in _CHECKED_TRUST_COLUMNS}
        if not code:
            return None
        known = self.reference.by_code(code)
        base = known or TrustDetails(code)
        details = replace(
            base,
            name=self._name(cells, known),
            region=given["region"] or base.region,
            trust_type=given["trust_type"] or base.trust_type,
            research_activity=given["research_activity"] or base.research_activity,
        )
        self._note_contradictions(cells, code, given)
        if known is None:
            self._note_what_is_missing(cells, details)
        return details

    def _affiliation(self, cells: _Cells) -> str:
        """Where a person outside the pairs comes from: any organisation, or the Trust of the row's code."""
        known = self.reference.by_code(cells.text(ODS_CODE).upper())
        return cells.value(TRUST_NAME, values.name) or (known.name if known else "")

    def _code(self, cells: _Cells) -> str:
        """The ODS code of the row's Trust: as given, or that of the Trust of this name."""
        written, name = cells.text(ODS_CODE), cells.value(TRUST_NAME, values.name)
        if not written:
            return self._code_by_name(cells, name)
        code = cells.value(ODS_CODE, values.ods_code)
        if not code:
            return ""
        if closed := self.reference.closed(code):
            cells.fault(ODS_CODE, self._closed_sentence(closed), closed.successor)
            return ""
        known, named = self.reference.by_code(code), self.reference.by_name(name) if name else None
        if named and named.ods_code != code:
            whose = f"is the code of {known.name}" if known else "is not a code we know"
            cells.fault(
                ODS_CODE,
                f'"{written}" {whose}, but the row says {name}. Did you mean {named.ods_code}?',
                named.ods_code,
            )
            return ""
        return code

    def _closed_sentence(self, closed: ClosedTrust) -> str:
        since = f", since {closed.closed_on}" if closed.closed_on else ""
        successor = self.reference.by_code(closed.successor)
        now = f", now {successor.ods_code}, {successor.name}" if successor else ""
        return f'"{closed.ods_code}" is closed{since}{now}. Enter the code of the Trust that takes part.'

    def _code_by_name(self, cells: _Cells, name: str) -> str:
        if cells.faulty(TRUST_NAME):
            return ""
        if not name:
            cells.fault(
                ODS_CODE if cells.has(ODS_CODE) else TRUST_NAME,
                "Enter the ODS code of the Trust." if cells.has(ODS_CODE) else "Enter the name of the Trust.",
            )
            return ""
        if found := self.reference.by_name(name):
            return found.ods_code
        near = self.reference.like(name)
        meant = f" Did you mean {near.name} ({near.ods_code})?" if near else " Add its ODS code."
        cells.fault(TRUST_NAME, f'"{name}" is not the name of a Trust we know.{meant}', near.name if near else "")
        return ""

    @staticmethod
    def _name(cells: _Cells, known: TrustDetails | None) -> str:
        """The name on the row, unless it is only another spelling of the known one or stands beside a person."""
        written = cells.text(TRUST_NAME)
        if known is None:
            return written
        same = not written or cells.table.row_per_person or name_key(written) == name_key(known.name)
        return known.name if same else written

    def _note_what_is_missing(self, cells: _Cells, details: TrustDetails) -> None:
        code = details.ods_code
        missing = [
            column
            for column in _WANTED
            if not getattr(details, "name" if column == TRUST_NAME else column.field) and not cells.faulty(column)
        ]
        if len(missing) == len(_WANTED):
            meant = self.reference.code_like(code)
            also = f" Did you mean {meant}?" if meant else " Check it, or add the Trust's name and region."
            cells.fault(ODS_CODE, f'"{code}" is not the ODS code of a Trust we know.{also}', meant)
            return
        for column in missing:
            cells.fault(column, f"Enter the {_WANTED[column]}: {code} is not in our list of Trusts.")

    def _note_contradictions(self, cells: _Cells, code: str, given: Mapping[str, str]) -> None:
        """Two rows about one Trust may not disagree; which is right only the organiser knows."""
        for column, _ in _CHECKED_TRUST_COLUMNS:
            if value := given[column.field]:
                before, place = self.said.setdefault((code, column.field), (value, cells.place))
                if before != value:
                    cells.fault(column, f"{value} here, but {before} on {place} for the same Trust.", before)

    def _note_repeats(self, cells: _Cells, trust: TrustDetails | None, people: Mapping[str, PersonDetails]) -> None:
        """Mark what an earlier row said: a Trust, a role of a Trust, or an address that is another person's."""
        per_person = cells.table.row_per_person
        if trust and not per_person:
            first = self.trusts.setdefault(trust.ods_code, cells.place)
            if first != cells.place:
                cells.fault(ODS_CODE if cells.has(ODS_CODE) else TRUST_NAME, f"{trust.ods_code} is already on {first}.")
                return
        for role, person in people.items():
            mention = _Mention(cells.place, person, per_person)
            email = Column("email", "" if per_person else role)
            holder = self.addresses.setdefault(person.email, mention)
            if holder.person.name.casefold() != person.name.casefold():
                cells.fault(email, f"{person.email} is already the address of {holder.person.name}, on {holder.place}.")
            elif role not in PAIR_ROLES and holder.place != cells.place:
                cells.fault(email, f"{person.name} is already on {holder.place}.")
            if trust:
                self._note_second_holder(cells, trust, role, mention)

    def _note_second_holder(self, cells: _Cells, trust: TrustDetails, role: str, mention: "_Mention") -> None:
        first = self.roles.setdefault((trust.ods_code, role), mention)
        same_person = (first.person.email, first.person.name) == (mention.person.email, mention.person.name)
        if first.place != mention.place and (not same_person or first.per_person):
            label = ROLE_LABELS[role].lower()
            column = ROLE if mention.per_person else Column("name", role)
            cells.fault(column, f"{trust.name} already has a {label}, {first.person.name}, on {first.place}.")


def _estimates(trust: TrustDetails) -> Iterator[tuple[str, str]]:
    """What has to be estimated of a Trust that is not in our list."""
    trust_type = trust.trust_type or estimated_type(trust.name)
    if not trust.trust_type:
        yield "trust_type", trust_type
    if not trust.research_activity:
        yield "research_activity", estimated_activity(trust.name, trust_type)


@dataclass(frozen=True, slots=True)
class _Mention:
    """Where a person was named first, and whether in a row of their own."""

    place: str
    person: PersonDetails
    per_person: bool


def _people(cells: _Cells) -> Iterator[tuple[str, PersonDetails]]:
    """The people of a row by role; half a person (a name without an address) is a fault."""
    if not cells.table.row_per_person:
        for pair_role in PAIR_ROLES:
            if person := _person(cells, pair_role):
                yield pair_role, person
        return
    role = cells.value(ROLE, values.role) if cells.has(ROLE) else cells.table.role
    if not role and not cells.faulty(ROLE):
        cells.fault(
            ROLE, f"Enter the role: {', '.join(list(ROLE_LABELS.values())[:-1])} or {ROLE_LABELS['facilitator']}."
        )
    person = _person(cells, "")
    if role and person:
        yield role, person
    elif not person and not cells.faults:
        cells.fault(Column("name"), "Enter a name and an email address.")


def _person(cells: _Cells, role: str) -> PersonDetails | None:
    name_column, email_column = Column("name", role), Column("email", role)
    parts = [cells.value(Column(part, role), values.name) for part in ("name", "first_name", "last_name")]
    name = parts[0] or " ".join(part for part in parts[1:] if part)
    if len(name) > values.LONGEST_NAME:  # first name and surname together
        cells.fault(Column("last_name", role), f"This name is longer than {values.LONGEST_NAME} letters.")
    email = cells.value(email_column, values.email)
    phone = cells.value(Column("phone", role), values.phone)
    if not cells.has(name_column) and cells.has(Column("last_name", role)):
        name_column = Column("last_name", role)
    if name and not email and not cells.faulty(email_column):
        cells.fault(email_column, f"Enter the email address of {name}.")
    if not name and not cells.faulty(name_column) and (email or phone or cells.faulty(email_column)):
        cells.fault(name_column, f"Enter the name of {email}." if email else "Enter the name.")
    return PersonDetails(name, email, phone) if name and email else None
