"""Delivery against a real SMTP server on loopback, scripted to say no, to be slow and to hang up."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from pathlib import Path
from threading import Thread

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from scheduler.config import MailServer, Settings
from scheduler.invite.calendars import request
from scheduler.letters import Letter, build
from scheduler.mail import Fate, MailFolder, Outcome, SmtpServer, transport_of
from scheduler.mailboxes import AddressRefused
from tests.invite.certificates import make_certificate
from tests.invite.samples import ANN, PROGRAMME, STAMPED, appointment

LETTER = build(
    Letter(
        message_id="<5f2c-4d1e@convene.example>",
        dated=STAMPED,
        sender=PROGRAMME,
        to=ANN,
        subject="Workshop 1, Tuesday 12 January 2027, Leeds",
        text="You are invited.\n.\n..a line that begins with dots\n",
        html="<!doctype html><p>You are invited.</p>",
    ),
    request(appointment(), organizer=PROGRAMME, attendee=ANN),
)
FROM = "programme+a1b2@leaders.example"


def deliver(server: SmtpServer, message: bytes = LETTER) -> Outcome:
    return server.deliver(message, envelope_from=FROM, to=ANN.address)


@dataclass
class Postbox:
    """The handler of a real server: answers as a test scripts it and keeps what arrived."""

    mail_says: str = "250 OK"
    rcpt_says: str = "250 OK"
    data_says: str = "250 2.0.0 taken as 4711"
    arrived: list[tuple[str, list[str], bytes]] = field(default_factory=list)

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]):
        envelope.mail_from = address
        return self.mail_says

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]):
        if self.rcpt_says.startswith("25"):
            envelope.rcpt_tos.append(address)
        return self.rcpt_says

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope):
        if self.data_says.startswith("250"):
            self.arrived.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        return self.data_says


class OnAnyPort(Controller):
    """A server on whatever port is free; the library's own start knocks at the number it was given."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def running(postbox: Postbox, *, scheme: str = "smtp", **options: object) -> Iterator[SmtpServer]:
    controller = OnAnyPort(postbox, hostname="127.0.0.1", port=0, server_hostname="mail.example", **options)
    controller.start()
    try:
        yield SmtpServer(MailServer(scheme=scheme, host="127.0.0.1", port=controller.port))
    finally:
        controller.stop()


