"""Text as nobody should type it, for names, titles and places."""

from __future__ import annotations

from hypothesis import strategies as st

SEEN_IN_ATTACKS = (
    "\r\nATTENDEE:mailto:eve@evil.example",
    "\nBEGIN:VALARM",
    '";CN="Eve',
    "Ann^nBcc: eve@evil.example",
    "\\;\\,\\n\\\\",
    "\u2028Bcc: eve@evil.example\u2029",
    "Ann\x00\x1b]0;x\x07",
    "Ann <eve@evil.example>, Bob",
    '"Ann" <eve@evil.example>',
    "=?utf-8?q?Ann=0D=0ABcc:_eve=40evil.example?=",
    "\u202egnp.exe",
    "e\u0301 and \u00e9",
    "🧬" * 60,
    "x" * 10_000,
    " , ; : ",
    "\ud800",
    "O'Brien, Ann (R&D)",
    'Ünal, Zoë – a rather long name of a person who has many titles, <MD>, PhD; and "so on": @home',
)
PIECES = st.sampled_from([*SEEN_IN_ATTACKS, *'\r\n\t\0\x85"^\\;:,<>@()=?_. aé😀\u200d\u202e'])

any_text = st.one_of(
    st.text(),
    st.sampled_from(SEEN_IN_ATTACKS),
    st.lists(PIECES, max_size=8).map("".join),
)
