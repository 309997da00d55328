"""KMS keys of the embedded AWS: what is not drawn anew for each, and what is."""

from typing import Any

from tests.release.moto_cloud import client, cloud


def signer(kms: Any) -> str:
    made = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")
    return made["KeyMetadata"]["KeyId"]


def test_a_symmetric_key_opens_what_it_locked() -> None:
    with cloud():
        kms = client("kms")
        one = kms.create_key()["KeyMetadata"]["KeyId"]

        locked = kms.encrypt(KeyId=one, Plaintext=b"hello")["CiphertextBlob"]

        opened = kms.decrypt(CiphertextBlob=locked)
        assert opened["Plaintext"] == b"hello"
        assert one in opened["KeyId"]


def test_two_keys_that_sign_are_two() -> None:
    with cloud():
        kms = client("kms")

        first, second = (kms.get_public_key(KeyId=signer(kms))["PublicKey"] for _ in range(2))

        assert first != second
