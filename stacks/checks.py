"""Checks of one value each; each raises `ValueError` with the way out."""

import re
from ipaddress import IPv4Network
from itertools import combinations

from stacks.cidr import check_network, check_notation

_WINDOW = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MEMORY_MIB = {"Mi": 1, "Gi": 1024}
_PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
"""RFC 1918; Python's `is_private` also counts loopback, link-local and the test networks."""
_WIDEST_PREFIX = 8
_SECRET_NAME = re.compile(
    r"(PASSWORD|PASSPHRASE|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY)$", re.IGNORECASE
)
_SECRET_VALUES = {
    "an AWS access key": re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a GitHub token": re.compile(r"\b(gh[pousr]|github_pat)_\w{20,}"),
    "a JSON web token": re.compile(r"\beyJ[\w-]+\.eyJ[\w-]+\."),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a Slack token": re.compile(r"\bxox[abeoprs]-\w"),
    "a Stripe key": re.compile(r"\b[rs]k_live_\w"),
    "a URL with a password": re.compile(r"\w://[^\s/:@]*:[^\s/@]+@"),
}
"""Forms that the makers of these secrets give them, so that they can be found."""
CPU_QUANTITY = r"^[1-9]\d*m?$"
MEMORY_QUANTITY = r"^[1-9]\d*(Mi|Gi)$"
_SECRETS = (
    "DATABASE_READ_REPLICA_URL",
    "DATABASE_URL",
    "DATABASE_WRITE_URL",
    "JWT_KEYS",
    "REDIS_URL",
    "RELEASE_KEYS",
)
POD_VARIABLES = frozenset(
    {
        "AWS_REGION",
        "DATABASE_AUTH",
        "DRAIN_SECONDS",
        "HOST",
        "PORT",
        "POSTS_PARTITIONED",
        "RELEASE_DIGEST",
        *_SECRETS,
        *(f"{name}_FILE" for name in _SECRETS),
    }
)
"""What the API's pod sets itself (components/_pod.py)."""


def minutes(clock: str) -> int:
    """Minutes since midnight of a clock like 07:30."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def millicores(quantity: str) -> int:
    """Thousandths of a CPU of a quantity like 2 or 250m."""
    return int(quantity[:-1]) if quantity.endswith("m") else 1000 * int(quantity)


def memory_mib(quantity: str) -> int:
    """MiB of a quantity like 512Mi or 2Gi."""
    return int(quantity[:-2]) * _MEMORY_MIB[quantity[-2:]]


def daily_window(value: str) -> str:
    """A daily window like 07:00-09:00 (UTC), 30 minutes or longer; it may pass midnight."""
    if not _WINDOW.fullmatch(value):
        raise ValueError(f"{value!r} is no daily window; write it like '07:00-09:00' (UTC)")
    start, end = map(minutes, value.split("-"))
    if (end - start) % (24 * 60) < 30:
        raise ValueError(f"{value!r} is shorter than the 30 minutes AWS asks for")
    return value


def weekly_window(value: str) -> str:
    """A weekly window like sun:04:00-sun:05:00 (UTC) within one day."""
    day, _, window = value.partition(":")
    end_day, clocks = window[6:9], f"{window[:5]}-{window[10:]}"
    if not re.fullmatch(r"mon|tue|wed|thu|fri|sat|sun", day) or end_day != day:
        raise ValueError(
            f"{value!r} is no weekly window; write it like 'sun:04:00-sun:05:00' (UTC)"
        )
    daily_window(clocks)
    if minutes(window[10:]) < minutes(window[:5]):
        raise ValueError(f"{value!r} ends before it starts; keep it within one day")
    return value


def vpc_block(value: str) -> str:
    """A private block that holds the plan's zones."""
    network = check_notation(value)
    if not any(network.subnet_of(private) for private in _PRIVATE):
        raise ValueError(f"{value} is not private; take a block of 10/8, 172.16/12, 192.168/16")
    if not 16 <= network.prefixlen <= 20:
        raise ValueError(f"{value} must be /16 to /20 to hold four zones of three tiers")
    return value


def client_networks(value: tuple[str, ...]) -> tuple[str, ...]:
    """Every entry is an IPv4 network, not half the internet, and none lies in another."""
    for block in value:
        # Before the notation, so that nobody is told to write 0.0.0.0/0.
        if check_network(block).prefixlen < _WIDEST_PREFIX:
            raise ValueError(
                f"{block} is wider than /{_WIDEST_PREFIX} and opens the Kubernetes API to"
                " everyone; name your networks"
            )
        check_notation(block)
    for one, other in combinations(value, 2):
        if check_network(one).overlaps(check_network(other)):
            raise ValueError(f"{one} and {other} overlap; keep the larger one")
    return value


def different(value: tuple[str, ...]) -> tuple[str, ...]:
    """No entry stands twice: each becomes a resource that is named after it."""
    twice = sorted({entry for entry in value if value.count(entry) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)}: given more than once; keep one")
    return value


def password_numbers(value: tuple[int, ...]) -> tuple[int, ...]:
    """One number, or two while one password takes the other's place."""
    if len(value) not in {1, 2} or list(value) != sorted(set(value)):
        listed = ", ".join(map(str, value))
        raise ValueError(
            f"[{listed}] is not one number or two that rise; a user of ElastiCache has two"
            " passwords at most: write [1], then [1, 2], then [2]"
        )
    return value


def variable_names(value: dict[str, str]) -> dict[str, str]:
    """Keys are names that a shell takes, and not among those that the pod sets itself."""
    odd = sorted(name for name in value if not _VARIABLE.fullmatch(name))
    if odd:
        names = ", ".join(map(repr, odd))
        raise ValueError(f"{names}: a variable's name is letters, digits and _, no digit first")
    own = sorted(POD_VARIABLES & set(value))
    if own:
        raise ValueError(f"{', '.join(own)}: set by the pod itself; choose another name")
    return value


def no_secrets(value: dict[str, str]) -> dict[str, str]:
    """Neither a name nor a value that looks like a secret's; what it holds is not repeated."""
    for name, held in value.items():
        kinds = [kind for kind, form in _SECRET_VALUES.items() if form.search(held)]
        if held and _SECRET_NAME.search(name):
            kinds.append("a secret, by its name")
        if kinds:
            raise ValueError(
                f"{name} looks like {kinds[0]}, and whoever reads the stack file would have it;"
                " keep it in AWS Secrets Manager and give the API its ARN"
            )
    return value
