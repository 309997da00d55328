"""What `make up` prints: results and the next command."""

import re
from pathlib import Path

from stackyard.local.layout import Layout
from stackyard.local.report import status_report, up_report
from stackyard.local.up import UpResult

OUTPUTS = {
    "siteUrl": "https://127.10.4.1:8443",
    "apiUrl": "https://127.10.4.1:8443/api",
    "healthUrl": "https://127.10.4.1:8443/health",
    "edge": {"dnsName": "127.10.1.1:8080"},
}


def report() -> str:
    result = UpResult(outputs=OUTPUTS, changes={"create": 151}, resources=151, seconds=17.6)
    return up_report(Layout(root=Path("/project")), result)


def test_every_printed_address_is_a_literal_of_loopback_with_its_port() -> None:
    addresses = re.findall(r"\w+://\S+", report())

    assert len(addresses) == 5
    assert all(re.match(r"https?://127\.\d+\.\d+\.\d+:\d+", each) for each in addresses)


def test_the_size_of_the_graph_and_the_time_come_first() -> None:
    assert report().split("\n")[1] == "151 resources in 18 s"


def test_paths_are_printed_as_a_person_types_them() -> None:
    assert "curl --cacert .local/0/ca.pem " in report()
    assert "source .local/env" in report()


def test_nothing_up_names_the_command() -> None:
    assert status_report([]) == "nothing is up; run: make up"
