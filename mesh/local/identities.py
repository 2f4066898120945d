"""Identities on disk, where Envoy reads them: each workload's in a folder of its own, replaced in time."""

import asyncio
import json
import os
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from mesh.envoy import secret_files
from mesh.local.authority import Authority

# How often the clock is looked at: a machine that slept has late certificates, for so long at most.
_LOOK_EVERY_S = 5.0


@dataclass(slots=True)
class Identities:
    """The identities of workloads, kept valid.

    Args:
        authority: Who issues them.
        folders: Where each workload's is kept. The folders are their owner's alone.
    """

    authority: Authority
    folders: Mapping[str, Path]
    _renew_at: dict[str, datetime] = field(default_factory=dict)
    _roots: bytes = b""

    def write(self, workloads: Iterable[str] | None = None) -> None:
        """Gives workloads new identities, or all of them."""
        for workload in self.folders if workloads is None else workloads:
            folder = self.folders[workload]
            identity = self.authority.issue(workload)
            # One by one: of folders made on the way, the mode is another.
            for each in (folder.parent, folder):
                each.mkdir(parents=True, exist_ok=True, mode=0o700)
            # New roots first: they take in what the new certificate is signed with.
            for name, secret in reversed(secret_files(identity.certificate, identity.key, identity.roots).items()):
                replace(folder / name, json.dumps(secret).encode())
            self._renew_at[workload] = identity.renew_at
        self._roots = self.authority.roots

    def renew(self) -> None:
        """Does what is due: new roots, and new identities for workloads whose own grow old or whose roots changed."""
        self.authority.turn()
        now = self.authority.now()
        changed = self.authority.roots != self._roots
        self.write(name for name in list(self.folders) if changed or self._renew_at[name] <= now)

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Writes all identities and keeps them valid while the context lasts."""
        await asyncio.to_thread(self.write)
        keeping = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            await asyncio.to_thread(self.renew)


def replace(path: Path, content: bytes) -> None:
    """Puts a file, its owner's alone, in another's place: readers see the old or the new, and never a part."""
    descriptor, fresh = tempfile.mkstemp(prefix=".", dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    Path(fresh).rename(path)
