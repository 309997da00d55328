"""The migration's Job: how often it is tried, and what ends it for good; plain shapes."""

import pulumi_kubernetes as kubernetes

from components._pod import MIGRATION_CONTAINER, Template

ATTEMPTS_MORE, SECONDS = 4, 600
REFUSED, BAD_CONFIGURATION = 65, 78
"""Exit codes of `python -m task1.migrate` (sysexits.h) that every attempt would end with."""
REPLACED_IF_FAILED = {"pulumi.com/replaceUnready": "true"}
"""Else the next update waits for a Job that has failed for good."""


def migration_job(template: Template) -> kubernetes.batch.v1.JobSpecArgsDict:
    """Tried again where that may help: a database that restarts, a table in use."""
    return {
        "backoff_limit": ATTEMPTS_MORE,
        "active_deadline_seconds": SECONDS,
        "pod_failure_policy": {
            "rules": [
                {
                    "action": "FailJob",
                    "on_exit_codes": {
                        "container_name": MIGRATION_CONTAINER,
                        "operator": "In",
                        "values": [REFUSED, BAD_CONFIGURATION],
                    },
                }
            ]
        },
        "template": template,
    }
