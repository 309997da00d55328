"""`stackyard picture`: a stack's picture from its file alone."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def stackyard(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stackyard", *words],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_readmes_picture_is_what_the_program_makes(tmp_path: Path) -> None:
    drawn = tmp_path / "new" / "prod.svg"

    done = stackyard(
        "picture", "prod", "--output", str(drawn), AWS_ENDPOINT_URL="http://127.0.0.1:1"
    )

    assert (done.returncode, done.stderr) == (0, "")
    kept = ROOT / "docs" / "architecture.svg"
    assert drawn.read_text() == kept.read_text(), "run: .venv/bin/python -m stackyard picture prod"
    assert "docs/architecture.svg" in (ROOT / "README.md").read_text()


def test_mermaid_is_printed_and_nothing_written(tmp_path: Path) -> None:
    output = tmp_path / "picture.svg"

    done = stackyard("picture", "staging", "--mermaid", "--output", str(output))

    assert done.stdout.startswith("flowchart LR\n")
    assert not output.exists()


def test_a_stack_without_a_file_is_a_line_and_code_2() -> None:
    done = stackyard("picture", "nobody")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Pulumi.nobody.yaml: there is no such stack file here")
