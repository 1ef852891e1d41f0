"""The page "Teach" in parts: collecting examples, learning, what came of it, taking it along."""
