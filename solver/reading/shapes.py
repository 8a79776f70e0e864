"""The shapes of the two files: which fields there are, of which type and range. What spans fields is in ``links``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal, TypeVar, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from solver.faults import MOST_LISTED

MOST_WHOLE = 2**31 - 1
MOST_OBJECTIVE = 2**62
_MOST_DIGITS = 1000
_TIME = re.compile(
    r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}T[0-9]{2}(:?[0-9]{2}(:?[0-9]{2}([.,][0-9]+)?)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
)


@dataclass(slots=True)
class Budget:
    """How many faults of list entries were told one by one, and how many only counted."""

    told: int = 0
    counted: int = 0


def _within_budget(value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    """Count the faults of a list entry instead of telling them, once enough are told: a file may hold millions."""
    budget = cast(Budget, info.context)
    told_before = budget.told
    try:
        return handler(value)
    except ValidationError as error:
        if budget.told == told_before >= MOST_LISTED:
            budget.counted += error.error_count()
            return None
        budget.told = told_before + error.error_count()
        raise


def read_time(value: object) -> datetime:
    """An aware time, as ISO 8601 writes it with an offset. Raises ValueError in words for the reader of the file."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise ValueError("must be a time with its offset, as 2027-01-12T09:30:00+00:00")
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("there is no such day or time; write it as 2027-01-12T09:30:00+00:00") from None
    try:
        time.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be in the years 1 to 9999, in UTC too") from None
    return time


def _read_share(value: object) -> Fraction:
    """A decimal from 0 to 1 exactly as written: 0.4 is 2/5."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 <= value <= 1:
        raise ValueError("must be a decimal from 0 to 1")
    written = Decimal(value)
    if written and (written.adjusted() < -_MOST_DIGITS or len(written.as_tuple().digits) > _MOST_DIGITS):
        raise ValueError(f"has more than {_MOST_DIGITS:,} digits")
    return Fraction(written) if written else Fraction(0)


def _refuse_null(value: object) -> object:
    if value is None:
        raise ValueError("must not be null; leave the key out")
    return value


T = TypeVar("T")
Each = Annotated[T, WrapValidator(_within_budget)]
Maybe = Annotated[T | None, BeforeValidator(_refuse_null)]
Id = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
Whole = Annotated[int, Field(ge=0, le=MOST_WHOLE)]
Points = Annotated[int, Field(ge=0, le=MOST_OBJECTIVE)]
Time = Annotated[datetime, PlainValidator(read_time)]
Share = Annotated[Fraction, PlainValidator(_read_share)]
Kind = Literal["national", "regional", "workshop", "conference", "table"]
Answer = Literal["yes", "if-need-be", "no"]
Amounts = dict[str, Each[Whole]]
Ids = list[Each[Id]]


class Shape(BaseModel):
    """An object of a file: no field but those named, no type but those said. Source: problem format."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True)

    @model_validator(mode="before")
    @classmethod
    def _few_unknown_fields(cls, data: Any) -> Any:
        if isinstance(data, dict) and len(data) > MOST_LISTED + len(cls.model_fields):
            raise ValueError(f"has {len(data):,} fields, of which at most {len(cls.model_fields)} are known")
        return data


class ResourceShape(Shape):
    id: Id
    capacity: Whole
    gap_minutes: Whole = 0


class PartyShape(Shape):
    id: Id
    trust: Maybe[Id] = None
    people: Annotated[Ids, Field(min_length=1)]
    attributes: dict[str, Each[str]] = {}


class RangeShape(Shape):
    min: Maybe[Whole] = None
    max: Maybe[Whole] = None


class MixShape(Shape):
    attribute: str
    max_share: Maybe[Share] = None
    max_count: Maybe[Whole] = None
    min_distinct: Maybe[Whole] = None


class SessionShape(Shape):
    id: Id
    start: Time
    end: Time
    min_seats: Whole = 0
    max_seats: Maybe[Whole] = None
    open_cost: Whole = 0
    uses: Amounts = {}


class EventShape(Shape):
    id: Id
    kind: Kind = "workshop"
    audience: Maybe[Ids] = None
    open: RangeShape = RangeShape()
    after: Ids = []
    mix: list[Each[MixShape]] = []
    encounters: bool = False
    sessions: list[Each[SessionShape]]


class SlotShape(Shape):
    id: Id
    start: Time
    end: Time
    max_sets: Maybe[Whole] = None
    uses: Amounts = {}


class RoundShape(Shape):
    id: Id
    slots: list[Each[SlotShape]]


