"""accounts, over gRPC: a token for the member whose question is being answered."""

import grpc
from candor.accounts.v1 import accounts_service_pb2 as pb
from candor.accounts.v1 import accounts_service_pb2_grpc as rpc

from services.kit.identity import Principal, TokenVerifier


class GrpcDelegation:
    """Acts for members. Their roles are those of the moment: who has lost them, gets no more answers.

    Args:
        channel: Where accounts is.
        key: generation's service key.
        verifier: Reads the token that accounts gives.
    """

    def __init__(self, channel: grpc.aio.Channel, key: str, verifier: TokenVerifier) -> None:
        self._stub = rpc.AccountsServiceStub(channel)
        self._key = key
        self._verifier = verifier

    async def principal_for(self, organization: str, creator: str) -> Principal:
        """Who a job is done for; `creator` is "members/{member}".

        Raises:
            PermissionDenied: The member has left the organization.
            Unauthenticated: The service key is wrong.
        """
        member = creator.removeprefix("members/")
        grant = pb.ServiceGrant(service="generation", key=self._key, organization=organization, member=member)
        response = await self._stub.IssueToken(pb.IssueTokenRequest(service=grant))
        return await self._verifier.verify(response.token)
