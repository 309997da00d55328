"""The migration's Job and the upkeep of partitions: when, how often, what ends them."""

import pulumi_kubernetes as kubernetes

from components._pod import MIGRATION_CONTAINER, Template

SECONDS = 600
"""For all attempts; between them Kubernetes waits 10 s, 20 s, 40 s, and so on."""
REFUSED, BAD_CONFIGURATION = 65, 78
"""Exit codes of `python -m task1.migrate` (sysexits.h) that every attempt would end with."""
UPKEEP = ["python", "-m", "task1.partitions", "keep"]
UPKEEP_SCHEDULE = "17 3 * * *"
"""03:17 UTC; off the full hour, when everybody's jobs begin."""
REPLACED_IF_FAILED = {"pulumi.com/replaceUnready": "true"}
"""Else the next update goes on waiting for a Job that has failed for good."""


def migration_job(template: Template) -> kubernetes.batch.v1.JobSpecArgsDict:
    """Tried again, until its time is over, where that may help; what is refused ends it at once.

    Refusals use up the limit of none, all else is ignored. The policy's own way, FailJob, gives
    the Job a reason that pulumi-kubernetes does not look for: it would wait 10 minutes in vain.
    """
    return {
        "backoff_limit": 0,
        "active_deadline_seconds": SECONDS,
        "pod_failure_policy": {
            "rules": [
                {
                    "action": "Ignore",
                    "on_pod_conditions": [{"type": "DisruptionTarget", "status": "True"}],
                },
                {
                    "action": "Ignore",
                    "on_exit_codes": {
                        "container_name": MIGRATION_CONTAINER,
                        "operator": "NotIn",
                        "values": [REFUSED, BAD_CONFIGURATION],
                    },
                },
            ]
        },
        "template": template,
    }


def upkeep_job(template: Template) -> kubernetes.batch.v1.CronJobSpecArgsDict:
    """Every night, one at a time; what failed stays for three days to be read."""
    return {
        "schedule": UPKEEP_SCHEDULE,
        "concurrency_policy": "Forbid",
        "failed_jobs_history_limit": 3,
        "successful_jobs_history_limit": 1,
        "job_template": {
            "spec": {
                "backoff_limit": 2,
                "active_deadline_seconds": SECONDS,
                "template": template,
            }
        },
    }
