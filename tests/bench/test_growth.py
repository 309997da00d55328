"""The figures of growth: the measure, the program they run, the points that are kept, the plot."""

import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from stackyard.graph.recorder import Graph, record
from tests.bench import growth
from tests.bench.figure import Result
from tests.bench.growth_line import extra_percent, foretold
from tests.bench.growth_plot import ALT, Curve, round_step, svg
from tests.bench.growth_program import copies
from tests.bench.machine import machine
from tests.bench.table import markdown
from tests.graph.stacks import ROOT, stack_config

SIZES = (100, 300, 1000)
STRAIGHT = Curve(title="Straight", sizes=SIZES, rounds=[(1.0, 2.0, 5.5), (1.5, 2.0, 6.0)])
SVG = "{http://www.w3.org/2000/svg}"


def copied(count: int) -> Graph:
    return record(partial(copies, count), stack="local", config=stack_config("local"))


def drawn(*curves: Curve) -> ET.Element:
    return ET.fromstring(svg(curves))  # noqa: S314  # our own text


def row(name: str) -> Result:
    return Result(
        name=name,
        unit="%",
        goal=20,
        at_least=False,
        median=1,
        min=1,
        max=1,
        rounds=1,
        holds=True,
        note="",
    )


@pytest.mark.parametrize("start", [0.0, 2.0, 60.0])
def test_a_straight_line_costs_nothing_more_whatever_its_start(start: float) -> None:
    seconds = [start + 0.004 * size for size in SIZES]

    assert extra_percent(SIZES, seconds) == pytest.approx(0, abs=1e-6)


def test_a_square_is_found() -> None:
    assert extra_percent(SIZES, [size**2 for size in SIZES]) == pytest.approx(225)


def test_a_small_square_on_a_straight_line_behind_a_slow_start_is_found() -> None:
    seconds = [10 + 0.01 * size + 0.000_005 * size**2 for size in SIZES]

    assert extra_percent(SIZES, seconds) == pytest.approx(37.5)


def test_what_is_cheaper_in_the_large_is_below_nothing() -> None:
    assert extra_percent(SIZES, [1.0, 3.0, 6.5]) == pytest.approx(-50)


def test_a_round_that_the_machine_disturbed_is_refused() -> None:
    with pytest.raises(ValueError, match=r"300 resources took 1 s, 100 took 1\.5 s: .* again"):
        extra_percent(SIZES, [1.5, 1.0, 4.0])


def test_the_line_goes_through_the_two_smaller_sizes() -> None:
    assert [foretold(SIZES, [1.0, 2.0, 9.0], at) for at in (100, 300, 1000)] == [1.0, 2.0, 5.5]


def test_every_copy_is_the_same_parts_under_names_of_its_own() -> None:
    one, three = copied(1), copied(3)

    # One provider is shared.
    assert len(three) - 1 == 3 * (len(one) - 1)
    assert {reg.name for reg in one.values()} < {reg.name for reg in three.values()}
    assert len(three.all("stackyard:index:Network")) == 3


def test_the_sizes_are_about_100_300_and_1000() -> None:
    a_copy = len(copied(1)) - 1

    assert [count * a_copy for count in growth.COPIES] == pytest.approx([100, 300, 1000], rel=0.15)
    assert f"{a_copy} resources a copy" in markdown({}, [row("growth_graph_percent").as_json()])


@pytest.mark.engine
def test_a_preview_of_the_copies_has_nothing_to_do_and_takes_its_time() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "tests.bench.growth_round", "preview", "1"],
        cwd=ROOT,
        input="\n",
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    # The engine counts the stack as well.
    assert int(told[0]) == len(copied(1)) + 1
    assert float(told[1]) > 0


def test_a_renewed_curve_leaves_the_others(tmp_path: Path) -> None:
    growth.save(tmp_path, "preview", STRAIGHT)
    growth.save(tmp_path, "graph", STRAIGHT)

    curves = json.loads((tmp_path / "growth.json").read_text())["curves"]
    assert list(curves) == ["graph", "preview"]
    assert curves["graph"] == {"sizes": [100, 300, 1000], "rounds": [[1, 2, 5.5], [1.5, 2, 6]]}
    assert "Preview without changes" in (tmp_path / "growth.svg").read_text()


def test_curves_of_another_machine_are_dropped(tmp_path: Path) -> None:
    growth.save(tmp_path, "preview", STRAIGHT)
    kept = json.loads((tmp_path / "growth.json").read_text())
    elsewhere = {**kept, "machine": {**machine(), "cores": "many"}}
    (tmp_path / "growth.json").write_text(json.dumps(elsewhere))

    growth.save(tmp_path, "graph", STRAIGHT)

    assert list(json.loads((tmp_path / "growth.json").read_text())["curves"]) == ["graph"]


def test_the_plot_says_what_it_shows_to_who_cannot_see_it() -> None:
    picture = drawn(STRAIGHT)

    assert picture.findtext(f"{SVG}title") == "Time by number of resources"
    assert picture.findtext(f"{SVG}desc") == ALT
    assert picture.get("role") == "img"


def test_the_plot_has_a_median_and_a_range_a_size_and_a_line_a_curve() -> None:
    picture = drawn(STRAIGHT, STRAIGHT)

    lines = [line.get("class") for line in picture.iter(f"{SVG}line")]
    assert len(list(picture.iter(f"{SVG}circle"))) == 6
    assert (lines.count("range"), lines.count("line")) == (6, 2)


def test_the_plot_names_units_sizes_and_medians() -> None:
    texts = [text.text for text in drawn(STRAIGHT).iter(f"{SVG}text")]

    assert {"Straight", "resources", "100", "300", "1,000", "0 s", "6 s"} <= set(texts)
    assert {"1.2 s", "2 s", "5.8 s"} <= set(texts)
    assert "43 % more a resource above 300 than below" in texts


def test_a_range_spans_the_rounds_and_its_median_lies_in_it() -> None:
    picture = drawn(STRAIGHT)

    first = next(line for line in picture.iter(f"{SVG}line") if line.get("class") == "range")
    point = next(picture.iter(f"{SVG}circle"))
    assert float(first.get("y1", 0)) > float(point.get("cy", 0)) > float(first.get("y2", 0))


@pytest.mark.parametrize(("highest", "step"), [(0.9, 0.2), (1.6, 0.5), (8.9, 2), (19, 5), (21, 5)])
def test_grid_lines_stand_at_round_seconds(highest: float, step: float) -> None:
    assert round_step(highest) == pytest.approx(step)


def test_the_table_shows_the_plot_beside_the_figures_of_growth_only() -> None:
    without = markdown({}, [row("check_s").as_json()])
    with_it = markdown({}, [row("growth_graph_percent").as_json()])

    assert "growth.svg" not in without
    assert f"\n\n![{ALT}](growth.svg)\n" in with_it
