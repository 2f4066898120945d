"""What was trained, in files: the network's two graphs, its vocabulary, the ranker, their card and their log."""

from pathlib import Path

TRAINED = Path(__file__).parent
