"""The picture: nothing overlaps, everything fits, the same bytes every time, nothing is markup."""

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given, settings

from stackyard.report.graph import Graph
from stackyard.report.layout import laid_out
from stackyard.report.mermaid import mermaid
from stackyard.report.picture import svg
from stackyard.report.text_width import fitted, width_of
from stackyard.report.tiers import tiers
from tests.report.arbitrary import changes
from tests.report.stacks import changed, graph, node, stack, urn_of, without

Change = tuple[Graph, Graph, frozenset[str]]
HOSTILE = "</text><script>alert(1)</script>\n${x} \x00 `a` [b](c) \"'&#<!-- " + "y" * 5000


def turned_round(of: Graph) -> Graph:
    return {urn: of[urn] for urn in reversed(list(of))}


def change_of_prod() -> Change:
    """Something made, changed, replaced and deleted, in boxes of their own."""
    prod = stack("prod")
    cluster = urn_of(prod, "Cluster", "database")
    after = changed(prod, cluster, databaseName="other")
    after = changed(after, urn_of(prod, "Deployment", "api-blue"), more=1)
    after = without(after, urn_of(prod, "ClusterInstance", "database-reader-a"))
    return without(prod, urn_of(prod, "Job", "api-migrate")), after, frozenset({cluster})


@settings(max_examples=40, deadline=None)
@given(changes())
def test_no_box_overlaps_another_and_each_lies_in_its_lane(change: Change) -> None:
    model = tiers(*change)
    layout = laid_out(model)
    boxes = list(layout.boxes.values())

    assert not any(a.overlaps(b) for place, a in enumerate(boxes) for b in boxes[:place])
    assert all(
        layout.lanes[box.place.lane].holds(layout.boxes[box.place.key]) for box in model.boxes
    )


@settings(max_examples=40, deadline=None)
@given(changes())
def test_every_tier_is_shown_and_every_change_counted(change: Change) -> None:
    drawn = ET.fromstring(svg(*change))  # noqa: S314  # our own text
    model = tiers(*change)
    texts = [element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")]

    assert [box.place.title for box in model.boxes if box.place.title not in texts] == []
    assert sum(model.changes.values()) == sum(sum(b.changes.values()) for b in model.boxes)


@settings(max_examples=25, deadline=None)
@given(changes())
def test_everything_drawn_lies_in_the_picture(change: Change) -> None:
    layout = laid_out(tiers(*change))
    numbers = [float(n) for line in layout.lines for n in re.findall(r"-?[\d.]+", line.path)]

    assert all(0 <= n <= max(layout.width, layout.height) for n in numbers)
    assert all(r.x >= 0 and r.right <= layout.width for r in layout.lanes.values())
    assert all(r.bottom <= layout.height for r in layout.lanes.values())


@settings(max_examples=40, deadline=None)
@given(changes())
def test_the_same_change_gives_the_same_bytes_whatever_the_order(change: Change) -> None:
    before, after, replaced = change
    turned = turned_round(before), turned_round(after), replaced

    assert svg(*turned) == svg(*change)
    assert mermaid(*turned) == mermaid(*change)


def test_a_change_is_told_by_signs_as_well_as_by_colour() -> None:
    drawn = svg(*change_of_prod())

    assert [sign for sign in (">+1<", ">~1<", ">±1<", ">−1<") if sign not in drawn] == []


def test_what_holds_data_and_goes_bears_a_lock() -> None:
    before, after, replaced = change_of_prod()

    assert svg(before, after, replaced).count('class="lock"') == 3  # two boxes and the legend
    assert 'class="lock"' not in svg(before, before)


def test_hostile_names_are_no_markup() -> None:
    before = graph(node("aws:lb/loadBalancer:LoadBalancer", HOSTILE))
    cdn = node("aws:cloudfront/distribution:Distribution", HOSTILE, aliases=[HOSTILE])
    drawn = svg(before, graph(cdn))

    ET.fromstring(drawn)  # noqa: S314  # our own text
    assert "<script" not in drawn
    assert "y" * 200 not in drawn


def test_hostile_names_mean_nothing_to_mermaid() -> None:
    cdn = node("aws:cloudfront/distribution:Distribution", "site", aliases=[HOSTILE])
    label = next(line for line in mermaid({}, graph(cdn)).splitlines() if "cdn[" in line)

    assert "y" * 200 not in label
    inside = label.removeprefix('    cdn["').removesuffix('"]').replace("<br/>", " ")
    assert re.fullmatch(r"[\w ,.:/·×–−±~+()%-]*|(?:[\w ,.:/·×–−±~+()%-]|#\d+;)*", inside)


def test_cut_text_is_no_wider_than_its_room() -> None:
    cut = fitted("a very long name of an instance class", 80, 12)

    assert cut.endswith("…")
    assert width_of(cut, 12) <= 80


MEASURE = """
<script>
const wide = [];
for (const group of document.querySelectorAll("svg g")) {
  const room = group.querySelector("rect").getBBox();
  for (const text of group.querySelectorAll("text")) {
    const box = text.getBBox();
    if (box.x < room.x || box.x + box.width > room.x + room.width
        || box.y < room.y || box.y + box.height > room.y + room.height)
      wide.push(text.textContent);
  }
}
document.title = JSON.stringify({groups: document.querySelectorAll("svg g").length, wide});
</script>
"""


@pytest.mark.parametrize("font", ["Liberation Sans", "DejaVu Sans"])
def test_text_fits_its_box_in_a_browser(font: str, tmp_path: Path) -> None:
    long = changed(
        stack("prod"),
        urn_of(stack("prod"), "Distribution", "site"),
        aliases=["a-rather-long-name-of-a-site.example.com", "WWWWWWWWWWWWWWWW.example.com"],
    )
    page = tmp_path / "page.html"
    drawn = svg(stack("prod"), long).replace("Helvetica,Arial,'Liberation Sans'", f"'{font}'")
    page.write_text(f"<!doctype html><meta charset=utf-8>{drawn}{MEASURE}", encoding="utf-8")
    browser = shutil.which("chromium") or pytest.fail("Debian's chromium is not installed")

    shown = subprocess.run(
        [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu"),
            *(f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page.as_uri()),
        ],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    ).stdout

    found = re.search(r"<title>(\{.*?\})</title>", shown)
    assert found
    assert json.loads(found.group(1)) == {"groups": 17, "wide": []}
