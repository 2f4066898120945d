"""Decides what of the data matters; knows no database, no network."""