class FacilitatorShape(Shape):
    id: Id
    max_sets: Maybe[Whole] = None
    unavailable: Ids = []


class SetsShape(Shape):
    id: Id
    audience: Maybe[Ids] = None
    size: RangeShape = RangeShape()
    count: RangeShape = RangeShape()
    mix: list[Each[MixShape]] = []
    encounters: bool = False
    rounds: list[Each[RoundShape]]
    facilitators: list[Each[FacilitatorShape]] = []


class AttendanceLockShape(Shape):
    party: Id
    session: Id
    never: bool = False


class RunningLockShape(Shape):
    session: Id
    runs: bool


class SetLockShape(Shape):
    set: Id
    parties: Ids
    facilitator: Maybe[Id] = None


LockShape = AttendanceLockShape | RunningLockShape | SetLockShape


def _read_lock(value: object, info: ValidationInfo) -> LockShape:
    """Which of the three locks it is shows in its keys."""
    keys = value.keys() if isinstance(value, dict) else ()
    shape: type[LockShape]
    if "set" in keys or "parties" in keys:
        shape = SetLockShape
    elif "runs" in keys:
        shape = RunningLockShape
    elif "party" in keys:
        shape = AttendanceLockShape
    else:
        raise ValueError("must hold party and session, or session and runs, or set and parties")
    return shape.model_validate(value, context=info.context)


class AssignmentShape(Shape):
    event: Id
    party: Id
    session: Id


class MeetingShape(Shape):
    round: Id
    slot: Id


class PlannedSetShape(Shape):
    set: Id
    number: Whole
    parties: Ids
    facilitator: Maybe[Id] = None
    meetings: list[Each[MeetingShape]]


class PreviousShape(Shape):
    assignments: list[Each[AssignmentShape]] = []
    sets: list[Each[PlannedSetShape]] = []


class WeightsShape(Shape):
    unplaced: Maybe[Whole] = None
    open_cost: Maybe[Whole] = None
    costs: Maybe[Whole] = None
    if_need_be: Maybe[Whole] = None
    burden: Maybe[Whole] = None
    repeat_encounter: Maybe[Whole] = None
    mix_imbalance: Maybe[Whole] = None
    change: Maybe[Whole] = None


def _read_list_of(length: int, words: str) -> BeforeValidator:
    def read(value: object) -> object:
        if not isinstance(value, list) or len(value) != length:
            raise ValueError(f"must be a list of {words}")
        return tuple(value)

    return BeforeValidator(read)


TwoParties = Annotated[tuple[Id, Id], _read_list_of(2, "two parties")]
Met = Annotated[tuple[Id, Id, Whole], _read_list_of(3, "two Trusts and how often they met")]


class ProblemShape(Shape):
    format: Literal["convene-problem/1"]
    name: str = ""
    resources: list[Each[ResourceShape]] = []
    parties: list[Each[PartyShape]]
    events: list[Each[EventShape]] = []
    sets: list[Each[SetsShape]] = []
    availability: dict[str, Each[dict[str, Each[Answer]]]] = {}
    costs: dict[str, Each[dict[str, Each[Whole]]]] = {}
    gap_minutes: Whole = 0
    apart: list[Each[TwoParties]] = []
    previous_encounters: list[Each[Met]] = []
    locks: list[Each[Annotated[Any, PlainValidator(_read_lock)]]] = []
    previous: Maybe[PreviousShape] = None
    weights: WeightsShape = WeightsShape()


class UnplacedShape(Shape):
    event: Id
    party: Id
    reasons: list[Each[str]] = []


class TermsShape(Shape):
    unplaced: Maybe[Points] = None
    open_cost: Maybe[Points] = None
    costs: Maybe[Points] = None
    if_need_be: Maybe[Points] = None
    burden: Maybe[Points] = None
    repeat_encounter: Maybe[Points] = None
    mix_imbalance: Maybe[Points] = None
    change: Maybe[Points] = None


def _read_seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 <= value <= MOST_WHOLE:
        raise ValueError(f"must be a number of seconds from 0 to {MOST_WHOLE}")
    return float(value)


class PlanShape(Shape):
    format: Literal["convene-plan/1"]
    status: Literal["optimal", "feasible", "infeasible", "unknown"]
    objective: Maybe[Points] = None
    bound: Points
    seconds: Annotated[float, PlainValidator(_read_seconds)]
    terms: TermsShape
    assignments: list[Each[AssignmentShape]]
    sets: list[Each[PlannedSetShape]]
    unplaced: list[Each[UnplacedShape]]
    conflict: list[Each[str]] = []
