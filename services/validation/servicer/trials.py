"""Statements tried at sizes that the data does not have yet: `TrialService`."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from candor.validation.v1 import trial_service_pb2 as pb
from candor.validation.v1 import trial_service_pb2_grpc as rpc

from services.kit.ids import parse_name
from services.validation.core.ports import DataSources
from services.validation.core.trials.run_trial import RunTrial
from services.validation.wire import trials


class TrialServicer(rpc.TrialServiceServicer):
    """Translates, calls, translates."""

    def __init__(self, sources: DataSources, run_trial: RunTrial) -> None:
        self._sources = sources
        self._run_trial = run_trial

    async def RunScaleTrial(
        self, request: pb.RunScaleTrialRequest, context: Any
    ) -> AsyncIterator[pb.RunScaleTrialResponse]:
        """See the contract."""
        source = await self._sources.get(*parse_name(request.name, "organizations", "dataSources"))
        async with aclosing(self._run_trial(source, trials.ask_from_proto(request))) as parts:
            async for part in parts:
                yield trials.told_to_proto(part)
