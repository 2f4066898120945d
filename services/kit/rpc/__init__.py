"""How Candor's services serve and call: one server builder, one channel builder, and their interceptors."""

from services.kit.rpc.channel import open_channel
from services.kit.rpc.server import Server, Servicer, build_server, run_server, run_service

__all__ = ["Server", "Servicer", "build_server", "open_channel", "run_server", "run_service"]
