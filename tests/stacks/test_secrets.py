"""Secrets do not get into stack files by way of `app.env`."""

import pytest

from stacks.load import SettingsError, load
from tests.stacks.examples import prod_with

FILE = "Pulumi.prod.yaml"


@pytest.mark.parametrize(
    ("name", "held", "says"),
    [
        ("STRIPE_API_KEY", "abc", "a secret, by its name"),
        ("smtp_password", "abc", "a secret, by its name"),
        ("BOT_TOKEN", "abc", "a secret, by its name"),
        ("AWS", "AKIAIOSFODNN7EXAMPLE", "an AWS access key"),
        ("CI", "ghp_" + "a1B2" * 9, "a GitHub token"),
        ("SESSION", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "a JSON web token"),
        ("CERTIFICATE", "-----BEGIN RSA PRIVATE KEY-----\nMIIE", "a private key"),
        ("CHAT", "xoxb-1234", "a Slack token"),
        ("PAY", "sk_live_1234", "a Stripe key"),
        ("SEARCH", "https://me:pa55@search.example.com", "a URL with a password"),
    ],
)
def test_what_looks_like_a_secret_is_refused_and_not_repeated(
    name: str, held: str, says: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(FILE, prod_with("app", env={"LEVEL": "debug", name: held}))

    assert str(caught.value) == (
        f"{FILE}: app.env: {name} looks like {says}, and whoever reads the stack file would have"
        " it; keep it in AWS Secrets Manager and give the API its ARN"
    )


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("LOG_LEVEL", "debug"),
        ("SMTP_SECRET_ARN", "arn:aws:secretsmanager:us-east-1:123456789012:secret:smtp-1a2b3c"),
        ("API_TOKEN", ""),
        ("TOKEN_MINUTES", "15"),
        ("SEARCH", "https://search.example.com:9200/posts?by=a@b"),
        ("KEYS", "AKIA"),
    ],
)
def test_what_only_sounds_like_a_secret_is_taken(name: str, held: str) -> None:
    assert load(FILE, prod_with("app", env={name: held})).app.env == {name: held}
