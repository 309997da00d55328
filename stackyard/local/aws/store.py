"""What moto lacks or forgets, kept inside it: JSON objects in a bucket of a region of its own."""

import json
from typing import Any, Protocol, cast

from botocore.exceptions import ClientError

from stackyard.local.aws.connection import Connection, error_code
from stackyard.local.wire import JsonObject, NotFoundError

BUCKET = "stackyard-store"
REGION = "eu-south-2"


class S3(Protocol):
    """The calls of a boto3 S3 client that the store makes."""

    def list_objects_v2(self, **arguments: Any) -> Any:
        """List keys."""

    def get_object(self, **arguments: Any) -> Any:
        """Read."""

    def put_object(self, **arguments: Any) -> Any:
        """Write."""

    def delete_object(self, **arguments: Any) -> Any:
        """Delete."""

    def create_bucket(self, **arguments: Any) -> Any:
        """Make the bucket."""


class Store:
    """Objects by Pulumi type and id: `aws:eks/addon:Addon/<id>` holds the add-on's properties."""

    def __init__(self, s3: S3) -> None:
        self._s3 = s3

    @classmethod
    def of(cls, aws: Connection) -> "Store":
        """The store that a connection reaches."""
        return cls(cast("S3", aws.clients.get("s3", REGION)))

    def list(self, token: str) -> list[JsonObject]:
        """All objects of a type, each with its `id`, in the order of their ids."""
        prefix = f"{token}/"
        try:
            answer = self._s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        except ClientError as error:
            if error_code(error) == "NoSuchBucket":
                return []
            raise
        ids = [str(item["Key"]).removeprefix(prefix) for item in answer.get("Contents", [])]
        return [{**self.get(token, id_), "id": id_} for id_ in ids]

    def get(self, token: str, id_: str) -> JsonObject:
        """One object. Raises `NotFoundError`."""
        try:
            answer = self._s3.get_object(Bucket=BUCKET, Key=f"{token}/{id_}")
        except ClientError as error:
            if error_code(error) in {"NoSuchKey", "NoSuchBucket", "404"}:
                raise NotFoundError(f"{token} {id_} is not in the store") from error
            raise
        return JsonObject(json.loads(answer["Body"].read()))

    def find(self, token: str, id_: str) -> JsonObject:
        """One object, empty where there is none."""
        try:
            return self.get(token, id_)
        except NotFoundError:
            return {}

    def put(self, token: str, id_: str, properties: JsonObject) -> None:
        """Write one object, making the bucket at the first."""
        body = json.dumps(properties, sort_keys=True).encode()
        try:
            self._s3.put_object(Bucket=BUCKET, Key=f"{token}/{id_}", Body=body)
        except ClientError as error:
            if error_code(error) != "NoSuchBucket":
                raise
            self._make_bucket()
            self._s3.put_object(Bucket=BUCKET, Key=f"{token}/{id_}", Body=body)

    def _make_bucket(self) -> None:
        try:
            self._s3.create_bucket(
                Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
            )
        except ClientError as error:
            # Two resources may be the first at once.
            if error_code(error) != "BucketAlreadyOwnedByYou":
                raise

    def remove(self, token: str, id_: str) -> None:
        """Forget one object; nothing happens where there is none."""
        try:
            self._s3.delete_object(Bucket=BUCKET, Key=f"{token}/{id_}")
        except ClientError as error:
            if error_code(error) != "NoSuchBucket":
                raise
