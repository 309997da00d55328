"""AWS's managed rules that the web ACL uses, and the labels by which a later rule knows them.

AWS WAF developer guide, "AWS Managed Rules rule groups list: Baseline rule groups", as of 2026-10.
"""

from collections.abc import Collection
from difflib import get_close_matches
from typing import Literal, NamedTuple

BODY_SIZE_RULE = "SizeRestrictions_BODY"
"""Blocks bodies above 8 KB and says nothing to the app; the app has its own limit."""


class RuleGroup(NamedTuple):
    """A managed rule group."""

    name: str
    labels: str
    """What the labels of its rules begin with."""


RULE_GROUPS = {
    "common": RuleGroup("AWSManagedRulesCommonRuleSet", "awswaf:managed:aws:core-rule-set:"),
    "bad-inputs": RuleGroup(
        "AWSManagedRulesKnownBadInputsRuleSet", "awswaf:managed:aws:known-bad-inputs:"
    ),
}
"""By the name of the web ACL's own rule for it, in the order of evaluation."""
_Group = Literal["common", "bad-inputs"]

WAF_RULES: dict[str, tuple[_Group, str]] = {
    "NoUserAgent_HEADER": ("common", "NoUserAgent_Header"),
    "UserAgent_BadBots_HEADER": ("common", "BadBots_Header"),
    "SizeRestrictions_QUERYSTRING": ("common", "SizeRestrictions_QueryString"),
    "SizeRestrictions_Cookie_HEADER": ("common", "SizeRestrictions_Cookie_Header"),
    BODY_SIZE_RULE: ("common", "SizeRestrictions_Body"),
    "SizeRestrictions_URIPATH": ("common", "SizeRestrictions_URIPath"),
    "EC2MetaDataSSRF_BODY": ("common", "EC2MetaDataSSRF_Body"),
    "EC2MetaDataSSRF_COOKIE": ("common", "EC2MetaDataSSRF_Cookie"),
    "EC2MetaDataSSRF_URIPATH": ("common", "EC2MetaDataSSRF_URIPath"),
    "EC2MetaDataSSRF_QUERYARGUMENTS": ("common", "EC2MetaDataSSRF_QueryArguments"),
    "GenericLFI_QUERYARGUMENTS": ("common", "GenericLFI_QueryArguments"),
    "GenericLFI_URIPATH": ("common", "GenericLFI_URIPath"),
    "GenericLFI_BODY": ("common", "GenericLFI_Body"),
    "RestrictedExtensions_URIPATH": ("common", "RestrictedExtensions_URIPath"),
    "RestrictedExtensions_QUERYARGUMENTS": ("common", "RestrictedExtensions_QueryArguments"),
    "GenericRFI_QUERYARGUMENTS": ("common", "GenericRFI_QueryArguments"),
    "GenericRFI_BODY": ("common", "GenericRFI_Body"),
    "GenericRFI_URIPATH": ("common", "GenericRFI_URIPath"),
    "CrossSiteScripting_COOKIE": ("common", "CrossSiteScripting_Cookie"),
    "CrossSiteScripting_QUERYARGUMENTS": ("common", "CrossSiteScripting_QueryArguments"),
    "CrossSiteScripting_BODY": ("common", "CrossSiteScripting_Body"),
    "CrossSiteScripting_URIPATH": ("common", "CrossSiteScripting_URIPath"),
    "JavaDeserializationRCE_HEADER": ("bad-inputs", "JavaDeserializationRCE_Header"),
    "JavaDeserializationRCE_BODY": ("bad-inputs", "JavaDeserializationRCE_Body"),
    "JavaDeserializationRCE_URIPATH": ("bad-inputs", "JavaDeserializationRCE_URIPath"),
    "JavaDeserializationRCE_QUERYSTRING": ("bad-inputs", "JavaDeserializationRCE_QueryString"),
    "Host_localhost_HEADER": ("bad-inputs", "Host_Localhost_Header"),
    "PROPFIND_METHOD": ("bad-inputs", "Propfind_Method"),
    "ExploitablePaths_URIPATH": ("bad-inputs", "ExploitablePaths_URIPath"),
    "Log4JRCE_HEADER": ("bad-inputs", "Log4JRCE_Header"),
    "Log4JRCE_QUERYSTRING": ("bad-inputs", "Log4JRCE_QueryString"),
    "Log4JRCE_BODY": ("bad-inputs", "Log4JRCE_Body"),
    "Log4JRCE_URIPATH": ("bad-inputs", "Log4JRCE_URIPath"),
    "ReactJSRCE_BODY": ("bad-inputs", "ReactJSRCE_Body"),
}
"""Rule to its group and the end of its label."""


def label_of(rule: str) -> str:
    """What a managed rule puts on a request that it matches, counted or blocked."""
    group, ending = WAF_RULES[rule]
    return f"{RULE_GROUPS[group].labels}{ending}"


def known_rules(value: Collection[str]) -> None:
    """Raise `ValueError` for what is no managed rule of the web ACL, with the nearest ones."""
    for rule in value:
        if rule not in WAF_RULES:
            near = get_close_matches(rule, WAF_RULES, n=3) or [*WAF_RULES][:3]
            groups = " or ".join(group.name for group in RULE_GROUPS.values())
            raise ValueError(f"{rule!r} is no rule of {groups}, as {', '.join(near)} are")
