"""The edge: what goes where, what is cached, who may read the bucket, what the ACL does."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from components._site_bucket import cache_control, object_name
from tests.graph.examples import behaviours, origins, site

ROOT = Path(__file__).parents[2]
DOMAIN: dict[str, Any] = {"domain": "example.com", "zone_id": "Z1"}
NO_CACHE = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"


def test_the_api_and_its_health_go_to_the_load_balancer_and_the_rest_to_the_bucket() -> None:
    assert {path: b["targetOriginId"] for path, b in behaviours(site()).items()} == {
        "/api/*": "api",
        "/health": "api",
        "/assets/*": "site",
        "*": "site",
    }


@pytest.mark.row("C2", "")
def test_c2_the_api_takes_every_method_and_is_never_cached() -> None:
    api = behaviours(site())["/api/*"]

    assert set(api["allowedMethods"]) == {
        "GET",
        "HEAD",
        "OPTIONS",
        "PUT",
        "PATCH",
        "POST",
        "DELETE",
    }
    assert api["cachePolicyId"] == NO_CACHE


@pytest.mark.row("E5", "")
def test_e5_the_load_balancer_is_reached_inside_the_vpc() -> None:
    graph = site()
    inner = graph.one("VpcOrigin")

    assert origins(graph)["api"]["vpcOriginConfig"]["vpcOriginId"] == inner.id
    assert inner.inputs["vpcOriginEndpointConfig"]["arn"].endswith(":loadbalancer/1")


@pytest.mark.parametrize(
    ("given", "protocol", "host"),
    [({}, "http-only", "internal-1.elb.amazonaws.com"), (DOMAIN, "https-only", "api.example.com")],
)
def test_the_origin_is_spoken_to_by_tls_where_there_is_a_domain(
    given: dict[str, Any], protocol: str, host: str
) -> None:
    graph = site(**given)
    endpoint = graph.one("VpcOrigin").inputs["vpcOriginEndpointConfig"]

    assert endpoint["originProtocolPolicy"] == protocol
    assert origins(graph)["api"]["domainName"] == host


@pytest.mark.row("C1", "")
def test_c1_only_the_distribution_reads_the_bucket_and_only_over_tls() -> None:
    graph = site()
    reads, denied = json.loads(graph.one("BucketPolicy").inputs["policy"])["Statement"]

    assert reads["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert reads["Condition"]["StringEquals"] == {
        "aws:SourceArn": graph.one("Distribution").outputs["arn"]
    }
    assert (denied["Effect"], denied["Condition"]["Bool"]) == (
        "Deny",
        {"aws:SecureTransport": "false"},
    )


@pytest.mark.row("C1", "")
def test_c1_the_bucket_is_closed_versioned_and_encrypted() -> None:
    graph = site()
    closed = graph.one("BucketPublicAccessBlock").inputs
    (rule,) = graph.one("BucketServerSideEncryptionConfiguration").inputs["rules"]

    assert all(closed[name] for name in closed if name != "bucket")
    assert graph.one("BucketVersioning").inputs["versioningConfiguration"]["status"] == "Enabled"
    assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "AES256"
    assert graph.one("BucketOwnershipControls").inputs["rule"] == {
        "objectOwnership": "BucketOwnerEnforced"
    }


@pytest.mark.row("C2", "")
def test_c2_files_carry_their_type_and_their_time_to_live() -> None:
    objects = {o.inputs["key"]: o.inputs for o in site().all("BucketObjectv2")}

    assert {k: (o["contentType"], o["cacheControl"]) for k, o in objects.items()} == {
        "index.html": ("text/html; charset=utf-8", "no-cache"),
        "assets/app.1a2b.js": (
            "text/javascript; charset=utf-8",
            "public, max-age=31536000, immutable",
        ),
        "robots.txt": ("text/plain; charset=utf-8", "public, max-age=3600"),
    }


def test_pages_are_uploaded_after_what_they_name() -> None:
    graph = site()
    objects = {o.inputs["key"]: o for o in graph.all("BucketObjectv2")}

    assert objects["assets/app.1a2b.js"].urn in objects["index.html"].depends


def test_a_file_of_unknown_type_is_refused() -> None:
    with pytest.raises(ValueError, match=r"site file 'a\.exe': no content type for '\.exe'"):
        site(files={"a.exe": Path("site/a.exe")})


def test_objects_of_equal_file_names_have_names_of_their_own() -> None:
    one, two = object_name("site", "assets/a/index.js"), object_name("site", "assets/b/index.js")

    assert one != two
    assert max(len(one), len(two)) <= 24


def test_a_page_under_assets_is_as_lasting_as_its_neighbours() -> None:
    assert cache_control("assets/frame.1a.html") == "public, max-age=31536000, immutable"


@pytest.mark.row("C3", "")
def test_c3_answers_carry_the_security_headers() -> None:
    graph = site()
    headers = graph.one("ResponseHeadersPolicy")
    given = headers.inputs["securityHeadersConfig"]

    assert {b["responseHeadersPolicyId"] for b in behaviours(graph).values()} == {headers.id}
    assert given["strictTransportSecurity"]["accessControlMaxAgeSec"] == 63072000
    assert given["frameOptions"]["frameOption"] == "DENY"
    assert "default-src 'self'" in given["contentSecurityPolicy"]["contentSecurityPolicy"]


@pytest.mark.row("C4", "")
@pytest.mark.ask(28)
def test_c4_no_error_page_hides_the_apis_errors() -> None:
    assert "customErrorResponses" not in site().one("Distribution").inputs


def test_http_3_and_the_first_page() -> None:
    given = site().one("Distribution").inputs

    assert (given["httpVersion"], given["defaultRootObject"]) == ("http2and3", "index.html")


@pytest.mark.row("C9", "")
@pytest.mark.ask(30)
def test_c9_what_cloudfront_uses_lives_in_us_east_1() -> None:
    graph = site(**DOMAIN)
    types = (
        "WebAcl",
        "WebAclLoggingConfiguration",
        "Certificate",
        "CertificateValidation",
        "LogGroup",
    )

    assert {graph.one(type_).inputs["region"] for type_ in types} == {"us-east-1"}


@pytest.mark.row("E1", "")
def test_e1_with_a_domain_people_use_it_over_tls_1_2_or_newer() -> None:
    graph = site(**DOMAIN)
    given = graph.one("Distribution").inputs

    assert given["aliases"] == ["example.com"]
    assert given["viewerCertificate"]["minimumProtocolVersion"] == "TLSv1.2_2021"
    assert graph.component_outputs[graph.one("Site").urn]["url"] == "https://example.com"
    assert {(r.inputs["name"], r.inputs["type"]) for r in graph.all("Record")} >= {
        ("example.com", "A"),
        ("example.com", "AAAA"),
    }


def test_without_a_domain_people_use_cloudfronts_name() -> None:
    graph = site()
    name = graph.one("Distribution").outputs["domainName"]

    assert graph.component_outputs[graph.one("Site").urn]["url"] == f"https://{name}"
    assert graph.all("Record") == []


def test_every_asset_is_named_by_its_content_and_named_by_a_page() -> None:
    pages = "".join(page.read_text() for page in (ROOT / "site").glob("*.html"))
    assets = list((ROOT / "site" / "assets").iterdir())

    assert assets
    for asset in assets:
        assert asset.name.split(".")[1] == sha256(asset.read_bytes()).hexdigest()[:10]
        assert f"/assets/{asset.name}" in pages
