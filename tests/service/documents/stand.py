"""documents over a real socket, with a real database, and validation's contract served from SQLite files."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from candor.accounts.v1 import accounts_service_pb2, accounts_service_pb2_grpc
from candor.catalog.v1 import catalog_pb2
from candor.documents.v1 import documents_service_pb2_grpc
from candor.validation.v1 import validation_service_pb2 as pb
from candor.validation.v1 import validation_service_pb2_grpc as rpc
from identities import Signer
from jwt.algorithms import OKPAlgorithm

from services.documents.__main__ import build
from services.documents.settings import Settings
from services.kit.errors import NotFound
from services.kit.rpc import Servicer, build_server, open_channel
from services.kit.rpc.server import serving
from services.kit.settings import ServiceSettings

TYPES = {"INTEGER": "INTEGER", "TEXT": "TEXT", "DATE": "DATE", "BOOLEAN": "BOOLEAN", "NUMERIC": "NUMBER"}


class Accounts(accounts_service_pb2_grpc.AccountsServiceServicer):
    """Gives the key that tests sign with."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    async def GetJwks(self, request: Any, context: Any) -> Any:
        key = OKPAlgorithm.to_jwk(self._signer.key.public_key(), as_dict=True)
        known = accounts_service_pb2.GetJwksResponse.Key.DESCRIPTOR.fields_by_name
        fields = {"kid": self._signer.key_id, "alg": "EdDSA", "use": "sig", **key}
        return accounts_service_pb2.GetJwksResponse(keys=[{k: v for k, v in fields.items() if k in known}])


@dataclass
class Validation(rpc.ValidationServiceServicer):
    """Introspects and samples SQLite files: data source name -> file. Remembers which columns were sampled."""

    files: dict[str, Path] = field(default_factory=dict)
    sampled: list[tuple[str, str]] = field(default_factory=list)
    sensitive: set[str] = field(default_factory=set)

    def _open(self, name: str) -> sqlite3.Connection:
        if name not in self.files:
            raise NotFound("DATA_SOURCE_NOT_FOUND", "There is no such data source.")
        return sqlite3.connect(self.files[name])

    async def IntrospectSchema(self, request: Any, context: Any) -> Any:
        database = self._open(request.name)
        catalog = catalog_pb2.Catalog(dialect="sqlite")
        listed = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        for (table,) in listed.fetchall():
            added = catalog.tables.add(name=table, kind=catalog_pb2.Table.KIND_TABLE)
            for _, column, native, required, _, primary in database.execute(f"PRAGMA table_info({table})").fetchall():
                samples = database.execute(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL LIMIT 5")
                added.columns.add(
                    name=column,
                    type=catalog_pb2.ColumnType.Value(f"COLUMN_TYPE_{TYPES[native.partition('(')[0]]}"),
                    native_type=native,
                    nullable=not required,
                    primary_key=bool(primary),
                    sensitive=column in self.sensitive,
                    samples=[str(value) for (value,) in samples],
                )
            for key in database.execute(f"PRAGMA foreign_key_list({table})").fetchall():
                catalog.foreign_keys.add(
                    table=table, columns=[key[3]], referred_table=key[2], referred_columns=[key[4]]
                )
        return pb.IntrospectSchemaResponse(catalog=catalog)

    async def SampleValues(self, request: Any, context: Any) -> Any:
        database = self._open(request.name)
        response = pb.SampleValuesResponse()
        for each in request.columns:
            self.sampled.append((each.table, each.column))
            query = f"SELECT DISTINCT {each.column} FROM {each.table} WHERE {each.column} IS NOT NULL"
            values = [str(value) for (value,) in database.execute(f"{query} LIMIT {request.max_values}")]
            response.columns.add(column=each, values=values)
        return response


@dataclass
class Platform:
    """What a test talks to."""

    documents: Any
    validation: Validation
    signer: Signer
    database_url: str


@asynccontextmanager
async def stand(database_url: str) -> AsyncIterator[Platform]:
    """documents on a database, between an accounts and a validation of the test's own."""
    signer, validation = Signer(), Validation()  # type: ignore[abstract]  # Only what is asked of it.
    servicer = Servicer(
        pb.DESCRIPTOR.services_by_name["ValidationService"], rpc.add_ValidationServiceServicer_to_server, validation
    )
    async with (
        accounts(signer, servicer) as address,
        documents(database_url, accounts_address=address, validation_address=address) as stub,
    ):
        yield Platform(stub, validation, signer, database_url)


@asynccontextmanager
async def accounts(signer: Signer, *others: Servicer) -> AsyncIterator[str]:
    """The address of an accounts that knows the signer's key, and of what else the test serves there."""
    keys = Servicer(
        accounts_service_pb2.DESCRIPTOR.services_by_name["AccountsService"],
        accounts_service_pb2_grpc.add_AccountsServiceServicer_to_server,
        Accounts(signer),  # type: ignore[abstract]
    )
    settings = ServiceSettings(address="127.0.0.1:0")
    async with serving(build_server(settings, [keys, *others], verify=signer.verifier().verify)) as server:
        yield server.address


@asynccontextmanager
async def documents(database_url: str, **settings: Any) -> AsyncIterator[Any]:
    """A stub of a documents that is served with these settings."""
    asked = Settings(address="127.0.0.1:0", database_url=database_url, **settings)
    async with build(asked) as server, serving(server), open_channel(server.address) as channel:
        yield documents_service_pb2_grpc.DocumentsServiceStub(channel)
