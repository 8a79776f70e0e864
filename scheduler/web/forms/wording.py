"""The form of one mail's words."""

from __future__ import annotations

from scheduler.collect import wording
from scheduler.collect.mails import Mail
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import LineField, TextField, WholeNumberField


class WordingForm(Form):
    """Subject and text of a mail, with its fields in braces; ``version`` is that of the words that were read."""

    subject = LineField("Subject", hint="Leave empty for ours, which is made for each mail", most=200)
    text = TextField("Text", ask="Enter the text of the mail", most=5_000, rows=20)
    version = WholeNumberField("Version")

    @classmethod
    def of(cls, words: wording.Words, version: int) -> WordingForm:
        """The form filled with words as they are."""
        return cls(formdata=None, subject=words.subject or None, text=words.text, version=version)

    def words(self) -> wording.Words:
        """What was entered."""
        return wording.Words(self.subject.data or "", self.text.data or "")

    def fits(self, mail: Mail) -> bool:
        """Whether every field stands where it can be filled in; says what is wrong at its field."""
        for name, faults in (
            ("subject", wording.faults_in_subject(mail, self.subject.data or "")),
            ("text", wording.faults_in_text(mail, self.text.data or "")),
        ):
            for fault in faults:
                self.refuse(name, fault)
        return not self.errors
