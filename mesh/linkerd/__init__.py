"""Linkerd: routes, retries, identities, policies and limits of the cluster's mesh, made from the contracts."""
