"""The sample database: Kestrel Coffee, a business that does not exist, the same in every build."""
