"""The edge: Envoy on one port for REST, gRPC-Web and gRPC, configured from the contracts."""
