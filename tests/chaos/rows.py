"""The table "what a person still gets when X is down": each row a fault, and what is promised while it lasts and after.

`docs/chaos.md` shows the same rows; `line` is how.
"""

from dataclasses import dataclass, field

from chaos import faults
from chaos.faults import Fault
from chaos.person import ASKS

GENERATION = frozenset({"ask", "history", "old answers", "live page", "REST"})
VALIDATION = frozenset({"ask", "data sources", "check SQL"})
DATABASE = frozenset(ASKS) - {"web pages", "models"}
EVERYTHING = frozenset(ASKS)

LATE = frozenset({"DEADLINE_EXCEEDED"})
AWAY = frozenset({"SERVICE_UNAVAILABLE"})
# A browser's own words for a connection that is gone, which are no reasons of Candor's.
BROWSERS = frozenset({"SOCKET_LOST", "NOT_REACHED"})


@dataclass(frozen=True)
class Row:
    """A fault, and what is promised."""

    down: str
    how: str
    fault: Fault = field(repr=False)
    refused: frozenset[str] = frozenset()
    """What is asked meanwhile and gets no answer; everything else does."""
    told: frozenset[str] = frozenset()
    """The reasons that those who get none are told."""
    certain: bool = True
    """Whether what is refused is refused for sure; else it may be, or is answered after a moment."""
    deadline_s: float = 4
    """How long everybody waits who asks meanwhile."""
    whole_s: float = 10
    """How long it takes at most, once the fault is over, until everything answers again."""
    may_fail: bool = False
    """Whether a question that is accepted meanwhile may end with one of those reasons, rather than be answered."""
    own_network: bool = False
    """Whether it takes a network of the platform's own."""
    is_long: bool = False
    """Whether it takes so long that `make chaos` alone does it."""

    def __str__(self) -> str:
        return f"{self.down}: {self.how}"

    @property
    def line(self) -> str:
        """The row as `docs/chaos.md` has it."""
        told = [f"`{each}`" for each in sorted(self.told - BROWSERS)]
        told += ["a browser: not reached"] if self.told & BROWSERS else []
        told += [] if self.refused and self.certain else ["an answer, later"]
        return f"| {self.down} | {self.how} | {self._answers()} | {', or '.join(told)} | {self.whole_s:g} s |"

    def _answers(self) -> str:
        kept = [name for name in ASKS if name not in self.refused]
        refused = [name for name in ASKS if name in self.refused]
        if not refused or not kept:
            return "everything" if kept else "nothing"
        return f"everything but {', '.join(refused)}" if len(refused) < len(kept) else ", ".join(kept)


def _killed(name: str) -> Row:
    """Calls wait for the one that is started again."""
    return Row(name, "ends (SIGKILL)", faults.killed(name), deadline_s=20)


def _hung(name: str, refused: frozenset[str], told: frozenset[str] = LATE | AWAY) -> Row:
    return Row(name, "hangs (SIGSTOP)", faults.hung(name), refused, told)


ROWS = (
    *(_killed(name) for name in ("accounts", "documents", "generation", "validation", "modelhub", "gateway")),
    _hung("accounts", frozenset({"sign in", "ask"})),
    _hung("documents", frozenset({"ask", "schema"})),
    _hung("generation", GENERATION, LATE | AWAY | BROWSERS),
    _hung("validation", VALIDATION),
    _hung("modelhub", frozenset({"ask", "models"})),
    _hung("gateway", frozenset({"live page", "web pages"}), BROWSERS),
    Row("edge's Envoy", "ends (SIGKILL)", faults.killed("edge-envoy"), EVERYTHING, AWAY | BROWSERS, certain=False),
    Row(
        "validation's sidecar",
        "ends (SIGKILL)",
        faults.killed("validation-mesh"),
        VALIDATION,
        AWAY,
        certain=False,
        may_fail=True,
    ),
    Row("validation's sidecar", "hangs (SIGSTOP)", faults.hung("validation-mesh"), VALIDATION, LATE | AWAY),
    Row(
        "network to validation",
        "packets vanish",
        faults.cut_off("validation"),
        VALIDATION,
        LATE | AWAY,
        may_fail=True,
        whole_s=15,
        own_network=True,
    ),
    Row(
        "network to validation",
        "packets vanish for a minute",
        faults.cut_off("validation", until_ill=True),
        VALIDATION,
        AWAY,
        deadline_s=20,
        whole_s=5,
        own_network=True,
        may_fail=True,
        is_long=True,
    ),
    Row(
        "connections to generation",
        "reset (RST) in the middle of a stream",
        faults.watch_reset,
        deadline_s=20,
        own_network=True,
    ),
    Row("documents' calls", "half of them 2 s late", faults.disturbed("documents", delay_percent=50, delay_ms=2000)),
    Row(
        "documents' calls",
        "three in ten fail",
        faults.disturbed("documents", abort_percent=30),
        frozenset({"ask", "schema"}),
        AWAY,
        certain=False,
        may_fail=True,
    ),
    Row("PostgreSQL", "ends (SIGKILL)", faults.database_killed, DATABASE, AWAY, certain=False, whole_s=30),
    Row(
        "one process of PostgreSQL",
        "ends (SIGKILL)",
        faults.database_crashed,
        DATABASE,
        AWAY,
        certain=False,
        whole_s=20,
    ),
    Row("PostgreSQL", "hangs (SIGSTOP)", faults.database_hung, DATABASE, LATE | AWAY | BROWSERS, whole_s=15),
    Row("model provider", "takes connections, never answers", faults.provider_hung, deadline_s=20),
    Row(
        "modelhub",
        "hangs for a minute (SIGSTOP)",
        faults.hung("modelhub"),
        frozenset({"ask", "models"}),
        AWAY,
        deadline_s=70,
        may_fail=True,
        is_long=True,
    ),
    Row("worker of a question", "ends (SIGKILL) while it drafts", faults.worker_killed, deadline_s=20, whole_s=40),
)
