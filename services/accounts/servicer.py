"""accounts' gRPC face: each method translates, calls, translates."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from candor.accounts.v1 import accounts_service_pb2 as pb
from candor.accounts.v1 import accounts_service_pb2_grpc as rpc

from services.accounts import wire
from services.accounts.core.limit_attempts import Attempts
from services.accounts.core.ports import Accounts, Keys
from services.accounts.core.serve_services import ServiceTokens
from services.accounts.core.sign_in import SignIn
from services.kit import metrics
from services.kit.errors import InvalidArgument, NotFound, PermissionDenied, ResourceExhausted, Unauthenticated
from services.kit.identity import current_principal
from services.kit.ids import parse_name
from services.kit.pages import decode_number, decode_token, encode_token, page_size

_Item = TypeVar("_Item")


class AccountsServicer(rpc.AccountsServiceServicer):
    """Implements `candor.accounts.v1.AccountsService`."""

    def __init__(
        self, accounts: Accounts, sign_in: SignIn, services: ServiceTokens, keys: Keys, attempts: Attempts
    ) -> None:
        self._accounts = accounts
        self._sign_in = sign_in
        self._services = services
        self._keys = keys
        self._attempts = attempts

    async def IssueToken(self, request: pb.IssueTokenRequest, context: Any) -> pb.IssueTokenResponse:
        """A token for a proof."""
        await self._keys.load()
        kind = str(request.WhichOneof("grant"))
        with _counted(kind), self._attempts.by(_client(context), kind):
            match kind:
                case "sign_in_code":
                    return wire.token_to_proto(*await self._sign_in.redeem_code(request.sign_in_code))
                case "session":
                    return wire.token_to_proto(await self._sign_in.renew(request.session.secret))
                case _:
                    grant = request.service
                    token = await self._services.issue(grant.service, grant.key, grant.organization, grant.member)
                    return wire.token_to_proto(token)

    async def GetJwks(self, request: pb.GetJwksRequest, context: Any) -> pb.GetJwksResponse:
        """The public keys."""
        return wire.jwks_to_proto(await self._keys.published())

    async def GetCaller(self, request: pb.GetCallerRequest, context: Any) -> pb.GetCallerResponse:
        """Who the token speaks for."""
        principal = current_principal()
        kind, _, caller = principal.subject.partition("/")
        response = pb.GetCallerResponse(
            subject=principal.subject,
            display_name=caller,
            roles=principal.roles,
            permissions=sorted(principal.permissions),
        )
        if principal.organization is not None:
            response.organization = f"organizations/{principal.organization}"
            async with self._accounts.open(principal.organization) as books:
                member = await books.find_member(caller) if kind == "members" else None
            if member is not None:
                response.display_name = member.display_name
        return response

    async def CreateSignInCode(self, request: pb.CreateSignInCodeRequest, context: Any) -> pb.CreateSignInCodeResponse:
        """A one-time code."""
        code = await self._sign_in.create_code(current_principal().subject)
        return pb.CreateSignInCodeResponse(code=code.text, expire_time=wire.timestamp_to_proto(code.expire_time))

    async def RevokeSession(self, request: pb.RevokeSessionRequest, context: Any) -> pb.RevokeSessionResponse:
        """Ends a session."""
        await self._sign_in.revoke(request.secret)
        return pb.RevokeSessionResponse()

    async def GetOrganization(self, request: pb.GetOrganizationRequest, context: Any) -> pb.GetOrganizationResponse:
        """An organization."""
        (organization,) = parse_name(request.name, "organizations")
        async with self._accounts.open(organization) as books:
            found = await books.find_organization()
        if found is None:
            raise NotFound(
                "ORGANIZATION_NOT_FOUND",
                "The organization does not exist. Check the name.",
                metadata={"organization": organization},
            )
        return pb.GetOrganizationResponse(organization=wire.organization_to_proto(found))

    async def ListMembers(self, request: pb.ListMembersRequest, context: Any) -> pb.ListMembersResponse:
        """A page of members."""
        (organization,) = parse_name(request.parent, "organizations")
        scope, size = f"members of {organization}", page_size(request.page_size)
        async with self._accounts.open(organization) as books:
            members = await books.list_members(decode_token(request.page_token, scope=scope) or "", size + 1)
        members, last = _page(members, size)
        return pb.ListMembersResponse(
            members=[wire.member_to_proto(each) for each in members],
            next_page_token=encode_token(last.id, scope=scope) if last else "",
        )

    async def ListAuditEvents(self, request: pb.ListAuditEventsRequest, context: Any) -> pb.ListAuditEventsResponse:
        """A page of acts, newest first."""
        (organization,) = parse_name(request.parent, "organizations")
        scope, size = f"audit events of {organization}", page_size(request.page_size)
        before = decode_number(request.page_token, scope=scope)
        async with self._accounts.open(organization) as books:
            events = await books.list_events(before, size + 1)
        events, last = _page(events, size)
        return pb.ListAuditEventsResponse(
            audit_events=[wire.audit_event_to_proto(organization, each) for each in events],
            next_page_token=encode_token(str(last.sequence), scope=scope) if last else "",
        )


def _page(items: Sequence[_Item], size: int) -> tuple[Sequence[_Item], _Item | None]:
    """A page of one item too many: the page, and its last item where another page follows."""
    return (items[:size], items[size - 1]) if len(items) > size else (items, None)


@contextmanager
def _counted(grant: str) -> Iterator[None]:
    outcome = "failed"
    try:
        yield
        outcome = "issued"
    except ResourceExhausted:
        outcome = "limited"
        raise
    except (Unauthenticated, PermissionDenied, InvalidArgument):
        outcome = "refused"
        raise
    finally:
        metrics.TOKEN_REQUESTS.of(grant, outcome).inc()


def _client(context: Any) -> str:
    """Who shows a proof: the address that the edge saw, else the one that is connected."""
    metadata = dict(context.invocation_metadata() or ())
    outside = metadata.get("x-envoy-external-address")
    return str(outside)[:64] if outside else str(context.peer()).rpartition(":")[0]
