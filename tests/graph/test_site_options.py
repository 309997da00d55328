"""How the site's files are served: caching by class, the fallback, failover, signed paths."""

import re
from typing import Any

import pytest

from components._serving import FILE
from stacks.edge_settings import EdgeSettings
from stackyard.graph.recorder import Graph
from tests.graph.consequences import consequences
from tests.graph.examples import behaviours, origins, site
from tests.graph.setting_changes import PUBLIC_KEY

OPTIMIZED, DISABLED = (
    "658327ea-f89d-4fab-a63d-7e88639e58f6",
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
)
OTHER_KEY = PUBLIC_KEY.replace("MFkw", "MFkx")


def with_settings(**settings: Any) -> Graph:
    return site(settings=EdgeSettings(**settings))


@pytest.mark.row("C2", "")
def test_c2_assets_pages_and_the_api_are_each_cached_by_a_policy_of_their_own() -> None:
    graph = site()

    pages = graph.one("CachePolicy")
    assert {path: b["cachePolicyId"] for path, b in behaviours(graph).items()} == {
        "/api/*": DISABLED,
        "/health": DISABLED,
        "/assets/*": OPTIMIZED,
        "*": pages.id,
    }
    assert (pages.inputs["minTtl"], pages.inputs["defaultTtl"]) == (0, 0)


@pytest.mark.row("C2", "")
def test_c2_no_cookie_and_no_query_makes_a_second_copy_of_a_page() -> None:
    policy = site().one("CachePolicy").inputs
    key = policy["parametersInCacheKeyAndForwardedToOrigin"]

    assert key["cookiesConfig"] == {"cookieBehavior": "none"}
    assert key["queryStringsConfig"] == {"queryStringBehavior": "none"}
    assert key["headersConfig"] == {"headerBehavior": "none"}


@pytest.mark.row("C4", "")
@pytest.mark.ask(28)
def test_c4_the_fallback_stands_before_the_pages_alone() -> None:
    graph = site()

    function = graph.one("aws:cloudfront/function:Function").outputs["arn"]
    asked = {path: b.get("functionAssociations", []) for path, b in behaviours(graph).items()}
    assert asked == {
        "/api/*": [],
        "/health": [],
        "/assets/*": [],
        "*": [{"eventType": "viewer-request", "functionArn": function}],
    }


@pytest.mark.row("C4", "edge.fallback")
@pytest.mark.parametrize(
    ("fallback", "rewrite"),
    [
        ("spa", 'request.uri = "/index.html";'),
        ("ssg", 'request.uri = request.uri.replace(/\\/?$/, "/index.html");'),
    ],
)
def test_c4_a_path_without_an_ending_shows_a_page(fallback: str, rewrite: str) -> None:
    function = with_settings(fallback=fallback).one("aws:cloudfront/function:Function").inputs

    assert function["runtime"] == "cloudfront-js-2.0"
    assert f"if (!/{FILE}/.test(request.uri)) {{\n    {rewrite}\n  }}" in function["code"]


@pytest.mark.row("C4", "edge.fallback")
@pytest.mark.parametrize(
    ("path", "is_file"),
    [
        ("/", False),
        ("/posts/7", False),
        ("/v1.2/posts/", False),
        ("/v1.2/posts", False),
        ("/robots.txt", True),
        ("/img/a.b.png", True),
    ],
)
def test_c4_what_has_an_ending_is_a_file(path: str, is_file: bool) -> None:
    assert (re.search(FILE, path) is not None) is is_file


@pytest.mark.row("C4", "edge.fallback")
def test_c4_without_a_fallback_there_is_no_function() -> None:
    graph = with_settings(fallback="none")

    assert graph.all("aws:cloudfront/function:Function") == []
    assert "functionAssociations" not in behaviours(graph)["*"]


def test_every_stack_on_aws_has_the_fallback(graphs: dict[str, Graph]) -> None:
    functions = {
        stack: len(graph.all("aws:cloudfront/function:Function")) for stack, graph in graphs.items()
    }

    # The embedded cloud runs no functions.
    assert functions == {"prod": 1, "staging": 1, "pr-12": 1, "local": 0}


