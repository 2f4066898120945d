"""How services learn the keys that tokens are signed with: from accounts, over gRPC."""

from typing import Any

import grpc
import jwt
from candor.accounts.v1 import accounts_service_pb2, accounts_service_pb2_grpc
from google.protobuf.json_format import MessageToDict

from services.kit.identity import TokenVerifier


def verifier_for(accounts: grpc.aio.Channel) -> TokenVerifier:
    """A verifier that fetches public keys from accounts when it meets a key id it does not know."""
    stub = accounts_service_pb2_grpc.AccountsServiceStub(accounts)

    async def fetch_keys() -> dict[str, Any]:
        response = await stub.GetJwks(accounts_service_pb2.GetJwksRequest(), timeout=5)
        return {key.kid: jwt.PyJWK(MessageToDict(key)).key for key in response.keys}

    return TokenVerifier(fetch_keys)
