"""Which row of a sheet is its header, what each column holds, and which rows come under it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from scheduler.collect.importing.cells import cleaned
from scheduler.collect.importing.columns import (
    COLUMNS,
    PAIR_ROLES,
    Column,
    column_headed,
    role_in,
    words_of,
)
from scheduler.collect.importing.files import FileRefused, Row, Sheet

LINES_BEFORE_A_HEADER = 30

Choices = Mapping[str, Mapping[str, str]]
"""What an organiser changed: {sheet: {position of a column, from "0": key of COLUMNS, or "" for "not read"}}."""


@dataclass(frozen=True, slots=True)
class Heading:
    """One column of a file: its position from 0, the heading as written, and what it is read as (None: not read)."""

    position: int
    text: str
    column: Column | None

    @property
    def letter(self) -> str:
        """The column as a spreadsheet names it: A, B, …, Z, AA."""
        number, letters = self.position + 1, ""
        while number:
            number, rest = divmod(number - 1, 26)
            letters = chr(ord("A") + rest) + letters
        return letters

    @property
    def name(self) -> str:
        """The heading in quotation marks, with its letter where there is no heading or the same one twice."""
        return f'"{self.text}" (column {self.letter})' if self.text else f"column {self.letter}"


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet whose header is known: its columns, and the rows below. ``faults`` must be mended before it is read.

    ``among_others`` is whether other sheets of the file are read too, so that a line number alone names no row.
    """

    sheet: str
    header_line: int
    headings: tuple[Heading, ...]
    rows: tuple[Row, ...]
    faults: tuple[str, ...] = ()
    among_others: bool = False

    @property
    def row_per_person(self) -> bool:
        """Whether each row is one person with a role; otherwise each row is one Trust."""
        return any(heading.column and _of_a_row_s_person(heading.column) for heading in self.headings)

    @property
    def role(self) -> str:
        """The role that the sheet's name gives all its people: a sheet "Directors"."""
        return role_in(self.sheet)

    def heading(self, column: Column) -> Heading | None:
        """The column of the file that holds this."""
        return next((heading for heading in self.headings if heading.column == column), None)

    def reads(self) -> list[str]:
        """How headings that are not ours were read: "'Trust code' is read as ODS code"."""
        return [
            f"'{heading.text}' is read as {heading.column.label}"
            for heading in self.headings
            if heading.column and words_of(heading.text) != words_of(heading.column.label)
        ]

    def not_read(self) -> list[str]:
        """The headings of columns that are not read, as written."""
        return [heading.text for heading in self.headings if heading.column is None and heading.text]


def tables_in(sheets: Sequence[Sheet], choices: Choices | None = None) -> list[Table]:
    """Each sheet that has a header we know. Lines above the header are passed over, and so are other sheets.

    Raises FileRefused if no sheet has such a header.
    """
    found = [table for sheet in sheets if (table := _table(sheet, (choices or {}).get(sheet.name, {})))]
    sound = [table for table in found if _says_whom_it_is_about(table.headings)]
    if not found:
        raise FileRefused(
            "No row of this file has headings that Convene knows. Give each column a heading, such as"
            ' "ODS code", "Trust name", "Region", "Director name" and "Director email".'
        )
    read = sound or found[:1]
    return [replace(table, among_others=len(read) > 1) for table in read]


def _table(sheet: Sheet, chosen: Mapping[str, str]) -> Table | None:
    at = _header_position(sheet.rows)
    if at is None:
        return None
    header = sheet.rows[at]
    above = sheet.rows[at - 1] if at else None
    rows = tuple(row for row in sheet.rows[at + 1 :] if row.cells != header.cells)  # printed lists repeat it
    width = max(len(row.cells) for row in (header, *rows))
    headings = [Heading(position, cleaned(header.cell(position)), None) for position in range(width)]
    headings = [replace(heading, column=_column(heading, above, chosen)) for heading in headings]
    headings = _of_one_layout(_whose_name([heading for heading in headings if heading.text or heading.column]))
    headings, twice = _each_once(headings, rows, chosen)
    table = Table(sheet.name, header.line, tuple(headings), rows)
    return replace(table, faults=(*twice, *_missing(table)))


def _header_position(rows: Sequence[Row]) -> int | None:
    """The first of the rows that name most of our columns. One heading alone counts only if it is the ODS code."""
    known = [
        {column.key for cell in row.cells if cell and (column := column_headed(cell))}
        for row in rows[:LINES_BEFORE_A_HEADER]
    ]
    best = max(known, key=len, default=set())
    return known.index(best) if len(best) > 1 or best == {"ods_code"} else None


