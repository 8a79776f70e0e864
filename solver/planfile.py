"""Writing a plan file: whole or not at all, and nowhere but where it was asked for."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from solver.faults import printable
from solver.plan import Plan

_UNPRINTABLE = re.compile("[\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


class FileUnwritable(Exception):
    """The plan cannot be written where it was asked for; the text says why, in one line."""


def as_text(plan: Plan) -> str:
    """The plan as a file holds it; characters that a terminal would act on are escaped, as JSON allows."""
    fields = (f"  {_json(name)}: {_listed(value)}" for name, value in plan.as_json().items())
    written = "{\n" + ",\n".join(fields) + "\n}\n"
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def _listed(value: object) -> str:
    """A list with one entry a line, so that two plans can be compared line by line; anything else on one."""
    if not isinstance(value, list) or not value:
        return _json(value)
    return "[\n" + ",\n".join(f"    {_json(entry)}" for entry in value) + "\n  ]"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


class PlanFile:
    """Where a plan will go: a path, or "-" for standard output.

    Making one finds out at once whether it can be written, so that no search is wasted. Raises FileUnwritable.
    """

    def __init__(self, output: str) -> None:
        self._output = output
        if output != "-":
            with self._told():
                self._path = Path(output).resolve()
                if self._path.is_dir():
                    raise IsADirectoryError(None, "Is a directory")
                if self._is_replaceable():
                    with tempfile.TemporaryFile(dir=self._path.parent):
                        pass

    def write(self, plan: Plan) -> None:
        """Write the plan aside and put it in place, so that nobody ever finds half of one."""
        text = as_text(plan).encode()
        with self._told():
            if self._output == "-":
                _write_to_standard_output(text)
            elif self._is_replaceable():
                self._replace(text)
            else:
                self._path.write_bytes(text)

    @property
    def can_be_replaced(self) -> bool:
        """Whether a better plan may still take the place of one that was written."""
        return self._output != "-" and self._is_replaceable()

    def _is_replaceable(self) -> bool:
        """A device or a pipe is written into: to put a file in its place would take it away from everyone."""
        return self._path.is_file() or not self._path.exists()

    def _replace(self, text: bytes) -> None:
        descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name[:100]}.")
        aside = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            aside.chmod(self._path.stat().st_mode & 0o777 if self._path.exists() else 0o666 & ~_umask())
            aside.replace(self._path)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise FileUnwritable(f"{printable(self._output, most=None)}: cannot be written: {reason}") from error


def _write_to_standard_output(text: bytes) -> None:
    try:
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()
    except OSError:
        # What is left in the buffer would fail once more as Python ends, with a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
