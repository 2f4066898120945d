"""What stands between the services: the edge, the sidecars and the mesh's policies."""
