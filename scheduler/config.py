"""The settings of one running copy: environment variables, or ``instance/convene.env`` (docs/settings.md)."""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from scheduler.mailboxes import AddressRefused, mailbox_of

PREFIX = "CONVENE_"
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LONGEST_BEFORE_A_TAG = 47  # of the 64 octets before an at-sign "+" and a tag take 17 (RFC 5321 4.5.3.1.1)
SMTP_SCHEMES = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
IMAP_SCHEMES = {"imap": 143, "imap+starttls": 143, "imaps": 993}
LONGEST_MAILBOX = 480  # characters of user, host and folder


class SettingRefused(Exception):
    """A setting that cannot be used: one line with its name, what is wrong and an example."""


class MailServer(BaseModel):
    """Where mail leaves the house, read from ``CONVENE_SMTP_URL``."""

    scheme: str
    host: str
    port: int
    user: str | None = None
    password: str | None = Field(default=None, repr=False)


class MailboxServer(BaseModel):
    """The mailbox that replies come to, read from ``CONVENE_INBOX_URL``."""

    scheme: str
    host: str
    port: int
    user: str
    password: str = Field(repr=False)
    folder: str

    @property
    def name(self) -> str:
        """The mailbox in one line, without its password."""
        return f"{self.user}@{self.host}:{self.port}/{self.folder}"


class Settings(BaseSettings):
    """Everything an operator can set; all optional (contract: interfaces, "Settings")."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    instance: Path = Path("instance")
    database_url: Annotated[str | None, Field(repr=False)] = None
    broker_url: Annotated[str | None, Field(repr=False)] = None
    base_url: str | None = None
    secret_key: Annotated[str | None, Field(repr=False)] = None
    smtp_url: Annotated[str | None, Field(repr=False)] = None
    mail_from: str = "Convene <convene@localhost>"
    mail_tags: bool = False
    mail_per_minute: Annotated[int | None, Field(ge=1, le=60_000)] = None
    inbox_url: Annotated[str | None, Field(repr=False)] = None
    time_zone: str = "Europe/London"
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = ()
    port: Annotated[int, Field(alias="PORT", ge=0, le=65535)] = 8000
    host: Annotated[str, Field(alias="HOST")] = "127.0.0.1"

    @field_validator("instance")
    @classmethod
    def _whole_path(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @field_validator("database_url", "broker_url")
    @classmethod
    def _usable_database(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            url = make_url(value)
        except ArgumentError:
            raise ValueError("it is not a database address") from None
        if url.drivername in ("postgres", "postgresql"):
            url = url.set(drivername="postgresql+psycopg")
        if url.drivername not in ("sqlite", "postgresql+psycopg"):
            raise ValueError("only SQLite and PostgreSQL can be used")
        return url.render_as_string(hide_password=False)

    @field_validator("base_url")
    @classmethod
    def _is_origin(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            parts = urlsplit(value)
            port_is_number = parts.port is None or parts.port > 0
        except ValueError:
            raise ValueError("it is not the address of a website") from None
        if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_number:
            raise ValueError("it must begin with http:// or https:// and name a host")
        if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
            raise ValueError("it must end after the host, without a path")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: str | None) -> str | None:
        if value is not None and len(value) < 32:
            raise ValueError("it is too short to be safe: 32 characters at least")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _names_a_mail_server(cls, value: str | None) -> str | None:
        if value is not None:
            _mail_server(value)
        return value

    @field_validator("mail_from")
    @classmethod
    def _has_an_address(cls, value: str) -> str:
        try:
            sender = mailbox_of(value)
        except AddressRefused:
            raise ValueError("it needs a name and an address") from None
        if any(c in value for c in "\r\n\0"):
            raise ValueError("it needs a name and an address")
        name = sender.name or "Convene"
        # A comma or the like would end the name for whoever reads the setting again.
        quoted = (
            name if name.replace(" ", "").replace("&", "").isalnum() else '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
        )
        return f"{quoted} <{sender.address}>"

    @field_validator("mail_tags")
    @classmethod
    def _leaves_room_for_a_tag(cls, value: bool, info: ValidationInfo) -> bool:
        sender = mailbox_of(info.data["mail_from"]) if "mail_from" in info.data else None
        if value and sender is not None and len(sender.local) > LONGEST_BEFORE_A_TAG:
            raise ValueError(
                f"{sender.address} leaves no room for a tag: {LONGEST_BEFORE_A_TAG} characters may stand before the @"
            )
        return value

    @field_validator("inbox_url")
    @classmethod
    def _names_a_mailbox(cls, value: str | None) -> str | None:
        if value is not None:
            _mailbox_server(value)
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str, info: ValidationInfo) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, OSError, KeyError):
            raise ValueError("there is no such time zone") from None
        return value

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _addresses_or_networks(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return tuple(_network(part.strip()) for part in value.split(",") if part.strip())

    @property
    def origin(self) -> str:
        """The origin of every link that leaves in a mail or a calendar; never taken from a request."""
        return self.base_url or f"http://127.0.0.1:{self.port}"

    @property
    def calendar_host(self) -> str:
        """The host behind the @ of every UID and Message-ID."""
        return urlsplit(self.origin).hostname or "localhost"

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of the database: SQLite in the instance folder unless set."""
        return self.database_url or f"sqlite:///{self.instance / 'convene.sqlite'}"

    @property
    def sender(self) -> tuple[str, str]:
        """Name and address of the calendar ORGANIZER and sender of every mail."""
        return parseaddr(self.mail_from)

    @property
    def mail_server(self) -> MailServer | None:
        """The SMTP server, or None while mail goes to ``instance/mail``."""
        return _mail_server(self.smtp_url) if self.smtp_url else None

    @property
    def inbox(self) -> MailboxServer | None:
        """The mailbox that replies come to, or None where mail comes in by ``convene receive`` alone."""
        return _mailbox_server(self.inbox_url) if self.inbox_url else None

    @property
    def mail_folder(self) -> Path:
        """Where each mail is written as .eml until SMTP is set."""
        return self.instance / "mail"


