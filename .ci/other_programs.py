"""See that the tests have other people's programs to talk to: Debian's, installed where we may.

A mail server (Exim), a mailbox server (Dovecot), a calendar program (vdirsyncer) and curl. The tests run them on
loopback, the servers as a user without rights, in a folder of their own. No server of the machine is started, changed
or replaced: a machine that delivers its mail by another server keeps it.
"""

import os
import shutil
import subprocess
import sys

PROGRAMS = {"exim4": "exim4-daemon-light", "dovecot": "dovecot-imapd", "vdirsyncer": "vdirsyncer", "curl": "curl"}
SYSTEM = "/usr/local/sbin:/usr/sbin:/sbin"  # not on everybody's path


def main() -> int:
    """Return 0 with all, or outside CI; 1 in CI where one is missing."""
    if not missing():
        return 0
    if shutil.which("apt-get") and os.geteuid() == 0:
        print(f"Installing {listed(missing())} for the tests")
        install()
        if not missing():
            return 0
    print(
        f"*** NO {listed(missing()).upper()}: what they do with Convene's mail and calendars is not tested. "
        f"Install {listed([PROGRAMS[name] for name in missing()])} to test it. ***",
        file=sys.stderr,
    )
    return 1 if os.environ.get("CI") == "true" else 0


def listed(names: list[str]) -> str:
    """Names as a sentence has them."""
    return " and ".join(names)


def missing() -> list[str]:
    """The programs that are not on this machine."""
    return [name for name in PROGRAMS if not shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SYSTEM}")]


def install() -> None:
    """Install what is missing; with fresh lists only where the old ones do not do."""
    # In runlevel 1 no package starts its service.
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    install_them = ["install", "-y", "-qq", "--no-install-recommends", "--no-remove"]
    for words in (install_them, ["update", "-qq"], install_them):
        wanted = [PROGRAMS[name] for name in missing()] if words is install_them else []
        if not missing():
            return
        subprocess.run(
            ["apt-get", *words, *wanted],
            env=quiet,
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


if __name__ == "__main__":
    raise SystemExit(main())
