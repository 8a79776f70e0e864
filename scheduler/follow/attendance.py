"""Who was there: present, apologies, absent and deputies, by event and by pair."""

from __future__ import annotations

from scheduler.collect.presence import people_at, present_at, taken_at

__all__ = ["people_at", "present_at", "taken_at"]
