"""validation's gRPC face, one file for each of its gRPC services."""
