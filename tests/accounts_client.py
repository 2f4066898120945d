"""A client of accounts for tests, with the calls that they make often."""

from typing import Any

from candor.accounts.v1 import accounts_service_pb2 as pb
from candor.accounts.v1 import accounts_service_pb2_grpc as rpc

KEY = "the-key-of-generation"


class Accounts:
    """A client of accounts, with the calls that tests make often."""

    def __init__(self, channel: Any) -> None:
        self.channel = channel
        self.stub: Any = rpc.AccountsServiceStub(channel)

    async def service_token(self, organization: str = "", member: str = "", key: str = KEY) -> pb.IssueTokenResponse:
        grant = pb.ServiceGrant(service="generation", key=key, organization=organization, member=member)
        response: pb.IssueTokenResponse = await self.stub.IssueToken(pb.IssueTokenRequest(service=grant))
        return response

    async def create_code(self) -> str:
        token = (await self.service_token()).token
        response = await self.stub.CreateSignInCode(pb.CreateSignInCodeRequest(), metadata=bearer(token))
        return str(response.code)

    async def redeem(self, code: str) -> pb.IssueTokenResponse:
        response: pb.IssueTokenResponse = await self.stub.IssueToken(pb.IssueTokenRequest(sign_in_code=code))
        return response

    async def renew(self, secret: str) -> pb.IssueTokenResponse:
        grant = pb.SessionGrant(secret=secret)
        response: pb.IssueTokenResponse = await self.stub.IssueToken(pb.IssueTokenRequest(session=grant))
        return response

    async def sign_in(self) -> pb.IssueTokenResponse:
        return await self.redeem(await self.create_code())

    async def caller(self, token: str) -> pb.GetCallerResponse:
        response: pb.GetCallerResponse = await self.stub.GetCaller(pb.GetCallerRequest(), metadata=bearer(token))
        return response

    async def events(self, token: str) -> list[pb.AuditEvent]:
        """Every act of the local organization, oldest first."""
        events: list[pb.AuditEvent] = []
        page_token = ""
        while True:
            request = pb.ListAuditEventsRequest(parent="organizations/local", page_size=3, page_token=page_token)
            page = await self.stub.ListAuditEvents(request, metadata=bearer(token))
            events += page.audit_events
            page_token = page.next_page_token
            if not page_token:
                return events[::-1]


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),)
