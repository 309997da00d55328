"""The one comment and the one issue: found again, renewed, closed; what is refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stackyard.errors import SettingsFaultError, StackyardError
from stackyard.github import api
from stackyard.github.kept import close, comment, issue
from tests.command.test_cli import stackyard
from tests.pipelines.github_server import BOT, NAME, TOKEN, GitHub, github

PERSON = {"login": "mallory", "id": 7, "type": "User"}
MARK = "<!-- stackyard report-prod -->\n"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    monkeypatch.setattr(api, "PAUSES_SECONDS", (0, 0))
    with github() as made:
        yield made


def test_the_first_comment_is_made(hub: GitHub) -> None:
    kept = comment(hub.repository, 12, "report-prod", "LOW")

    assert (kept.done, kept.url) == ("made", hub.comments[0]["html_url"])
    assert [each["body"] for each in hub.comments] == [f"{MARK}LOW"]


def test_the_next_one_renews_it(hub: GitHub) -> None:
    comment(hub.repository, 12, "report-prod", "LOW")

    assert comment(hub.repository, 12, "report-prod", "HIGH").done == "renewed"
    assert [each["body"] for each in hub.comments] == [f"{MARK}HIGH"]


def test_the_same_text_writes_nothing(hub: GitHub) -> None:
    comment(hub.repository, 12, "report-prod", "LOW\nall is well\n")
    hub.comments[0]["body"] = hub.comments[0]["body"].replace("\n", "\r\n").rstrip()

    assert comment(hub.repository, 12, "report-prod", "LOW\nall is well\n").done == "is as it was"
    assert hub.writes == [("POST", "issues/12/comments")]


def test_each_key_and_each_pull_request_has_its_own(hub: GitHub) -> None:
    for number, key in ((12, "report-prod"), (12, "report-staging"), (13, "report-prod")):
        comment(hub.repository, number, key, "LOW")

    assert len(hub.comments) == 3


def test_it_is_found_on_a_later_page(hub: GitHub) -> None:
    for number in range(250):
        hub.comment(12, f"remark {number}", by=PERSON)
    comment(hub.repository, 12, "report-prod", "LOW")

    assert comment(hub.repository, 12, "report-prod", "HIGH").done == "renewed"
    assert len(hub.comments) == 251


def test_a_stranger_cannot_catch_it_by_the_mark(hub: GitHub) -> None:
    hub.comment(12, f"{MARK}mine", by=PERSON, as_a="CONTRIBUTOR")

    assert comment(hub.repository, 12, "report-prod", "LOW").done == "made"
    assert hub.comments[0]["body"] == f"{MARK}mine"


def test_who_runs_the_command_by_hand_finds_it_again(hub: GitHub) -> None:
    hub.comment(12, f"{MARK}LOW", by=PERSON, as_a="MEMBER")

    assert comment(hub.repository, 12, "report-prod", "HIGH").done == "renewed"


def test_a_quotation_of_it_is_not_it(hub: GitHub) -> None:
    hub.comment(12, f"> {MARK}LOW", by=BOT)

    assert comment(hub.repository, 12, "report-prod", "LOW").done == "made"


def test_a_ghost_is_nobody(hub: GitHub) -> None:
    hub.comment(12, f"{MARK}LOW")["user"] = None

    assert comment(hub.repository, 12, "report-prod", "LOW").done == "made"


def test_an_issue_is_made_then_kept(hub: GitHub) -> None:
    made = issue(hub.repository, "drift-prod", "Drift of prod", "one thing")
    renewed = issue(hub.repository, "drift-prod", "Drift of prod", "two things")

    assert (made.done, renewed.done, made.url) == ("made", "renewed", renewed.url)
    assert [each["body"] for each in hub.issues] == ["<!-- stackyard drift-prod -->\ntwo things"]


def test_a_pull_request_with_the_mark_is_no_issue(hub: GitHub) -> None:
    hub.issue("Drift", "<!-- stackyard drift-prod -->\n")["pull_request"] = {"url": "…"}

    assert issue(hub.repository, "drift-prod", "Drift of prod", "one thing").done == "made"


def test_an_issue_without_a_text_is_passed_over(hub: GitHub) -> None:
    hub.issue("empty", None)

    assert issue(hub.repository, "drift-prod", "Drift of prod", "one thing").done == "made"


def test_an_issue_is_closed_with_its_reason(hub: GitHub) -> None:
    issue(hub.repository, "drift-prod", "Drift of prod", "one thing")
    issue(hub.repository, "drift-staging", "Drift of staging", "one thing")

    (closed,) = close(hub.repository, "drift-prod", "Nothing differs any more.")

    assert closed.done == "closed"
    assert [(i["state"], i["state_reason"]) for i in hub.issues] == [
        ("closed", "completed"),
        ("open", None),
    ]
    assert [each["body"] for each in hub.comments] == ["Nothing differs any more."]


def test_nothing_to_close_is_no_error(hub: GitHub) -> None:
    assert close(hub.repository, "drift-prod", "…") == []
    assert hub.writes == []


def test_a_closed_issue_stays_closed_and_another_is_made(hub: GitHub) -> None:
    issue(hub.repository, "drift-prod", "Drift of prod", "one thing")
    close(hub.repository, "drift-prod", "gone")

    assert issue(hub.repository, "drift-prod", "Drift of prod", "again").done == "made"


@pytest.mark.parametrize("failure", [502, 0])
def test_a_look_that_fails_is_tried_again(hub: GitHub, failure: int) -> None:
    hub.failures[:] = [failure, failure]

    assert comment(hub.repository, 12, "report-prod", "LOW").done == "made"


def test_a_third_failure_is_told(hub: GitHub) -> None:
    hub.failures[:] = [503] * 3

    with pytest.raises(StackyardError, match=r"^GitHub refuses GET .* 503 it failed with 503$"):
        comment(hub.repository, 12, "report-prod", "LOW")


def test_what_may_have_been_made_is_not_made_again(hub: GitHub) -> None:
    with pytest.raises(StackyardError, match="502"):
        _post_after_a_failure(hub)

    assert hub.comments == []


def _post_after_a_failure(hub: GitHub) -> None:
    hub.failures[:] = [502]
    hub.repository.post("issues/12/comments", {"body": "x"})


def test_missing_rights_are_named(hub: GitHub) -> None:
    hub.may_write = False

    with pytest.raises(StackyardError, match=r"403 Resource not accessible .*issues: write"):
        issue(hub.repository, "drift-prod", "Drift of prod", "one thing")


def test_a_wrong_token_is_named(hub: GitHub) -> None:
    wrong = api.Repository(api=hub.address, name=NAME, token="old")

    with pytest.raises(StackyardError, match=r"^GitHub does not take the token: Bad"):
        comment(wrong, 12, "report-prod", "LOW")


def test_the_token_goes_to_no_other_address(hub: GitHub) -> None:
    hub.next_page = "https://elsewhere.example.com/page/2"
    for _ in range(101):
        hub.comment(12, "remark")

    with pytest.raises(StackyardError, match="is not its own; nothing sent"):
        comment(hub.repository, 12, "report-prod", "LOW")


def test_the_token_follows_no_redirect(hub: GitHub) -> None:
    with github() as elsewhere:
        hub.moved_to = elsewhere.address

        with pytest.raises(StackyardError, match="301 Moved Permanently"):
            comment(hub.repository, 12, "report-prod", "LOW")

    assert elsewhere.writes == []


def test_the_token_is_in_no_print(hub: GitHub) -> None:
    assert TOKEN not in repr(hub.repository)


def test_a_text_that_is_too_long_is_refused_unsent(hub: GitHub) -> None:
    with pytest.raises(SettingsFaultError, match="has 65568 characters; GitHub takes 65536"):
        comment(hub.repository, 12, "report-prod", "x" * 65_537)

    assert hub.writes == []


@pytest.mark.parametrize("key", ["", "Report", "a b", "-->", "a_b"])
def test_a_key_that_could_end_the_mark_is_refused(hub: GitHub, key: str) -> None:
    with pytest.raises(SettingsFaultError, match="is no key; write small letters"):
        comment(hub.repository, 12, key, "LOW")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"GITHUB_REPOSITORY": ""}, "GITHUB_REPOSITORY: is ''"),
        ({"GITHUB_REPOSITORY": "a/b/../c"}, "GITHUB_REPOSITORY: is 'a/b/../c'"),
        ({"GH_TOKEN": ""}, "no token: in a workflow"),
        ({"GITHUB_API_URL": "http://example.com"}, "GITHUB_API_URL: is 'http://example.com'"),
    ],
)
def test_an_environment_that_says_too_little_is_one_line(
    hub: GitHub, changed: dict[str, str], says: str
) -> None:
    with pytest.raises(SettingsFaultError, match=says):
        api.repository_of({**hub.variables, **changed})


def test_the_address_is_githubs_where_none_is_named(hub: GitHub) -> None:
    named = {**hub.variables, "GITHUB_API_URL": ""}

    assert api.repository_of(named).api == "https://api.github.com"


def test_the_command_keeps_the_comment(hub: GitHub, tmp_path: Path) -> None:
    (tmp_path / "report.md").write_text("**LOW** ≤ ${{ secrets }}")
    words = ["comment", "12", "--key", "report-prod", "--body", "report.md"]

    done = stackyard(tmp_path, *words, **hub.variables)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{hub.comments[0]['html_url']} made\n"
    assert hub.comments[0]["body"] == f"{MARK}**LOW** ≤ ${{{{ secrets }}}}"


def test_the_command_says_when_there_is_no_report(hub: GitHub, tmp_path: Path) -> None:
    words = ["comment", "12", "--key", "report-prod", "--body", "none.md"]

    assert stackyard(tmp_path, *words, **hub.variables).stderr == (
        "--body none.md: there is no such file\n"
    )
    assert stackyard(tmp_path, *words, "--otherwise", "failed", **hub.variables).returncode == 0
    assert hub.comments[0]["body"] == f"{MARK}failed"


def test_the_command_opens_and_closes_the_issue(hub: GitHub, tmp_path: Path) -> None:
    (tmp_path / "drift.md").write_text("one thing")
    opened = ["issue", "open", "--key", "drift-prod", "--title", "Drift", "--body", "drift.md"]
    closed = ["issue", "close", "--key", "drift-prod", "--because", "gone"]

    assert stackyard(tmp_path, *opened, **hub.variables).stdout.endswith("/issues/1 made\n")
    assert stackyard(tmp_path, *closed, **hub.variables).stdout.endswith("/issues/1 closed\n")
    assert stackyard(tmp_path, *closed, **hub.variables).stdout == ""
