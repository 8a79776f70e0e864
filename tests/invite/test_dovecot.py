"""The mailbox server that the tests of replies lean on does what they take it to do."""

from __future__ import annotations

import imaplib
import ssl

from tests.invite.dovecot import PASSWORD, running_dovecot

LETTER = b"From: ann@trust.example\r\nSubject: A letter\r\n\r\nHello.\r\n"


def test_what_arrives_is_there_unread_and_byte_for_byte(inbox):
    inbox.put(LETTER)
    inbox.put(LETTER.replace(b"Hello", b"Again"), folder="Replies")

    (letter,) = inbox.messages()

    assert (letter.body, [flag for flag in letter.flags if flag != "\\Recent"]) == (LETTER, [])
    assert [each.body for each in inbox.messages("Replies")] == [LETTER.replace(b"Hello", b"Again")]


def test_mailboxes_are_apart_and_a_new_numbering_keeps_the_mail(dovecot):
    one, other = dovecot.new_inbox(), dovecot.new_inbox()
    one.put(LETTER)
    numbered = one.uid_validity()

    one.renumber()

    assert one.uid_validity() != numbered
    assert ([each.body for each in one.messages()], other.messages()) == ([LETTER], [])


def test_it_speaks_tls_under_its_own_certificate(dovecot):
    inbox = dovecot.new_inbox()
    trusting = ssl.create_default_context(cafile=str(dovecot.certificate))

    with imaplib.IMAP4_SSL("127.0.0.1", dovecot.secure_port, ssl_context=trusting) as connection:
        assert connection.login(inbox.user, PASSWORD)[0] == "OK"
        assert "IDLE" in connection.capability()[1][0].decode().split()


def test_it_can_be_away_and_can_know_no_idle():
    with running_dovecot(idle=False) as server:
        inbox = server.new_inbox()
        inbox.put(LETTER)
        with imaplib.IMAP4("127.0.0.1", server.port) as connection:
            connection.login(inbox.user, PASSWORD)
            assert "IDLE" not in connection.capability()[1][0].decode().split()
        server.stop()
        try:
            imaplib.IMAP4("127.0.0.1", server.port, timeout=5)
        except OSError:
            pass
        else:
            raise AssertionError("it answers though it is away")

        server.start()

        assert [each.body for each in inbox.messages()] == [LETTER]
