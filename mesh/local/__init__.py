"""The mesh on one machine: an Envoy beside every service, with identities from an authority of its own."""
