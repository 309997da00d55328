"""One object of each row: what a program gives at first, and what it changes in place."""

from tests.local.aws.examples_data import DATA
from tests.local.aws.examples_edge import EDGE
from tests.local.aws.examples_network import ACCOUNTS, NETWORK
from tests.local.aws.examples_platform import PLATFORM

EXAMPLES = (*NETWORK, *ACCOUNTS, *DATA, *PLATFORM, *EDGE)
