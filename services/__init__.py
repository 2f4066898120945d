"""Candor's services, and the platform that runs them on one machine (`python -m services`)."""

import os

# Nothing here calls gRPC in a forked child, and gRPC would complain on the terminal of every program that is started.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