EXAMPLES = {
    "CONVENE_DATABASE_URL": "postgresql+psycopg://convene:secret@localhost/convene",
    "CONVENE_BROKER_URL": "postgresql+psycopg://convene:secret@localhost/convene",
    "CONVENE_BASE_URL": "https://convene.example.nhs.uk",
    "CONVENE_SECRET_KEY": "64 random characters, as `openssl rand -hex 32` prints",
    "CONVENE_SMTP_URL": "smtp+starttls://user:password@mail.example.nhs.uk:587",
    "CONVENE_MAIL_FROM": "R&D leadership programme <programme@example.nhs.uk>",
    "CONVENE_MAIL_TAGS": "yes",
    "CONVENE_MAIL_PER_MINUTE": "30",
    "CONVENE_INBOX_URL": "imaps://user:password@mail.example.nhs.uk/INBOX",
    "CONVENE_TIME_ZONE": "Europe/London",
    "CONVENE_TRUSTED_PROXIES": "127.0.0.1, 10.20.0.0/16",
    "CONVENE_INSTANCE": "/var/lib/convene",
    "PORT": "8000",
    "HOST": "127.0.0.1",
}


def load_settings(**given: object) -> Settings:
    """Read the settings from ``given``, the environment and the instance's ``convene.env``, in this order.

    Raises SettingRefused with one line for the first setting that cannot be used; passwords are never in it.
    """
    instance = Path(str(given.get("instance") or os.environ.get("CONVENE_INSTANCE") or "instance"))
    try:
        return Settings(_env_file=instance / "convene.env", **given)  # type: ignore[call-arg, arg-type]
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = str(first["loc"][0])
        name = place if place in EXAMPLES else PREFIX + place.upper()
        wrong = first["msg"].removeprefix("Value error, ")
        raise SettingRefused(f"{name}: {wrong}. For example: {EXAMPLES[name]}") from None


def secret_key_of(settings: Settings) -> str:
    """The signing key: as set, or made once and kept in the instance folder for its owner's eyes alone.

    Raises SettingRefused where others on the machine can read the kept key (ASVS 13.3.1).
    """
    if settings.secret_key:
        return settings.secret_key
    kept = settings.instance / "secret-key"
    settings.instance.mkdir(parents=True, exist_ok=True)
    try:
        # O_EXCL: of two processes starting at once, one makes the key and the other reads it.
        handle = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if kept.stat().st_mode & 0o077:
            raise SettingRefused(f"{kept}: others can read the secret key. Run: chmod 600 {kept}") from None
        return kept.read_text("ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(made := secrets.token_hex(32))
    return made


def _network(text: str) -> Network:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{text!a} is neither an address nor a network") from None
    if network.prefixlen == 0:
        raise ValueError(f"{text} is every address there is, so anybody could say who they are")
    if "/" in text and ipaddress.ip_interface(text).ip != network.network_address:
        raise ValueError(f"{text} names one address and a network: write {network} for the network")
    return network


def _mail_server(url: str) -> MailServer:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("it is not the address of a mail server") from None
    if parts.scheme not in SMTP_SCHEMES or not parts.hostname:
        raise ValueError("it must begin with smtp://, smtps:// or smtp+starttls:// and name a host")
    return MailServer(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port or SMTP_SCHEMES[parts.scheme],
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def _mailbox_server(url: str) -> MailboxServer:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("it is not the address of a mailbox") from None
    if parts.scheme not in IMAP_SCHEMES or not parts.hostname:
        raise ValueError("it must begin with imaps:// or imap+starttls:// and name a host")
    if parts.scheme == "imap" and not _is_this_machine(parts.hostname):
        raise ValueError("imap:// would send the password unencrypted, so only to this machine: use imaps://")
    if not parts.username or not parts.password:
        raise ValueError("it needs a user and a password")
    if parts.query or parts.fragment:
        raise ValueError("it ends with the folder: write ? as %3F and # as %23")
    user, folder = unquote(parts.username), unquote(parts.path.removeprefix("/")) or "INBOX"
    if len(user) + len(parts.hostname) + len(folder) > LONGEST_MAILBOX or not (user + folder).isprintable():
        raise ValueError("its user or folder cannot be a mailbox's")
    return MailboxServer(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port or IMAP_SCHEMES[parts.scheme],
        user=user,
        password=unquote(parts.password),
        folder=folder,
    )


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
