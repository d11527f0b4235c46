"""A real browser for the tests of pages: Chromium, headless, driven by Playwright.

Taken from the PATH, else Playwright's own, else Debian's package where the machine lets it be installed.
Where there is none, such a test is skipped with a loud word; with REQUIRE_BROWSER=1 that is a failure.
"""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from tests import missing

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# What a browser does not need for one host on the loopback; and it fetches nothing for itself.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A check of our own servers on the loopback, whatever proxy the machine has.
    "--no-proxy-server",
)
INSTALL_S = 600


def on_the_path() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def found(own: str) -> str | None:
    """The browser to drive; `own` is where Playwright's would be."""
    return on_the_path() or (own if Path(own).exists() else None) or installed_from_debian()


def installed_from_debian() -> str | None:
    """Debian's package, where this process may install it."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return None
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-qq", "--no-install-recommends", "chromium", "fonts-noto-cjk"],
    ):
        try:
            subprocess.run(command, env=environment, capture_output=True, check=True, timeout=INSTALL_S)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return None
    return on_the_path()


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """A browser with a profile of its own, which is gone afterwards."""
    async with async_playwright() as playwright:
        executable = found(playwright.chromium.executable_path)
        if executable is None:
            why = "there is no Chromium on the PATH, none of Playwright's, and none to install"
            missing.skip("the rating pages in a browser", why, insisted="REQUIRE_BROWSER")
        opened = await playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        try:
            yield opened
        finally:
            await opened.close()
