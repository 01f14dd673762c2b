"""Shows the whole thing on one machine: an invented local system, a simulated national side, three passes, the proof.

Nothing here is a short cut: the configuration is the packaged one, the simulator a process of its own, and the passes
are those of `sync`.
"""

from sync_agent.demo.play import Narrator, run_demo
from sync_agent.demo.report import DemoReport
from sync_agent.demo.stage import FAULTS, Staged

__all__ = ["FAULTS", "DemoReport", "Narrator", "Staged", "run_demo"]
