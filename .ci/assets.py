"""Lay what the pages take from npm into scheduler/static/vendor, so that no request leaves Convene's origin.

The design system loads the Frutiger font from a server of its own, which would learn of each participant, and
the font needs a licence: its @font-face goes, and the Arial fallback of the style sheet is used.
"""

import re
import shutil
from pathlib import Path

from whitenoise.compress import Compressor

HOUSE = Path(__file__).resolve().parent.parent
DESIGN_SYSTEM = HOUSE / "node_modules" / "nhsuk-frontend" / "dist" / "nhsuk"
CALENDARS = HOUSE / "node_modules" / "ical.js" / "dist"
VENDOR = HOUSE / "scheduler" / "static" / "vendor"


def main() -> None:
    """Build the folder afresh beside the old one, then swap them."""
    made = VENDOR.with_name("vendor.new")
    shutil.rmtree(made, ignore_errors=True)
    shutil.copytree(DESIGN_SYSTEM / "assets" / "images", made / "images")

    style = (DESIGN_SYSTEM / "nhsuk-frontend.min.css").read_text("utf-8")
    style = re.sub(r"@font-face\s*\{[^}]*\}", "", style).replace("url(/assets/", "url(")
    files = {
        "nhsuk-frontend.css": style,
        "nhsuk-frontend.js": (DESIGN_SYSTEM / "nhsuk-frontend.min.js").read_text("utf-8"),
        "ical.js": (CALENDARS / "ical.min.js").read_text("utf-8"),
    }
    for name, whole in files.items():
        text = re.sub(r"(//|/\*)# sourceMappingURL=\S+( \*/)?", "", whole)
        if elsewhere := re.findall(r"url\(\s*['\"]?(?:https?:)?//[^)]*\)", text):
            raise SystemExit(f"{name} would load {elsewhere[0]} from elsewhere: mend .ci/assets.py")
        (made / name).write_text(text, "utf-8")

    compressor = Compressor(quiet=True)
    for name in files:
        list(compressor.compress(str(made / name)))

    shutil.rmtree(VENDOR, ignore_errors=True)
    made.rename(VENDOR)


if __name__ == "__main__":
    main()
