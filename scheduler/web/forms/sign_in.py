"""The form that asks for an email address."""

from __future__ import annotations

from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import EmailField


class AddressForm(Form):
    """An address to send a link to."""

    email = EmailField("Email address", ask="Enter your email address")
