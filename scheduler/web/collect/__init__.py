"""Collect: how far answering has come, asking and reminding, closing, and answering for somebody."""

from __future__ import annotations

from scheduler.web.collect import asking, behalf, deciding, tables
from scheduler.web.collect.blueprint import bp

__all__ = ["asking", "behalf", "bp", "deciding", "tables"]
