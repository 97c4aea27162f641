"""How fast the engine is, beside what else a learner might use. See README.md."""
