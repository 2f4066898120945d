"""Where the connections of warehouses lead: an account's host, Google's own servers, and nowhere else."""

import json
from typing import Any

import pytest

from services.kit.errors import PermissionDenied
from services.validation.core.reach import GOOGLE_TOKENS, service_account_key, snowflake_host

KEY = {
    "type": "service_account",
    "client_email": "reader@shop.iam.gserviceaccount.com",
    "private_key": "-----BEGIN PRIVATE KEY-----",
    "private_key_id": "1",
    "token_uri": GOOGLE_TOKENS,
}


@pytest.mark.parametrize(
    ("account", "host"),
    [
        ("myorg-myaccount", "myorg-myaccount.snowflakecomputing.com"),
        ("MyOrg-My_Account", "myorg-my-account.snowflakecomputing.com"),
        ("xy12345.eu-central-1.azure", "xy12345.eu-central-1.azure.snowflakecomputing.com"),
    ],
)
def test_an_account_has_one_host(account: str, host: str) -> None:
    assert snowflake_host(account) == host


@pytest.mark.parametrize(
    "account",
    [
        "",
        "evil.example/",
        "a@b",
        "a:1",
        "a..b",
        ".a",
        "a.",
        "a/../b",
        "a b",
        "a\n",
        "https://x",
        "a#",
        "a?b",
        "ä",
        "a" * 300,
    ],
)
def test_what_is_no_account_leads_nowhere(account: str) -> None:
    with pytest.raises(PermissionDenied) as raised:
        snowflake_host(account)
    assert raised.value.reason == "DATA_SOURCE_NOT_ALLOWED"


def test_of_a_key_only_what_signs_is_taken() -> None:
    given = {**KEY, "auth_uri": "https://evil.example", "quota_project_id": "x", "trust_boundary": {}}
    assert service_account_key(json.dumps(given)) == KEY


@pytest.mark.parametrize(
    "change",
    [
        {"type": "external_account"},
        {"type": "authorized_user"},
        {"type": "external_account_authorized_user"},
        {"type": "gdch_service_account"},
        {"token_uri": "http://169.254.169.254/"},
        {"token_uri": "https://oauth2.googleapis.com.evil.example/token"},
        {"token_uri": None},
        {"universe_domain": "evil.example"},
        {"private_key": ""},
        {"client_email": 1},
        {"private_key_id": None},
    ],
)
def test_a_key_that_leads_elsewhere_or_lacks_something_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(PermissionDenied):
        service_account_key(json.dumps({**KEY, **change}))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "1", '"service_account"', "[" * 100_000])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(PermissionDenied):
        service_account_key(text)
