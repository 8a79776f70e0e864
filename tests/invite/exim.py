"""A real mail server: Debian's Exim on loopback, unprivileged, which takes mail for anybody into one folder.

A recipient named ``refused`` is turned away for good and one named ``later`` for now, in the words of real servers.
"""

from __future__ import annotations

import grp
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.invite.certificates import make_certificate
from tests.invite.servers import end, everything_said, free_ports, own_folder, program, runs_as, start

PATIENCE = 30.0

# All recipients share one folder: since 4.94 Exim makes no file name of what a stranger sent.
CONFIGURATION = """
primary_hostname = mail.example
keep_environment =
exim_user = {user}
exim_group = {group}
spool_directory = {folder}/spool
log_file_path = {folder}/%s.log
pid_file_path = {folder}/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
tls_advertise_hosts = *
tls_certificate = {folder}/server.pem
tls_privatekey = {folder}/server.pem
host_lookup =
rfc1413_query_timeout = 0s
deliver_drop_privilege = true
smtp_accept_queue_per_connection = 0
never_users =
queue_run_in_order = true
acl_smtp_rcpt = rcpt
acl_smtp_data = accept

begin acl
rcpt:
  deny   local_parts = refused
         message     = 5.1.1 no such person here
  defer  local_parts = later
         message     = 4.2.0 greylisted, come back
  accept

begin routers
everybody:
  driver    = accept
  transport = one_folder

begin transports
one_folder:
  driver = appendfile
  directory = {folder}/mail
  maildir_format
  create_directory
  use_crlf
  envelope_to_add
  return_path_add
  delivery_date_add
  user = {user}
"""


@dataclass(frozen=True)
class Arrived:
    """A message as the server laid it down, its trace apart."""

    to: str
    envelope_from: str
    received: str
    body: bytes


@dataclass(frozen=True)
class Exim:
    """The server."""

    folder: Path
    port: int
    certificate: Path

    @property
    def url(self) -> str:
        """The address for CONVENE_SMTP_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def secure_url(self) -> str:
        """The address for CONVENE_SMTP_URL, with STARTTLS."""
        return f"smtp+starttls://127.0.0.1:{self.port}"

    def arrived(self, how_many: int) -> list[Arrived]:
        """Wait for so many messages in all, and read them; a real server delivers after it has said 250."""
        until = time.monotonic() + PATIENCE
        while len(found := sorted(self.folder.glob("mail/new/*"))) < how_many:
            assert time.monotonic() < until, everything_said(self.folder)
            time.sleep(0.05)
        return [_read(path.read_bytes()) for path in found]

    @property
    def log(self) -> str:
        """What the server has to say."""
        return everything_said(self.folder)


def _read(laid_down: bytes) -> Arrived:
    """Take off what the server put on top: Return-path, Envelope-to, Delivery-date and one Received."""
    trace: dict[str, str] = {}
    rest = laid_down
    while len(trace) < 4:
        end_of_line = rest.index(b"\r\n")
        while rest[end_of_line + 2 : end_of_line + 3] in (b" ", b"\t"):
            end_of_line = rest.index(b"\r\n", end_of_line + 2)
        name, _, value = rest[:end_of_line].decode().partition(":")
        trace[name.lower()] = value.strip()
        rest = rest[end_of_line + 2 :]
    assert set(trace) == {"return-path", "envelope-to", "delivery-date", "received"}, trace
    return Arrived(trace["envelope-to"], trace["return-path"].strip("<>"), trace["received"], rest)


@contextmanager
def running_exim() -> Iterator[Exim]:
    """Run a server while inside."""
    path = program("exim4", "exim4-daemon-light")
    user = runs_as()
    with own_folder("exim") as folder:
        (port,) = free_ports(1)
        certificate = make_certificate(folder / "server.pem")
        configuration = folder / "exim.conf"
        configuration.write_text(
            CONFIGURATION.format(folder=folder, port=port, user=user.pw_name, group=grp.getgrgid(user.pw_gid).gr_name)
        )
        server = start([path, "-C", str(configuration), "-bdf"], folder, [port])
        try:
            yield Exim(folder, port, certificate)
        finally:
            end(server)
