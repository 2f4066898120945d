"""Between accounts' model and its contract."""

import base64
from collections.abc import Mapping
from datetime import datetime

from candor.accounts.v1 import accounts_service_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp

from services.accounts.core.model import AuditEvent, Member, Organization, Secret, Token
from services.kit.identity import ALGORITHM


def timestamp_to_proto(time: datetime) -> Timestamp:
    """A time as protobuf's."""
    timestamp = Timestamp()
    timestamp.FromDatetime(time)
    return timestamp


def organization_to_proto(organization: Organization) -> pb.Organization:
    """An organization."""
    return pb.Organization(
        name=f"organizations/{organization.id}",
        display_name=organization.display_name,
        create_time=timestamp_to_proto(organization.create_time),
    )


def member_to_proto(member: Member) -> pb.Member:
    """A member."""
    return pb.Member(
        name=member.name,
        display_name=member.display_name,
        roles=member.roles,
        create_time=timestamp_to_proto(member.create_time),
    )


def audit_event_to_proto(organization: str, event: AuditEvent) -> pb.AuditEvent:
    """An act in an organization."""
    return pb.AuditEvent(
        name=f"organizations/{organization}/auditEvents/{event.sequence}",
        create_time=timestamp_to_proto(event.create_time),
        actor=event.actor,
        action=event.action,
        resource=event.resource,
    )


def token_to_proto(token: Token, session: Secret | None = None) -> pb.IssueTokenResponse:
    """A token, with the secret of a session that began with it."""
    response = pb.IssueTokenResponse(token=token.text, expire_time=timestamp_to_proto(token.expire_time))
    if session is not None:
        response.session_secret = session.text
        response.session_expire_time.CopyFrom(timestamp_to_proto(session.expire_time))
    return response


def jwks_to_proto(keys: Mapping[str, bytes]) -> pb.GetJwksResponse:
    """Public keys as a JSON Web Key Set (RFC 8037)."""
    return pb.GetJwksResponse(
        keys=[
            pb.GetJwksResponse.Key(
                kty="OKP",
                crv="Ed25519",
                alg=ALGORITHM,
                use="sig",
                kid=key_id,
                x=base64.urlsafe_b64encode(key).decode().rstrip("="),
            )
            for key_id, key in keys.items()
        ]
    )
