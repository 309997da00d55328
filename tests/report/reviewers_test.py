"""`make reports`: docs/report.md, with the first three lines of ten changes, and its picture."""

import tempfile
from pathlib import Path

from stackyard.report.html import page
from stackyard.report.markdown import markdown
from stackyard.report.report import Report, report_of
from stackyard.report.sections import sections_of
from tests.report.browser import screenshot
from tests.report.examples import golden_proposal

DOCS = Path(__file__).parents[2] / "docs"
PAGE, PICTURE = DOCS / "report.md", DOCS / "report.png"
MARK = "<!-- written by make reports from here on; never by hand -->\n"
SHOWN, HEIGHT = "database-replaced", 1500

TEN = {
    "database-replaced": "Another database name, and a topic less",
    "protection-off": "Protection taken off the database and a bucket",
    "engine-upgrade": "A newer engine of the database",
    "group-opened": "SSH from everywhere",
    "role-widened": "Two more actions for the API's role",
    "secret-plain": "A token that is no longer marked secret",
    "subnet-replaced": "A subnet in another zone",
    "instance-class": "A larger instance",
    "weights": "All requests to the other target group",
    "image": "A new image",
}
"""Changes of the shop, and what their author would call them."""


def whole(name: str) -> Report:
    """A golden change with all its sections."""
    proposal = golden_proposal(name)
    return report_of(proposal, sections=sections_of(proposal))


def examples() -> str:
    """Each change's first three lines, as its comment has them."""
    parts: list[str] = []
    for name, title in TEN.items():
        head = "\n".join(markdown(whole(name)).splitlines()[:3])
        parts.append(f"### {title}\n\n{head}\n")
    return "\n".join(parts)


def main() -> None:
    """Write both."""
    head, _, _ = PAGE.read_text(encoding="utf-8").partition(MARK)
    PAGE.write_text(f"{head}{MARK}\n{examples()}", encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.html"
        file.write_text(page(whole(SHOWN)), encoding="utf-8")
        screenshot(file, PICTURE, height=HEIGHT)


if __name__ == "__main__":
    main()
