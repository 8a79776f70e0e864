"""Real servers from the operating system, run by tests: on loopback, without rights, in a folder of their own."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

SYSTEM = "/usr/local/sbin:/usr/sbin:/sbin"  # not on everybody's path
PATIENCE = 20.0


def program(name: str, package: str) -> str:
    """The path of a server's program; without it the test says so loudly, and in CI fails."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SYSTEM}")
    if found:
        return found
    message = f"NO {name.upper()}: install Debian's {package}, nothing was tested against it"
    if os.environ.get("CI"):
        pytest.fail(message)
    warnings.warn(message, stacklevel=2)
    pytest.skip(message)


def runs_as() -> pwd.struct_passwd:
    """Who the servers run as: nobody where the tests are root's, else whoever runs the tests."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


@contextmanager
def own_folder(name: str) -> Iterator[Path]:
    """An empty folder that the servers' user may write; not below pytest's own, which that user may not look into."""
    user = runs_as()
    with TemporaryDirectory(prefix=f"convene-{name}-", dir="/tmp", ignore_cleanup_errors=True) as path:
        folder = Path(path)  # short: a socket's path has 107 characters at most
        shutil.chown(folder, user.pw_uid, user.pw_gid)
        folder.chmod(0o755)
        yield folder


def free_ports(how_many: int) -> list[int]:
    """Ports that nobody listens on now."""
    found = [socket.create_server(("127.0.0.1", 0)) for _ in range(how_many)]
    ports = [int(each.getsockname()[1]) for each in found]
    for each in found:
        each.close()
    return ports


def start(words: list[str], folder: Path, ports: list[int]) -> subprocess.Popen[bytes]:
    """Start a server and wait until it listens on its ports; fails with what it said where it does not."""
    user = runs_as()
    as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    with (folder / "said.log").open("ab") as said:
        server = subprocess.Popen(
            words,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            **as_user,  # type: ignore[arg-type]
        )
    until = time.monotonic() + PATIENCE
    while not all(map(listens, ports)):
        if server.poll() is not None or time.monotonic() > until:
            end(server)
            pytest.fail(f"{words[0]} does not listen:\n{everything_said(folder)}")
        time.sleep(0.05)
    return server


def end(server: subprocess.Popen[bytes]) -> None:
    """End a server that was started here."""
    server.terminate()
    try:
        server.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def listens(port: int) -> bool:
    """Whether somebody listens on a port of this machine."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def everything_said(folder: Path) -> str:
    """What a server wrote to its logs."""
    return "\n".join(path.read_text("utf-8", "replace") for path in sorted(folder.rglob("*log*")) if path.is_file())
