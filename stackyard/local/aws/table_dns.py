"""Rows of certificates, hosted zones and records."""

from dataclasses import replace

from stackyard.local.aws.connection import refusal, search
from stackyard.local.aws.names import as_list
from stackyard.local.aws.spec import Call, Spec, row
from stackyard.local.wire import JsonObject


def _certificate(call: Call) -> JsonObject | None:
    found = call.do("describe_certificate", CertificateArn=call.id)["Certificate"]
    # ACM lists the certificate's own name among the alternative ones.
    names: list[str] = as_list(found.get("SubjectAlternativeNames"))
    own = found["DomainName"] not in (as_list(call.props.get("subjectAlternativeNames")))
    found["SubjectAlternativeNames"] = [n for n in names if not own or n != found["DomainName"]]
    return found


def _certificate_outputs(call: Call, found: JsonObject) -> JsonObject:
    options = [
        {
            "domainName": option["DomainName"],
            "resourceRecordName": option["ResourceRecord"]["Name"],
            "resourceRecordType": option["ResourceRecord"]["Type"],
            "resourceRecordValue": option["ResourceRecord"]["Value"],
        }
        for option in as_list(found.get("DomainValidationOptions"))
        if option.get("ResourceRecord")
    ]
    return {
        "arn": call.id,
        "domainValidationOptions": options,
        "subjectAlternativeNames": as_list(found.get("SubjectAlternativeNames")),
    }


def _validate(call: Call) -> None:
    """Hold the certificate to its DNS records: each must stand in a hosted zone."""
    found = _certificate(call) or {}
    names: set[str] = set()
    for zone in call.aws.every("route53", "list_hosted_zones", "HostedZones"):
        records = call.aws.every(
            "route53", "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone["Id"]
        )
        names |= {str(record["Name"]).rstrip(".") for record in records}
    for option in as_list(found.get("DomainValidationOptions")):
        wanted = str(search("ResourceRecord.Name", option) or "").rstrip(".")
        if wanted and wanted not in names:
            text = f"{call.id} waits for the DNS record {wanted}, which no hosted zone has"
            raise refusal("Timeout", text, "WaitForValidation")


def _validation(call: Call, arguments: JsonObject) -> None:
    certificate = call.props["certificateArn"]
    _validate(replace(call, id=certificate))
    arguments.clear()
    arguments["CertificateArn"] = certificate


def _nothing(call: Call) -> None:
    """Nothing: a validation is no object of AWS."""
    del call


def _record_set(call: Call) -> JsonObject:
    props = call.props
    record: JsonObject = {"Name": _dotted(props["name"]), "Type": props["type"]}
    if props.get("records"):
        record["TTL"] = int(props.get("ttl") or 300)
        record["ResourceRecords"] = [{"Value": value} for value in props["records"]]
    for alias in as_list(props.get("aliases")):
        record["AliasTarget"] = {
            "DNSName": alias["name"],
            "HostedZoneId": alias["zoneId"],
            "EvaluateTargetHealth": bool(alias.get("evaluateTargetHealth")),
        }
    if props.get("setIdentifier"):
        record["SetIdentifier"] = props["setIdentifier"]
        for policy in as_list(props.get("weightedRoutingPolicies")):
            record["Weight"] = int(policy["weight"])
    return record


def _dotted(name: str) -> str:
    return f"{name.rstrip('.')}."


def _upsert(call: Call, arguments: JsonObject) -> None:
    overwrites = call.olds is not None or call.props.get("allowOverwrite")
    action = "UPSERT" if overwrites else "CREATE"
    arguments.clear()
    arguments["HostedZoneId"] = call.props["zoneId"]
    arguments["ChangeBatch"] = {
        "Changes": [{"Action": action, "ResourceRecordSet": _record_set(call)}]
    }


def _record(call: Call) -> JsonObject | None:
    zone, name, kind = _record_key(call)
    answer = call.do(
        "list_resource_record_sets", HostedZoneId=zone, StartRecordName=name, StartRecordType=kind
    )
    for record in answer["ResourceRecordSets"]:
        if record["Name"].rstrip(".") == name.rstrip(".") and record["Type"] == kind:
            values = search("ResourceRecords[].Value", record)
            return {"TTL": record.get("TTL"), "Records": values, "Found": record}
    return None


