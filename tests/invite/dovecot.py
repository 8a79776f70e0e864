"""A real mailbox server: Debian's Dovecot on loopback, unprivileged, each user's mail in a folder of the test's own.

A test takes the fixture ``inbox`` for an empty mailbox of its own, or ``dovecot`` for several::

    inbox.url                     imap://person-1:secret@127.0.0.1:41234/INBOX, as CONVENE_INBOX_URL
    inbox.secure_url              the same over TLS; SSL_CERT_FILE=inbox.server.certificate vouches for it
    inbox.put(b"From: …")         a message arrives
    inbox.messages()              what is there: UID, flags, bytes
    inbox.renumber()              the server numbers the mailbox anew: another UIDVALIDITY, other UIDs
    dovecot.stop(), .start()      the server is away, and back on the same port
    with running_dovecot(idle=False) as server     one that offers no IDLE
"""

from __future__ import annotations

import grp
import imaplib
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.invite.certificates import make_certificate
from tests.invite.servers import end, free_ports, own_folder, program, runs_as, start

PASSWORD = "secret"  # whatever the user
_numbers = count(1)

# Dovecot 2.3, as Debian 12 and Ubuntu 24.04 have it. What it would do as root (another user for its log-in
# processes, a chroot for them) it cannot do here.
CONFIGURATION = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
auth_verbose = yes
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
default_client_limit = 100
default_process_limit = 50
first_valid_uid = 1
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{certificate}
mail_location = maildir:{folder}/mail/%u
mail_max_userip_connections = 50
{capability}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%u
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {secure_port}
    ssl = yes
  }}
}}
"""
WITHOUT_IDLE = "imap_capability = IMAP4rev1 LITERAL+ UIDPLUS NAMESPACE CHILDREN"


@dataclass
class Dovecot:
    """The server: any user may log in with ``PASSWORD``, and has an empty mailbox the first time."""

    folder: Path
    port: int
    secure_port: int
    certificate: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Listen; again on the same ports after ``stop``."""
        words = [program("dovecot", "dovecot-imapd"), "-F", "-c", str(self.folder / "dovecot.conf")]
        self._process = start(words, self.folder, [self.port, self.secure_port])

    def stop(self) -> None:
        """Be away: connections are cut and refused."""
        if self._process is not None:
            end(self._process)
            self._process = None

    def new_inbox(self) -> Inbox:
        """An empty mailbox that nobody else uses."""
        return Inbox(self, f"person-{next(_numbers)}")

    @property
    def log(self) -> str:
        """What the server has to say."""
        return (self.folder / "dovecot.log").read_text("utf-8", "replace")


@dataclass(frozen=True)
class Message:
    """A message as the server holds it."""

    uid: int
    flags: tuple[str, ...]
    body: bytes


@dataclass(frozen=True)
class Inbox:
    """One user's mail."""

    server: Dovecot
    user: str

    @property
    def url(self) -> str:
        """The address for CONVENE_INBOX_URL, without TLS."""
        return f"imap://{self.user}:{PASSWORD}@127.0.0.1:{self.server.port}/INBOX"

    @property
    def secure_url(self) -> str:
        """The address for CONVENE_INBOX_URL, with TLS from the first byte."""
        return f"imaps://{self.user}:{PASSWORD}@127.0.0.1:{self.server.secure_port}/INBOX"

    def put(self, message: bytes, folder: str = "INBOX") -> None:
        """Let a message arrive; a folder that is not there is made."""
        with self._open() as connection:
            if folder != "INBOX":
                connection.create(folder)
            answer, said = connection.append(folder, "", imaplib.Time2Internaldate(time.time()), message)
            assert answer == "OK", said

    def messages(self, folder: str = "INBOX") -> list[Message]:
        """All that is there, without marking anything as read."""
        with self._open() as connection:
            _select(connection, folder)
            _, found = connection.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[])")
        held = []
        for part in found:
            if isinstance(part, tuple):
                about = part[0].decode()
                flags = re.search(r"FLAGS \(([^)]*)\)", about)
                uid = re.search(r"UID (\d+)", about)
                assert flags is not None, about
                assert uid is not None, about
                held.append(Message(int(uid[1]), tuple(flags[1].split()), part[1]))
        return held

    def uid_validity(self, folder: str = "INBOX") -> int:
        """The number that says which numbering of messages holds."""
        with self._open() as connection:
            _select(connection, folder)
            (said,) = connection.response("UIDVALIDITY")[1]
        return int(said)

    def renumber(self) -> None:
        """Number the mailbox anew, as a server does that was restored from a backup: UIDVALIDITY changes."""
        before = self.uid_validity()
        time.sleep(1.1)  # it is made of the second in which the numbering began
        mail = self.server.folder / "mail" / self.user
        for path in [*mail.glob("dovecot*"), *mail.glob(".*/dovecot*")]:
            path.unlink()
        assert self.uid_validity() != before

    def forget(self) -> None:
        """Take all mail out."""
        shutil.rmtree(self.server.folder / "mail" / self.user, ignore_errors=True)

    @contextmanager
    def _open(self) -> Iterator[imaplib.IMAP4]:
        with imaplib.IMAP4("127.0.0.1", self.server.port, timeout=20) as connection:
            connection.login(self.user, PASSWORD)
            yield connection


def _select(connection: imaplib.IMAP4, folder: str) -> None:
    answer, said = connection.select(folder, readonly=True)
    assert answer == "OK", said


@contextmanager
def running_dovecot(*, idle: bool = True) -> Iterator[Dovecot]:
    """Run a server while inside."""
    path = program("dovecot", "dovecot-imapd")
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    assert version.startswith("2.3."), f"this configuration is for Dovecot 2.3, here is {version}"
    user = runs_as()
    with own_folder("dovecot") as folder:
        port, secure_port = free_ports(2)
        certificate = make_certificate(folder / "server.pem")
        shutil.chown(certificate, user.pw_uid, user.pw_gid)
        (folder / "dovecot.conf").write_text(
            CONFIGURATION.format(
                folder=folder,
                user=user.pw_name,
                group=grp.getgrgid(user.pw_gid).gr_name,
                uid=user.pw_uid,
                gid=user.pw_gid,
                certificate=certificate,
                capability="" if idle else WITHOUT_IDLE,
                password=PASSWORD,
                port=port,
                secure_port=secure_port,
            )
        )
        server = Dovecot(folder, port, secure_port, certificate)
        server.start()
        try:
            yield server
        finally:
            server.stop()
