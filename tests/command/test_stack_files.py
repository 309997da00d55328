"""What is wrong with a stack file, told in a line a problem."""

from pathlib import Path

import pytest
import yaml

from stackyard.errors import SettingsFaultError
from stackyard.stack_files import sections_of, settings_of


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"config:\n  a: [1\n  b: 2", "expected ',' or ']', but got ':' in line 3, column 4"),
        (b"config: a\x00b", "special characters are not allowed"),
        (b"config: \xff", "'utf-8' codec can't decode byte 0xff in position 8"),
    ],
)
def test_what_is_wrong_with_the_yaml_stands_in_one_line(
    tmp_path: Path, content: bytes, says: str
) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_bytes(content)

    with pytest.raises(SettingsFaultError, match=r"^Pulumi\.prod\.yaml: is no YAML: ") as caught:
        sections_of(tmp_path / "Pulumi.prod.yaml")

    assert says in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_section_of_a_misspelt_namespace_is_refused(tmp_path: Path) -> None:
    project = Path(__file__).parents[2]
    content = yaml.safe_load((project / "Pulumi.local.yaml").read_text())
    content["config"] |= {"stackyrd:cache": {"replicas": 1}, "aws:region": "eu-west-1", 1: 2}
    (tmp_path / "Pulumi.local.yaml").write_text(yaml.safe_dump(content))

    with pytest.raises(SettingsFaultError, match="did you mean 'stackyard:cache'") as caught:
        settings_of(tmp_path / "Pulumi.local.yaml")

    assert [line.split(": ")[1] for line in str(caught.value).splitlines()] == [
        "stackyrd:cache",
        "1",
    ]