@pytest.mark.row("C8", "edge.failoverRegion")
def test_c8_a_second_bucket_serves_while_the_first_one_fails() -> None:
    graph = with_settings(failover_region="eu-west-1")
    (group,) = graph.one("Distribution").inputs["originGroups"]

    assert [member["originId"] for member in group["members"]] == ["site", "site-spare"]
    assert group["failoverCriteria"]["statusCodes"] == [500, 502, 503, 504]
    assert {path: b["targetOriginId"] for path, b in behaviours(graph).items()} == {
        "/api/*": "api",
        "/health": "api",
        "/assets/*": group["originId"],
        "*": group["originId"],
    }
    assert len(origins(graph)) == 3


@pytest.mark.row("C8", "edge.failoverRegion")
def test_c8_the_second_bucket_holds_the_same_files_in_its_own_region() -> None:
    graph = with_settings(failover_region="eu-west-1")

    buckets = {bucket.id: bucket.inputs.get("region") for bucket in graph.all("Bucket")}
    files: dict[str | None, set[str]] = {}
    for file in graph.all("BucketObjectv2"):
        region = buckets[file.inputs["bucket"].removesuffix("-bucket")]
        assert file.inputs.get("region") == region
        files.setdefault(region, set()).add(file.inputs["key"])
    assert files[None] == files["eu-west-1"] == {"index.html", "assets/app.1a2b.js", "robots.txt"}


@pytest.mark.row("C8", "edge.failoverRegion")
def test_c8_the_second_bucket_is_as_closed_as_the_first() -> None:
    graph = with_settings(failover_region="eu-west-1")

    for type_ in ("BucketPublicAccessBlock", "BucketPolicy", "BucketVersioning"):
        names = {reg.name: reg.inputs.get("region") for reg in graph.all(type_)}
        assert names == {"site": None, "site-spare": "eu-west-1"}


@pytest.mark.row("C8", "edge.failoverRegion")
def test_c8_a_second_bucket_comes_and_goes_without_touching_the_first() -> None:
    without, with_it = site(), with_settings(failover_region="eu-west-1")

    assert consequences(without, with_it).replaced == {}
    gone = {graph_urn.split("::")[-1][:10] for graph_urn in consequences(with_it, without).deleted}
    assert gone == {"site-spare"}


@pytest.mark.row("C8", "edge.signedPaths")
def test_c8_only_a_signature_opens_a_signed_path() -> None:
    graph = with_settings(signed_paths={"/members/*": (PUBLIC_KEY, OTHER_KEY)})

    group, keys = graph.one("KeyGroup"), graph.all("PublicKey")
    trusted = {path: b.get("trustedKeyGroups") for path, b in behaviours(graph).items()}
    assert {k.inputs["encodedKey"] for k in keys} == {PUBLIC_KEY, OTHER_KEY}
    assert {*group.inputs["items"]} == {key.id for key in keys}
    assert trusted == {
        "/api/*": None,
        "/health": None,
        "/members/*": [group.id],
        "/assets/*": None,
        "*": None,
    }


@pytest.mark.row("C8", "edge.signedPaths")
def test_c8_a_signed_path_is_looked_for_before_assets() -> None:
    graph = with_settings(signed_paths={"/assets/paid/*": (PUBLIC_KEY,)})

    order = [b["pathPattern"] for b in graph.one("Distribution").inputs["orderedCacheBehaviors"]]
    assert order == ["/api/*", "/health", "/assets/paid/*", "/assets/*"]


@pytest.mark.row("C8", "edge.signedPaths")
def test_c8_a_new_key_beside_an_old_one_leaves_the_old_one() -> None:
    before = with_settings(signed_paths={"/members/*": (PUBLIC_KEY,)})
    after = with_settings(signed_paths={"/members/*": (OTHER_KEY, PUBLIC_KEY)})

    done = consequences(before, after)

    assert (done.replaced, done.deleted) == ({}, frozenset())
