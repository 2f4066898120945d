#!/opt/candor/bin/python -I
"""Whether a program of Candor serves, for Compose: `healthy.py grpc 127.0.0.1:8100` or `healthy.py http URL`.

It ends with 0 when it does. Kubernetes asks gRPC by itself and needs none of this.
"""

import sys
from urllib.request import urlopen

_PATIENCE_S = 3


def grpc_serves(address: str) -> bool:
    """Asks the standard health service.

    Raises:
        grpc.RpcError: Nobody answers.
    """
    import grpc  # noqa: PLC0415  The edge does not have it.
    from grpc_health.v1 import health_pb2, health_pb2_grpc  # noqa: PLC0415

    with grpc.insecure_channel(address) as channel:
        answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=_PATIENCE_S)
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def http_serves(url: str) -> bool:
    """Asks for a page.

    Raises:
        OSError: Nobody answers, or not with 200.
    """
    with urlopen(url, timeout=_PATIENCE_S) as answer:  # noqa: S310  The image's own configuration names it.
        return bool(answer.status == 200)


if __name__ == "__main__":
    kind, target = sys.argv[1:]
    sys.exit(not {"grpc": grpc_serves, "http": http_serves}[kind](target))
