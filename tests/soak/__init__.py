"""A random learner at the real window, for minutes or hours: no exception, no growing memory."""