def _column(heading: Heading, above: Row | None, chosen: Mapping[str, str]) -> Column | None:
    choice = chosen.get(str(heading.position))
    if choice is not None:
        return COLUMNS.get(choice)
    column = column_headed(heading.text)
    if column and above and _names_a_person(column) and not column.role:
        return replace(column, role=_role_above(above, heading.position))
    return column


def _role_above(above: Row, position: int) -> str:
    """The role in a line above the header that spans several columns: "Director" over "Name" and "Email"."""
    roles = [role_in(cell) for cell in above.cells]
    if len({role for role in roles if role in PAIR_ROLES}) < 2:
        return ""
    before = [role for role in roles[: position + 1] if role in PAIR_ROLES]
    return before[-1] if before else ""


def _names_a_person(column: Column) -> bool:
    return column.field in {"name", "first_name", "last_name", "email", "phone"}


def _of_a_row_s_person(column: Column) -> bool:
    return not column.role and (column.field == "role" or _names_a_person(column))


def _whose_name(headings: list[Heading]) -> list[Heading]:
    """Where nothing else speaks of one person a row, "Name" beside the ODS code is the name of the Trust."""
    keys = {heading.column.key for heading in headings if heading.column}
    of_the_trust = "ods_code" in keys and not keys & {"trust_name", "email", "role", "first_name", "last_name", "phone"}
    return [
        replace(heading, column=Column("trust_name")) if of_the_trust and heading.column == Column("name") else heading
        for heading in headings
    ]


def _of_one_layout(headings: list[Heading]) -> list[Heading]:
    """With columns for director or manager a row is a Trust, and "Email" alone is of nobody we know; or the reverse."""
    row_per_trust = any(heading.column and heading.column.role in {"director", "manager"} for heading in headings)
    row_per_person = not row_per_trust and any(
        heading.column and _of_a_row_s_person(heading.column) for heading in headings
    )

    def belongs(column: Column) -> bool:
        return not (row_per_trust and _of_a_row_s_person(column)) and not (row_per_person and column.role)

    return [
        heading if heading.column is None or belongs(heading.column) else replace(heading, column=None)
        for heading in headings
    ]


def _each_once(
    headings: list[Heading], rows: Sequence[Row], chosen: Mapping[str, str]
) -> tuple[list[Heading], list[str]]:
    """Settle columns that are read as the same: by a choice, by our own heading, by what is in them, or as a fault."""
    faults = []
    dropped: set[int] = set()
    for column in dict.fromkeys(heading.column for heading in headings if heading.column):
        same = [heading for heading in headings if heading.column == column]
        if len(same) == 1:
            continue
        keep = _one_of(same, rows, chosen)
        if keep is None:
            faults.append(
                f"{len(same)} columns are read as {column.label}: {' and '.join(heading.name for heading in same)}."
                " Say which of them it is."
            )
        else:
            dropped |= {heading.position for heading in same} - {keep.position}
    return [replace(h, column=None) if h.position in dropped else h for h in headings], faults


def _one_of(same: list[Heading], rows: Sequence[Row], chosen: Mapping[str, str]) -> Heading | None:
    ways = (
        [heading for heading in same if str(heading.position) in chosen],
        [heading for heading in same if heading.column and heading.text.casefold() == heading.column.label.casefold()],
        [heading for heading in same if any(row.cell(heading.position) for row in rows)],
    )
    for narrowed in ways:
        if len(narrowed) == 1:
            return narrowed[0]
    values = {tuple(row.cell(heading.position) for row in rows) for heading in ways[2]}
    return same[0] if not values else ways[2][0] if len(values) == 1 else None


def _says_whom_it_is_about(headings: Sequence[Heading]) -> bool:
    keys = {heading.column.key for heading in headings if heading.column}
    return bool(keys & {"ods_code", "trust_name", "email"})


def _missing(table: Table) -> list[str]:
    keys = {heading.column.key for heading in table.headings if heading.column}
    missing = []
    if table.row_per_person:
        if not keys & {"name", "first_name", "last_name"}:
            missing.append('No column holds the names. Add one that is headed "Name".')
        if "email" not in keys:
            missing.append('No column holds the email addresses. Add one that is headed "Email".')
        if "role" not in keys and not table.role:
            missing.append('No column says who is a director and who a manager. Add one that is headed "Role".')
    elif not keys & {"ods_code", "trust_name"}:
        missing.append('No column says which Trust a row is about. Add one that is headed "ODS code".')
    return missing
