"""See that the tests have a browser: Debian's Chromium, installed where we may, else a loud word that it is missing."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main() -> int:
    """Return 0 with a browser, or without one outside CI; 1 in CI without one."""
    if browser():
        return 0
    if shutil.which("apt-get") and os.geteuid() == 0:
        print("Installing Chromium for the tests in a browser")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in (
            ["update", "-qq"],
            ["install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-liberation"],
        ):
            subprocess.run(["apt-get", *words], env=quiet, check=False, stdout=subprocess.DEVNULL)
        if browser():
            return 0
    print(
        "*** NO BROWSER: the journeys in tests/journeys will not run. Install Chromium to run them. ***",
        file=sys.stderr,
    )
    return 1 if os.environ.get("CI") == "true" else 0


def browser() -> str | None:
    """The path of the first browser found."""
    return next(filter(None, map(shutil.which, NAMES)), None)


if __name__ == "__main__":
    raise SystemExit(main())
