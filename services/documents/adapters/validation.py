"""The users' databases by way of validation, asked in the name of whoever calls."""

from collections.abc import Sequence

import grpc
from candor.validation.v1 import validation_service_pb2 as pb
from candor.validation.v1 import validation_service_pb2_grpc as rpc

from services.documents.core.model import DataSource
from services.documents.core.ports import ColumnValues
from services.documents.wire import catalog_from_proto
from services.kit.catalog import Catalog, Column, Table

# What one call may take where the caller's own deadline allows it: databases are slower than services.
TIMEOUT_S = 30.0


class ValidationDatabases:
    """`documents.core.ports.Databases` over a channel to validation."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = rpc.ValidationServiceStub(channel)

    async def introspect(self, source: DataSource) -> Catalog:
        """The catalogue as validation reads it now."""
        response = await self._stub.IntrospectSchema(pb.IntrospectSchemaRequest(name=source.name), timeout=TIMEOUT_S)
        return catalog_from_proto(response.catalog)

    async def sample_values(
        self, source: DataSource, columns: Sequence[tuple[Table, Column]], limit: int
    ) -> Sequence[ColumnValues]:
        """The values that validation could read in time."""
        asked = {(table.qualified_name, column.name): (table, column) for table, column in columns}
        request = pb.SampleValuesRequest(
            name=source.name,
            columns=[pb.ColumnRef(table=table, column=column) for table, column in asked],
            max_values=limit,
        )
        response = await self._stub.SampleValues(request, timeout=TIMEOUT_S)
        return [
            (*asked[each.column.table, each.column.column], each.values)
            for each in response.columns
            if (each.column.table, each.column.column) in asked
        ]
