"""The contract: what a stack file may say and what a stack gives back; no pulumi, no boto3."""
