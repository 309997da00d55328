"""Where EKS keeps its add-ons' images in each region, for nodes with no way to the internet.

EKS user guide, "View Amazon container image registries for Amazon EKS add-ons".
"""

_MOST = "602401143452"
ADDON_ACCOUNTS = {
    "af-south-1": "877085696533",
    "ap-east-1": "800184023465",
    "ap-east-2": "533267051163",
    "ap-northeast-1": _MOST,
    "ap-northeast-2": _MOST,
    "ap-northeast-3": _MOST,
    "ap-south-1": _MOST,
    "ap-south-2": "900889452093",
    "ap-southeast-1": _MOST,
    "ap-southeast-2": _MOST,
    "ap-southeast-3": "296578399912",
    "ap-southeast-4": "491585149902",
    "ap-southeast-5": "151610086707",
    "ap-southeast-6": "333609536671",
    "ap-southeast-7": "121268973566",
    "ca-central-1": _MOST,
    "ca-west-1": "761377655185",
    "eu-central-1": _MOST,
    "eu-central-2": "900612956339",
    "eu-north-1": _MOST,
    "eu-south-1": "590381155156",
    "eu-south-2": "455263428931",
    "eu-west-1": _MOST,
    "eu-west-2": _MOST,
    "eu-west-3": _MOST,
    "il-central-1": "066635153087",
    "me-central-1": "759879836304",
    "me-south-1": "558608220178",
    "mx-central-1": "730335286997",
    "sa-east-1": _MOST,
    "us-east-1": _MOST,
    "us-east-2": _MOST,
    "us-west-1": _MOST,
    "us-west-2": _MOST,
}
"""Region to the account that holds them there."""


def addon_registry(region: str) -> str:
    """Host of the region's registry; raises `KeyError` for a region that is not in the table."""
    return f"{ADDON_ACCOUNTS[region]}.dkr.ecr.{region}.amazonaws.com"
