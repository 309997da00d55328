"""A page in headless Chromium: what it says on its console, and what axe-core says of it."""

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from typing import Any

AXE = Path(__file__).parents[2] / "tools" / "axe"
SECONDS = 120
LIGHT, DARK = 1, 0
"""Chromium's numbers for `preferredColorScheme`."""
_ASK = """
const focusable = [...document.querySelectorAll("a[href], summary")];
const reached = (each) => { each.focus(); return document.activeElement === each; };
const missed = focusable.filter((each) => !reached(each));
axe.run().then((found) => {
  const seen = {
    focusable: focusable.length,
    missed: missed.map((each) => each.outerHTML),
    violations: found.violations.map((each) => `${each.impact}: ${each.id}`),
    passes: found.passes.length,
  };
  document.body.replaceChildren();
  document.body.setAttribute("data-seen", JSON.stringify(seen));
});
"""


def axe_source(folder: Path) -> str:
    """axe-core, as npm's lock file pins it."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(AXE / name, folder / name)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=SECONDS)
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def console(page: Path) -> list[str]:
    """What a page says on the console: errors, and what its policy refused to load."""
    said = _chromium(["--enable-logging=stderr", "--dump-dom", page.as_uri()]).stderr
    return [line for line in said.splitlines() if "CONSOLE" in line]


def seen(page: str, axe: str, folder: Path, *, scheme: int) -> dict[str, Any]:
    """What axe-core finds in a page, and what the keyboard does not reach."""
    # The page lets nothing run: the copy that is looked at does.
    open_page = re.sub(r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>\n", "", page)
    assert open_page != page
    asking = folder / f"asking-{scheme}.html"
    scripts = f"<script>{axe}</script><script>{_ASK}</script></body>"
    asking.write_text(open_page.replace("</body>", scripts), encoding="utf-8")
    dom = _chromium(
        [
            f"--blink-settings=preferredColorScheme={scheme}",
            "--virtual-time-budget=20000",
            "--dump-dom",
            asking.as_uri(),
        ]
    ).stdout
    (found,) = re.findall(r'data-seen="([^"]*)"', dom)
    return json.loads(unescape(found))


def screenshot(page: Path, image: Path, *, height: int) -> None:
    """The page as a picture."""
    _chromium([f"--window-size=1100,{height}", f"--screenshot={image}", page.as_uri()])


def _chromium(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    found = (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    if found is None:
        raise RuntimeError("there is no Chromium on PATH; run: apt-get install chromium")
    command = [found, "--headless", "--no-sandbox", "--disable-gpu", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=SECONDS)
