"""Who may use each route: a new route without a row here fails its test (abuse case A5).

PUBLIC opens to anyone, or with a personal link; LOG_IN to any organiser; the others to the roles named.
"""

from __future__ import annotations

from scheduler.models import Role

OWNER, PLANNER, FACILITATOR, VIEWER, EVALUATOR = Role
PUBLIC = "public"
LOG_IN = "log-in"
EVERYONE = frozenset(Role)
LOOK = frozenset({OWNER, PLANNER, FACILITATOR, VIEWER})
WORK = frozenset({OWNER, PLANNER})
OWN = frozenset({OWNER})

ACCESS: dict[str, str | frozenset[Role]] = {
    "static": PUBLIC,
    # Doors and health
    "help.accessibility": PUBLIC,
    "help.how_to": PUBLIC,
    "help.privacy": PUBLIC,
    "health.alive": PUBLIC,
    "health.ready": PUBLIC,
    "sign_in.start": PUBLIC,
    "sign_in.ask": PUBLIC,
    "sign_in.asked": PUBLIC,
    "sign_in.use": PUBLIC,
    "sign_in.leave": LOG_IN,
    "programmes.every": LOG_IN,
    "system.mail": LOG_IN,
    "system.message": LOG_IN,
    # With a personal link
    "participant.page": PUBLIC,
    "participant.post": PUBLIC,
    "subscribing.page": PUBLIC,
    "subscribing.new_address": PUBLIC,
    "participant.find_my_link": PUBLIC,
    "cannot_come.say": PUBLIC,
    "seat_offers.answer": PUBLIC,
    "participant.link_is_on_its_way": PUBLIC,
    "feeds.feed": PUBLIC,
    "feeds.date": PUBLIC,
    # Home
    "home.home": EVERYONE,
    # Who can no longer come
    "apologies.every": LOOK,
    "apologies.deal_with": WORK,
    # People
    "people.pairs": LOOK,
    "people.person": LOOK,
    "people.trust": LOOK,
    "people.save_person": WORK,
    "people.save_trust": WORK,
    "people.send_link": WORK,
    "people.new_link": WORK,
    "importing.choose": WORK,
    "importing.check": WORK,
    "importing.columns": WORK,
    "importing.empty_file": WORK,
    "importing.faults": WORK,
    "importing.mend": WORK,
    "importing.undo": WORK,
    "importing.write": WORK,
    # Events
    "events.every": LOOK,
    "events.new": WORK,
    "events.event": LOOK,
    "events.change": WORK,
    "events.new_session": WORK,
    "events.session": WORK,
    "events.withdraw": WORK,
    "events.new_venue": WORK,
    "rules.audience": WORK,
    "rules.name": WORK,
    "rules.every": WORK,
    "rules.apart": WORK,
    "series.repeat": WORK,
    "series.copy": WORK,
    "series.rounds": WORK,
    "series.copy_last_round": WORK,
    "facilitators.new": WORK,
    "facilitators.change": WORK,
    "facilitators.take_away": WORK,
    # Collect
    "collect.table": LOOK,
    "collect.session": LOOK,
    "collect.missing_people": LOOK,
    "collect.download": LOOK,
    "collect.ask": WORK,
    "collect.close": WORK,
    "collect.person": WORK,
    "collect.decide": WORK,
    "collect.remind": WORK,
    "collect.remind_one": WORK,
    # Plan
    "plans.gallery": LOOK,
    "plans.view": LOOK,
    "plans.progress": LOOK,
    "plans.session": LOOK,
    "plans.learning_set": LOOK,
    "plans.unplaced": LOOK,
    "plans.later_answers": LOOK,
    "plans.advice": LOOK,
    "plans.start_advice": WORK,
    "plans.stop_advice": WORK,
    "plans.file": LOOK,
    "plans.problem": LOOK,
    "plans.new": WORK,
    "plans.explain": LOOK,
    "plans.move": WORK,
    "plans.undo": WORK,
    "plans.add_lock": WORK,
    "plans.remove_lock": WORK,
    "plans.locks": LOOK,
    "plans.stop": WORK,
    "plans.discard": WORK,
    # Invite
    "publishing.publish": WORK,
    "messages.outbox": WORK,
    "messages.message": WORK,
    "messages.release": WORK,
    "messages.stop": WORK,
    "messages.again": WORK,
    "replies.every": WORK,
    "replies.invitation": WORK,
    "replies.held": WORK,
    "replies.received": WORK,
    "replies.message": WORK,
    "replies.decide": WORK,
    "replies.undo": WORK,
    "replies.declined": WORK,
    "replies.keep": WORK,
    "replies.bounced": WORK,
    "free_seats.every": WORK,
    "free_seats.offer": WORK,
    "free_seats.withdraw": WORK,
    "free_seats.give_up": WORK,
    # Settings
    "settings.programme": OWN,
    "roles.every": OWN,
    "roles.one": OWN,
    "audit.every": WORK,
    "settings.every": OWN,
    "settings.wordings": OWN,
    "settings.one": OWN,
    "settings.ours": OWN,
}
