"""Whether the data itself is as it should be: expectations, what they are judged on, and what came of them."""
