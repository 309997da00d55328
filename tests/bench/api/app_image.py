"""The image's package and the daemons of its tests, made importable; only a session needs them."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "app-image" / "tests"))

from packages import APP_IMAGE, packages

sys.path += [str(APP_IMAGE), str(packages())]

from api_process import RELEASE, migrated
from built_image import BuiltImage, in_pod
from certificates import Certificates
from daemons import ADDRESS, MariaDb, Redis, free_port

PYTHONPATH = f"{packages()}:{APP_IMAGE}"

__all__ = [
    "ADDRESS",
    "PYTHONPATH",
    "RELEASE",
    "ROOT",
    "BuiltImage",
    "Certificates",
    "MariaDb",
    "Redis",
    "free_port",
    "in_pod",
    "migrated",
]