@contextmanager
def talking(script: Callable[[socket.socket], None]) -> Iterator[SmtpServer]:
    """A server that speaks line by line as the test says, to leave where no library would."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=_serve_once, args=(listening, script), daemon=True)
        thread.start()
        server = MailServer(scheme="smtp", host="127.0.0.1", port=listening.getsockname()[1])
        yield SmtpServer(server, patience=10, patience_after_the_dot=10)
        thread.join(10)


def _serve_once(listening: socket.socket, script: Callable[[socket.socket], None]) -> None:
    connection, _ = listening.accept()
    with connection:
        script(connection)


def up_to(command: str, connection: socket.socket) -> None:
    """Greet and agree to everything until a command comes, which is left without an answer."""
    answers = {"DATA": b"354 go on\r\n", "greeting": b"220 mail.example\r\n"}
    if command == "greeting":
        return
    connection.sendall(answers["greeting"])
    with connection.makefile("rb") as lines:
        for line in lines:
            word = line.split()[0].upper().decode()
            if word == command:
                return
            connection.sendall(answers.get(word, b"250 OK\r\n"))
            if word == "DATA":
                break
        body = []
        for line in lines:
            body.append(line)
            if command == "half" and len(body) == 10:
                return
            if line == b".\r\n":
                return


def test_what_arrives_is_byte_for_byte_what_was_handed_over_for_the_one_recipient():
    postbox = Postbox()

    with running(postbox) as server:
        outcome = deliver(server)

    assert outcome == Outcome(Fate.SENT, "250 2.0.0 taken as 4711")
    assert postbox.arrived == [(FROM, [ANN.address], LETTER)]


@pytest.mark.parametrize("where", ["rcpt_says", "data_says"])
@pytest.mark.parametrize(
    ("answer", "fate"),
    [
        ("450 4.2.0 greylisted, come back", Fate.TRY_LATER),
        ("421 4.3.2 closing down", Fate.TRY_LATER),
        ("452 4.2.2 mailbox full", Fate.TRY_LATER),
        ("550 5.1.1 no such person here", Fate.REFUSED),
        ("554 5.7.1 not wanted", Fate.REFUSED),
    ],
)
def test_a_no_is_for_now_or_for_good_as_its_number_says_with_the_servers_words(where, answer, fate):
    postbox = Postbox(**{where: answer})

    with running(postbox) as server:
        outcome = deliver(server)

    assert outcome == Outcome(fate, answer, about_this_one=not answer.startswith("421"))
    assert postbox.arrived == []


def test_a_refused_sender_is_for_the_operator_to_mend_and_fails_no_message():
    with running(Postbox(mail_says="550 5.7.1 you may not send as this address")) as server:
        assert deliver(server) == Outcome(Fate.TRY_LATER, "550 5.7.1 you may not send as this address")


def test_a_message_too_big_is_refused_for_good():
    with running(Postbox(), data_size_limit=1000) as server:
        outcome = deliver(server)

    assert outcome.fate is Fate.REFUSED
    assert outcome.words.startswith("552")


def test_one_bad_address_holds_up_nobody():
    with running(Postbox(rcpt_says="550 5.1.1 no such person here")) as server:
        first = deliver(server)
        server_handler_now_agrees = Postbox()
    with running(server_handler_now_agrees) as server:
        second = deliver(server)

    assert (first.fate, second.fate) == (Fate.REFUSED, Fate.SENT)


@pytest.mark.parametrize("command", ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "half"])
def test_a_line_that_drops_before_the_final_dot_leaves_nothing_behind(command):
    with talking(lambda connection: up_to(command, connection)) as server:
        outcome = deliver(server, LETTER + b"more\r\n" * 500_000 if command == "half" else LETTER)

    assert outcome.fate is Fate.TRY_LATER
    assert outcome.words.startswith("127.0.0.1:")


def test_a_line_that_drops_after_the_final_dot_leaves_it_uncertain():
    with talking(lambda connection: up_to("the answer", connection)) as server:
        outcome = deliver(server)

    assert outcome.fate is Fate.UNCERTAIN
    assert outcome.words.startswith("No answer after the whole message was sent: 127.0.0.1:")


def test_what_may_leave_is_told_after_the_whole_text_and_before_the_final_dot():
    postbox, told = Postbox(), []

    with running(postbox) as server:
        server.deliver(
            LETTER, envelope_from=FROM, to=ANN.address, before_the_dot=lambda: told.append(postbox.arrived[:])
        )

    assert told == [[]]
    assert len(postbox.arrived) == 1


def test_a_message_that_is_refused_before_its_text_is_never_told_of():
    told = []

    with running(Postbox(rcpt_says="550 5.1.1 no such person here")) as server:
        server.deliver(LETTER, envelope_from=FROM, to=ANN.address, before_the_dot=lambda: told.append("told"))

    assert told == []


def test_what_cannot_be_written_down_does_not_leave():
    postbox = Postbox()

    def database_away() -> None:
        raise RuntimeError("the database is away")

    with running(postbox) as server, pytest.raises(RuntimeError, match="database"):
        server.deliver(LETTER, envelope_from=FROM, to=ANN.address, before_the_dot=database_away)

    assert postbox.arrived == []


def test_a_server_too_slow_after_the_final_dot_leaves_it_uncertain():
    def silent_after_the_dot(connection: socket.socket) -> None:
        up_to("the answer", connection)
        connection.recv(1)  # returns once the other side has given up

    with talking(silent_after_the_dot) as server:
        outcome = deliver(replace(server, patience_after_the_dot=0.2))

    assert outcome.fate is Fate.UNCERTAIN
    assert "timed out" in outcome.words


def test_a_server_too_slow_to_greet_is_tried_later():
    with talking(lambda connection: connection.recv(1)) as server:
        outcome = deliver(replace(server, patience=0.2))

    assert outcome.fate is Fate.TRY_LATER
    assert "timed out" in outcome.words


def test_a_server_that_leaves_after_its_yes_has_taken_the_message():
    def yes_and_gone(connection: socket.socket) -> None:
        up_to("the answer", connection)
        connection.sendall(b"250 taken\r\n")

    with talking(yes_and_gone) as server:
        assert deliver(server) == Outcome(Fate.SENT, "250 taken")


def test_an_answer_to_the_final_dot_that_is_none_leaves_it_uncertain():
    def garbled(connection: socket.socket) -> None:
        up_to("the answer", connection)
        connection.sendall(b"\x16\x03\x01\r\n")

    with talking(garbled) as server:
        assert deliver(server).fate is Fate.UNCERTAIN


def test_a_server_that_is_not_there_is_tried_later():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

    outcome = deliver(SmtpServer(MailServer(scheme="smtp", host="127.0.0.1", port=port)))

    assert outcome == Outcome(Fate.TRY_LATER, f"127.0.0.1:{port}: Connection refused")


def test_the_servers_words_are_one_plain_line():
    def rude(connection: socket.socket) -> None:
        up_to("RCPT", connection)
        connection.sendall(b"550-no\x1b]0;x\x07 \xff\r\n550 never\r\n")
        connection.recv(100)

    with talking(rude) as server:
        assert deliver(server) == Outcome(Fate.REFUSED, "550 no]0;x � never", about_this_one=True)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 and its key in one file, of an authority nobody knows yet."""
    return make_certificate(tmp_path_factory.mktemp("tls") / "server.pem")


def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def only_ann(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object) -> AuthResult:
    return AuthResult(success=given == LoginPassword(b"ann@relay", b"p:a/ss@word"), handled=False)


