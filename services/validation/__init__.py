"""The only service that touches users' databases: data sources, checks and reads."""
