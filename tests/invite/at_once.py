"""Deeds that begin in the same moment, each in a thread of its own as two requests would."""

from __future__ import annotations

import threading

from scheduler.extensions import db


def at_once(app, *deeds):
    """What each deed gave or raised, all begun at the same moment in threads of their own."""
    start, came = threading.Barrier(len(deeds)), {}

    def run(number, deed):
        with app.app_context():
            start.wait(60)
            try:
                came[number] = deed()
            except Exception as error:
                came[number] = error

    threads = [threading.Thread(target=run, args=each, daemon=True) for each in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    db.session.rollback()
    return [came[number] for number in range(len(deeds))]