def test_with_starttls_a_log_in_goes_over_an_encrypted_line(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    postbox = Postbox()
    options = {
        "tls_context": tls(certificate),
        "require_starttls": True,
        "authenticator": only_ann,
        "auth_required": True,
    }

    with running(postbox, scheme="smtp+starttls", **options) as running_server:
        url = f"smtp+starttls://ann%40relay:p%3Aa%2Fss%40word@127.0.0.1:{running_server.server.port}"
        outcome = deliver(transport_of(Settings(smtp_url=url)))

    assert outcome.fate is Fate.SENT
    assert postbox.arrived == [(FROM, [ANN.address], LETTER)]


def test_a_wrong_password_is_for_the_operator_to_mend_and_shows_nowhere(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    options = {
        "tls_context": tls(certificate),
        "require_starttls": True,
        "authenticator": only_ann,
        "auth_required": True,
    }

    with running(Postbox(), scheme="smtp+starttls", **options) as running_server:
        server = running_server.server.model_copy(update={"user": "ann@relay", "password": "a-wrong-one"})
        outcome = deliver(SmtpServer(server))

    assert outcome.fate is Fate.TRY_LATER
    assert outcome.words.startswith("535")
    assert "a-wrong-one" not in outcome.words


def test_a_password_that_no_mail_server_can_be_told_shows_nowhere():
    with running(Postbox(), authenticator=only_ann, auth_require_tls=False) as running_server:
        server = running_server.server.model_copy(update={"user": "ann@relay", "password": "gehéim"})
        outcome = deliver(SmtpServer(server))

    assert outcome.fate is Fate.TRY_LATER
    assert outcome.words.endswith("host, user and password may hold ASCII letters only")


def test_smtps_is_encrypted_from_the_first_byte(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    postbox = Postbox()

    with running(postbox, scheme="smtps", ssl_context=tls(certificate)) as server:
        outcome = deliver(server)

    assert outcome.fate is Fate.SENT
    assert len(postbox.arrived) == 1


def test_a_server_whose_certificate_nobody_vouches_for_gets_no_message(certificate):
    postbox = Postbox()

    with running(postbox, scheme="smtp+starttls", tls_context=tls(certificate)) as server:
        outcome = deliver(server)

    assert outcome.fate is Fate.TRY_LATER
    assert "certificate" in outcome.words.lower()
    assert postbox.arrived == []


def test_a_server_without_starttls_gets_no_message_where_it_is_asked_for():
    postbox = Postbox()

    with running(postbox, scheme="smtp+starttls") as server:
        outcome = deliver(server)

    assert outcome.fate is Fate.TRY_LATER
    assert "STARTTLS" in outcome.words
    assert postbox.arrived == []


def test_without_a_mail_server_each_message_is_a_whole_file_named_by_its_time_and_id(tmp_path):
    transport = transport_of(Settings(instance=tmp_path))

    outcome = transport.deliver(LETTER, envelope_from=FROM, to=ANN.address)

    path = tmp_path / "mail" / "20261125T100000Z-5f2c-4d1e.eml"
    assert outcome == Outcome(Fate.SENT, "written to 20261125T100000Z-5f2c-4d1e.eml", path)
    assert [*(tmp_path / "mail").iterdir()] == [path]
    assert path.read_bytes() == LETTER
    assert message_from_bytes(path.read_bytes())["To"] == "Ann Example <ann@trust.example>"


def test_a_letter_in_the_folder_is_for_its_owner_alone_as_it_may_hold_a_link_that_logs_in(tmp_path):
    outcome = MailFolder(tmp_path / "mail").deliver(LETTER, envelope_from=FROM, to=ANN.address)

    assert outcome.file.stat().st_mode & 0o077 == 0


def test_a_message_delivered_to_the_folder_twice_is_one_file(tmp_path):
    folder = MailFolder(tmp_path / "mail")

    outcomes = [folder.deliver(LETTER, envelope_from=FROM, to=ANN.address) for _ in range(2)]

    assert outcomes[0] == outcomes[1]
    assert len([*folder.folder.iterdir()]) == 1


def test_a_folder_that_cannot_be_written_is_tried_later(tmp_path):
    (tmp_path / "mail").write_text("a file where the folder should be")

    outcome = MailFolder(tmp_path / "mail").deliver(LETTER, envelope_from=FROM, to=ANN.address)

    assert outcome.fate is Fate.TRY_LATER
    assert outcome.words.endswith("File exists")


@pytest.mark.parametrize(
    "address", ["ann@trust.example\r\nRCPT TO:<eve@evil.example>", "ann", "", "ann@trust.example>"]
)
def test_an_envelope_with_anything_but_one_address_is_a_mistake_of_ours(address, tmp_path):
    for transport in (MailFolder(tmp_path), SmtpServer(MailServer(scheme="smtp", host="127.0.0.1", port=9))):
        with pytest.raises(AddressRefused):
            transport.deliver(LETTER, envelope_from=FROM, to=address)
        with pytest.raises(AddressRefused):
            transport.deliver(LETTER, envelope_from=address, to=ANN.address)
