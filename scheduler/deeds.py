"""What entries of the audit say of people and of seats; ``words.DEEDS`` has these and all others."""

from __future__ import annotations

from collections.abc import Mapping

OF_PEOPLE_AND_SEATS: Mapping[str, str] = {
    "person.added": "added {thing}",
    "person.assistant-removed": "ended the copies to the assistant of {thing}",
    "person.assistant-set": "named an assistant for {thing}",
    "person.came-back": "let {thing} take part again",
    "person.changed": "changed the details of {thing}",
    "person.downloaded": "downloaded what is held on {thing}",
    "person.erased": "erased a person",
    "person.erasing": "asked for a person to be erased",
    "person.left": "let {thing} leave the programme: {messages} messages",
    "person.merged": "merged two rows of {thing}",
    "person.own-details": "changed their own details",
    "person.stays": "settled that {thing} stays",
    "person.unmerged": "took apart two rows of {thing} again",
    "person.wants-to-leave": "told the organisers that they want to leave",
    "retention.changed": "changed how long things are kept",
    "retention.erased": "erased what was kept long enough: {needs} needs, {received} received mails, {sent} sent mails",
    "seats.given-up": "gave up the seats of {thing}, {when}",
    "seats.gone": "found that the seats offered to {thing} no longer fit, {when}",
    "seats.kept": "kept the seats of {thing}, who declined",
    "seats.lapsed": "ended the offer of seats to {thing}, {when}: its time was up",
    "seats.offered": "offered seats to {thing}, {when}",
    "seats.refused": "did not want the seats offered to {thing}, {when}",
    "seats.taken": "took the seats offered to {thing}, {when}",
    "seats.withdrawn": "took back the offer of seats to {thing}, {when}",
}
