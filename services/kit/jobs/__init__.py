"""Durable jobs: accepted once, never lost, with events in a gapless order that anyone may watch.

The service's own tables are the truth; procrastinate carries ids. A worker holds a lease and a fencing number, and
every write carries it (https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html), so that a worker
that was thought dead cannot overwrite the one that took over.
"""

from services.kit.jobs.ledger import Ledger
from services.kit.jobs.model import Claim, Event, Job, JobState, LeaseLost, NewJob
from services.kit.jobs.watch import Watcher, follow
from services.kit.jobs.worker import Dispatcher, Ending, JobContext

__all__ = [
    "Claim",
    "Dispatcher",
    "Ending",
    "Event",
    "Job",
    "JobContext",
    "JobState",
    "LeaseLost",
    "Ledger",
    "NewJob",
    "Watcher",
    "follow",
]
