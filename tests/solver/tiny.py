"""Tiny problems for property tests: every field of the format appears, and few enough plans to try them all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import strategies as st

from solver.problem import (
    Assignment,
    AttendanceLock,
    Event,
    Facilitator,
    Meeting,
    MixRule,
    Party,
    PlannedSet,
    Previous,
    Problem,
    Resource,
    Round,
    RunningLock,
    Session,
    SetLock,
    SetsEntry,
    Slot,
    Weights,
)

MORNING = datetime(2027, 1, 11, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)

hours = st.integers(0, 6).map(lambda h: MORNING + h * HOUR)
answers = st.sampled_from(["yes", "yes", "yes", "if-need-be", "if-need-be", "no"])
values = st.sampled_from(["north", "north", "south", "east"])
shares = st.sampled_from([None, None, Fraction(1, 2), Fraction(2, 3), Fraction(2, 5), Fraction(1)])


def rarely(strategy, otherwise=None):
    """Mostly ``otherwise``, so that most problems have a plan."""
    return st.one_of(st.just(otherwise), st.just(otherwise), st.just(otherwise), strategy)


@st.composite
def parties(draw, number):
    """Parties, some of which share a person or a Trust, some without an attribute."""
    made = []
    for i in range(number):
        people = [f"p{i}{c}" for c in "ab"[: draw(st.integers(1, 2))]]
        if made and draw(rarely(st.just(True), False)):
            people.append(draw(st.sampled_from(made)).people[0])
        trust = draw(st.sampled_from([f"T{i}", f"T{i}", "T0"]))
        attributes = draw(st.sampled_from([{"region": draw(values)}, {"region": draw(values)}, {}]))
        made.append(Party(f"P{i}", trust, tuple(people), attributes))
    return tuple(made)


@st.composite
def mixes(draw):
    """No rule mostly, or one on the region."""
    if draw(st.booleans()):
        return ()
    if draw(st.booleans()):
        return (MixRule("region"),)
    most, least = draw(rarely(st.integers(1, 2))), draw(rarely(st.integers(0, 2)))
    return (MixRule("region", draw(shares), most, least),)


@st.composite
def events(draw, name, audience, earlier, sessions):
    """An event with so many sessions."""
    made = []
    for i in range(sessions):
        start = draw(hours)
        least = draw(rarely(st.integers(1, 4), 0))
        most = draw(st.sampled_from([None, None, *range(max(1, least), 6)]))
        uses = {"team": draw(st.integers(0, 2))} if draw(st.booleans()) else {}
        end = start + draw(st.integers(1, 2)) * HOUR
        made.append(Session(f"{name}-{i}", start, end, least, most, draw(st.integers(0, 9)), uses))
    most = draw(st.sampled_from([None, None, 1, 2]))
    least = draw(rarely(st.integers(0, 2 if most is None else most), 0))
    after = (earlier,) if earlier and draw(st.booleans()) else ()
    return Event(name, "workshop", audience, tuple(made), least, most, after, draw(mixes()), draw(st.booleans()))


@st.composite
def entries(draw, name, audience, *, rounds, slots, leaders):
    """An entry of sets."""
    made = []
    for r in range(rounds):
        in_round = []
        for s in range(slots):
            start = draw(hours)
            uses = {"team": draw(st.integers(0, 2))} if draw(st.booleans()) else {}
            in_round.append(Slot(f"{name}-{r}-{s}", start, start + HOUR, draw(rarely(st.integers(0, 2))), uses))
        made.append(Round(f"{name}-{r}", tuple(in_round)))
    ids = [slot.id for round_ in made for slot in round_.slots]
    away = st.frozensets(st.sampled_from(ids), max_size=1) if ids else st.just(frozenset())
    led = tuple(Facilitator(f"F{i}", draw(rarely(st.integers(0, 2))), draw(away)) for i in range(leaders))
    least = draw(st.integers(1, 2))
    most = draw(st.sampled_from([None, 2, 3]))
    count_min = draw(rarely(st.integers(0, 2), 0))
    count_max = draw(rarely(st.integers(max(1, count_min), 3)))
    return SetsEntry(
        name, audience, tuple(made), least, most, count_min, count_max, draw(mixes()), draw(st.booleans()), led
    )


@st.composite
def subsets(draw, ids):
    """Everybody mostly, in the order of the file."""
    return tuple(p for p in ids if draw(st.integers(0, 5)))


@st.composite
def locks(draw, ids, events_, entries_):
    """At most two locks of any kind."""
    sittings = [s.id for e in events_ for s in e.sessions] + [s.id for n in entries_ for r in n.rounds for s in r.slots]
    kinds = []
    if sittings:
        kinds.append(st.builds(AttendanceLock, st.sampled_from(ids), st.sampled_from(sittings), st.booleans()))
        kinds.append(st.builds(RunningLock, st.sampled_from(sittings), st.booleans()))
    if entries_:
        some = st.lists(st.sampled_from(ids), min_size=1, max_size=2, unique=True).map(tuple)
        leader = st.sampled_from([None, *(f.id for f in entries_[0].facilitators)])
        kinds.append(st.builds(SetLock, st.just(entries_[0].id), some, leader))
    return tuple(draw(st.lists(st.one_of(kinds), max_size=2))) if kinds and draw(st.booleans()) else ()


@st.composite
def previous_plans(draw, events_, entries_):
    """An earlier plan, some of it about what is no longer there."""
    if draw(st.booleans()):
        return None
    placed = [
        Assignment(e.id, p, draw(st.sampled_from([*(s.id for s in e.sessions), "gone"])))
        for e in events_
        for p in (*e.audience, "gone")
        if draw(st.booleans())
    ]
    formed = []
    for entry in entries_:
        left = list(entry.audience)
        for number in draw(st.lists(st.integers(1, 3), max_size=2, unique=True)):
            taken, left = left[:2], left[2:]
            met = tuple(Meeting(r.id, draw(st.sampled_from([s.id for s in r.slots]))) for r in entry.rounds if r.slots)
            leader = draw(st.sampled_from([None, "gone", *(f.id for f in entry.facilitators)]))
            formed.append(PlannedSet(entry.id, number, tuple(taken), leader, met))
    return Previous(tuple(placed), tuple(formed))


SHAPES = [  # parties, sessions of each event, (rounds, slots, facilitators) of each entry
    (4, (2,), ()),
    (5, (3,), ()),
    (4, (2, 2), ()),
    (3, (2, 1, 2), ()),
    (3, (), ((1, 2, 2),)),
    (4, (), ((1, 2, 0),)),
    (3, (), ((2, 2, 0),)),
    (3, (2,), ((1, 2, 0),)),
    (3, (1,), ((1, 1, 2),)),
    (2, (2,), ((1, 2, 1), (1, 2, 1))),
    (3, (2, 0), ((0, 0, 1),)),
]


@st.composite
def tiny_problems(draw, shapes=SHAPES):
    """A whole tiny problem of one of these shapes."""
    number, shape, sets = draw(st.sampled_from(shapes))
    made = draw(parties(number))
    ids = [party.id for party in made]
    events_: list[Event] = []
    for i, sessions in enumerate(shape):
        earlier = events_[-1].id if events_ else None
        events_.append(draw(events(f"E{i}", draw(subsets(ids)), earlier, sessions)))
    entries_ = [
        draw(entries(f"S{i}", draw(subsets(ids)), rounds=sizes[0], slots=sizes[1], leaders=sizes[2]))
        for i, sizes in enumerate(sets)
    ]
    sittings = [s.id for e in events_ for s in e.sessions] + [s.id for n in entries_ for r in n.rounds for s in r.slots]
    weight = st.sampled_from([0, 1, 3, 10])
    return Problem(
        name="tiny",
        parties=made,
        events=tuple(events_),
        sets=tuple(entries_),
        resources=(Resource("team", draw(st.integers(1, 4)), draw(st.sampled_from([timedelta(), HOUR]))),),
        availability={p: {s: draw(answers) for s in sittings} for p in ids},
        costs={p: {s: draw(st.integers(0, 5)) for s in sittings if draw(st.booleans())} for p in ids},
        gap=draw(st.sampled_from([timedelta(), timedelta(minutes=30), HOUR])),
        apart=((ids[0], ids[1]),) if draw(rarely(st.just(True), False)) else (),
        previous_encounters=(("T0", "T1", draw(st.integers(0, 3))),) if draw(st.booleans()) else (),
        locks=draw(locks(ids, events_, entries_)),
        previous=draw(previous_plans(events_, entries_)),
        weights=Weights(draw(st.sampled_from([0, 5, 1000, 10000])), draw(weight), *(draw(weight) for _ in range(6))),
    )
