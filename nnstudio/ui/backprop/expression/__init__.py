"""Expression mode: a formula as a graph of operations, stepped forward and backward."""
