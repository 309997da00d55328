"""AWS's price list in small, on this machine: index, region indexes and CSV files as documented."""

import csv
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION, DATE = "20261120123456", "2026-11-20T12:34:56Z"
REGION = "us-east-1"
COLUMNS = (
    "SKU",
    "OfferTermCode",
    "RateCode",
    "TermType",
    "PriceDescription",
    "EffectiveDate",
    "StartingRange",
    "EndingRange",
    "Unit",
    "PricePerUnit",
    "Currency",
    "RelatedTo",
    "LeaseContractLength",
    "PurchaseOption",
    "OfferingClass",
    "Product Family",
    "serviceCode",
    "Location",
    "Location Type",
    "Instance Type",
    "Operating System",
    "Tenancy",
    "Pre Installed S/W",
    "CapacityStatus",
    "Cache Engine",
    "Database Engine",
    "usageType",
)
"""The first of the real columns in their order, and of the many others those that tell apart."""
Row = dict[str, str]


def row(price: str, usage: str, **columns: str) -> Row:
    """An on-demand row; columns by their names, with `_` for a blank."""
    basis = {
        "SKU": f"SKU{usage}",
        "OfferTermCode": "JRTCKXETXF",
        "TermType": "OnDemand",
        "StartingRange": "0",
        "EndingRange": "Inf",
        "Unit": "Hrs",
        "PricePerUnit": price,
        "Currency": "USD",
        "Location": "US East (N. Virginia)",
        "Location Type": "AWS Region",
        "usageType": usage,
    }
    return {**basis, **{name.replace("_", " "): value for name, value in columns.items()}}


def instance(price: str, type_: str, **columns: str) -> Row:
    """An EC2 instance as most ask for it."""
    found = row(
        price,
        f"BoxUsage:{type_}",
        Product_Family="Compute Instance",
        Instance_Type=type_,
        Operating_System="Linux",
        Tenancy="Shared",
        CapacityStatus="Used",
    )
    return {
        **found,
        "Pre Installed S/W": "NA",
        **{name.replace("_", " "): value for name, value in columns.items()},
    }


OFFERS: dict[str, list[Row]] = {
    "AmazonEC2": [
        instance("0.0950000000", "m8g.large"),
        instance("0.9990000000", "m8g.large", Tenancy="Dedicated"),
        instance("0.8880000000", "m8g.large", Operating_System="Windows"),
        instance("0.0000000000", "m8g.large", CapacityStatus="AllocatedCapacityReservation"),
        instance("500", "m8g.large", TermType="Reserved", Unit="Quantity"),
        instance("1.5000000000", "m8g.8xlarge"),
        row("0.0460000000", "NatGateway-Hours", Product_Family="NAT Gateway"),
    ],
    "AmazonRDS": [
        row(
            "0.2800000000",
            "InstanceUsage:db.r8g.larg",
            Product_Family="Database Instance",
            Database_Engine="Aurora MySQL",
            Instance_Type="db.r8g.large",
        ),
        row(
            "0.3640000000",
            "InstanceUsageIOOptimized:db.r8g.larg",
            Product_Family="Database Instance",
            Database_Engine="Aurora MySQL",
            Instance_Type="db.r8g.large",
        ),
        row(
            "0.3100000000",
            "InstanceUsage:db.r8g.larg",
            Product_Family="Database Instance",
            Database_Engine="Aurora PostgreSQL",
            Instance_Type="db.r8g.large",
        ),
        row("0.0000002000", "Aurora:StorageIOUsage", Database_Engine="Any", Unit="IOs"),
    ],
    "awswaf": [row("6.0000000000", "USE1-WebACLV2", Unit="Web ACL")],
    "AmazonVPC": [
        row("0.0110000000", "USE1-VpcEndpoint-Hours"),
        row("0.0100000000", "USE1-VpcEndpoint-Bytes", EndingRange="1048576"),
        row("0.0060000000", "USE1-VpcEndpoint-Bytes", StartingRange="1048576"),
    ],
}


def files(offers: dict[str, list[Row]]) -> dict[str, str]:
    """Every file of the price list by its path."""
    base = "/offers/v1.0/aws"
    head = {"formatVersion": "v1.0", "disclaimer": "stand-in", "publicationDate": DATE}
    index = {
        code: {
            "offerCode": code,
            "versionIndexUrl": f"{base}/{code}/index.json",
            "currentVersionUrl": f"{base}/{code}/current/index.json",
            "currentRegionIndexUrl": f"{base}/{code}/current/region_index.json",
        }
        for code in offers
    }
    found = {f"{base}/index.json": json.dumps({**head, "offers": index})}
    for code, rows in offers.items():
        prices = f"{base}/{code}/{VERSION}/{REGION}/index"
        region = {"regionCode": REGION, "currentVersionUrl": f"{prices}.json"}
        found[f"{base}/{code}/current/region_index.json"] = json.dumps(
            {**head, "regions": {REGION: region}}
        )
        found[f"{prices}.csv"] = _csv(code, rows)
    return found


def _csv(code: str, rows: list[Row]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerows(
        [
            ["FormatVersion", "v1.0"],
            ["Disclaimer", "stand-in, with, commas"],
            ["Publication Date", DATE],
            ["Version", VERSION],
            ["OfferCode", code],
            COLUMNS,
            *([each.get(column, "") for column in COLUMNS] for each in rows),
        ]
    )
    return out.getvalue()


@contextmanager
def serving(found: dict[str, str]) -> Iterator[str]:
    """The files over HTTP; the address."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = found.get(self.path)
            self.send_response(404 if body is None else 200)
            self.end_headers()
            self.wfile.write((body or "").encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