def _record_key(call: Call) -> tuple[str, str, str]:
    if call.props.get("zoneId"):
        return call.props["zoneId"], _dotted(call.props["name"]), call.props["type"]
    zone, name, kind = call.id.split("_", 2)
    return zone, _dotted(name), kind


def _end_record(call: Call) -> None:
    zone, _, _ = _record_key(call)
    found = _record(call)
    if found:
        change = {"Action": "DELETE", "ResourceRecordSet": found["Found"]}
        batch = {"Changes": [change]}
        call.do("change_resource_record_sets", HostedZoneId=zone, ChangeBatch=batch)


def _record_outputs(call: Call, _found: JsonObject) -> JsonObject:
    _, name, _ = _record_key(call)
    return {"fqdn": name.rstrip(".")}


def _zone_reference(call: Call, arguments: JsonObject) -> None:
    arguments["CallerReference"] = f"{call.props['name']}-{id(arguments):x}"
    comment = call.props.get("comment", "Managed by Pulumi")
    arguments["HostedZoneConfig"] = {"Comment": comment, "PrivateZone": False}
    vpcs: list[JsonObject] = as_list(call.props.get("vpcs"))
    if vpcs:
        region = vpcs[0].get("vpcRegion") or call.aws.region
        arguments["VPC"] = {"VPCId": vpcs[0]["vpcId"], "VPCRegion": region}
        arguments["HostedZoneConfig"]["PrivateZone"] = True


def _zone(call: Call) -> JsonObject | None:
    answer = call.do("get_hosted_zone", Id=call.id)
    servers = as_list(search("DelegationSet.NameServers", answer))
    name = str(answer["HostedZone"]["Name"]).rstrip(".")
    return {"Name": name, "NameServers": servers}


def _zone_outputs(call: Call, found: JsonObject) -> JsonObject:
    servers: list[str] = found["NameServers"]
    return {
        "arn": f"arn:aws:route53:::hostedzone/{call.id}",
        "zoneId": call.id,
        "nameServers": servers,
        "primaryNameServer": servers[0] if servers else "",
    }


CERTIFICATES: tuple[Spec, ...] = (
    row(
        "acm/certificate:Certificate",
        "acm",
        "certificate",
        "CertificateArn",
        create="request_certificate",
        describe=_certificate,
        update="",
        outputs=_certificate_outputs,
        kept=("validationMethod",),
        replacing=(
            "domainName",
            "subjectAlternativeNames",
            "validationMethod",
            "keyAlgorithm",
            "certificateAuthorityArn",
        ),
    ),
    Spec(
        pulumi_type="aws:acm/certificateValidation:CertificateValidation",
        service="acm",
        create="describe_certificate",
        arrange=_validation,
        describe=_certificate,
        delete_call=_nothing,
        keys=("CertificateArn",),
        replacing=("certificateArn", "validationRecordFqdns"),
    ),
)

DNS: tuple[Spec, ...] = (
    Spec(
        pulumi_type="aws:route53/zone:Zone",
        service="route53",
        create="create_hosted_zone",
        describe=_zone,
        delete="delete_hosted_zone",
        keys=("Id",),
        arrange=_zone_reference,
        outputs=_zone_outputs,
        defaults={"comment": "Managed by Pulumi"},
        replacing=("name", "delegationSetId"),
    ),
    Spec(
        pulumi_type="aws:route53/record:Record",
        service="route53",
        create="change_resource_record_sets",
        update="change_resource_record_sets",
        describe=_record,
        delete_call=_end_record,
        arrange=_upsert,
        keys=("HostedZoneId", "Name", "Type"),
        separator="_",
        outputs=_record_outputs,
        whole_update=True,
        replacing=("zoneId", "name", "type", "setIdentifier"),
    ),
)

ROWS: tuple[Spec, ...] = (*CERTIFICATES, *DNS)
